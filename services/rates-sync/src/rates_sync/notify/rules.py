"""Which alerts the outbox's events call for, and whether the edge must be purged (rule 21).

Pure. After a rollback the outbox holds events of types that only a later version knows. Only their
status is read. The edge is purged, because what they changed is unknown.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date as Day
from datetime import datetime

from rates_contracts.calendar import mexico_day, mexico_instant
from rates_contracts.events import (
    Event,
    EventUndecodable,
    StatusChanged,
    StoredEvent,
    TimelineChanged,
    decode_event,
    status_in,
)
from rates_contracts.status import MAX_LISTED_DAYS, SeriesStatus, SyncStatus
from rates_sync.notify.alerts import Alert


def alerts_of(before: StoredEvent | None, event: StoredEvent) -> Iterator[Alert]:
    """Yield the alerts that `event` calls for, compared with the last readable one `before` it.

    The breaker's are paired (`pairs`).
    """
    old, new = None if before is None else status_in(before), status_in(event)
    envelope = event.envelope
    changes = list(_changes(old, new, _decoded(event)))
    if before is not None and old and new:
        changes += _late_fixes(old, new, before.envelope.recorded_at, envelope.recorded_at)
    for name, summary in changes:
        yield Alert(f"{name}-{envelope.event_id}", name, envelope.recorded_at, summary)


def must_purge(before: StoredEvent | None, events: Sequence[StoredEvent]) -> bool:
    """Tell whether `events` outdated the answers at the edge.

    Freshness alone does not: it expires by itself. Neither does a trial request of the breaker;
    opening and closing do, and whatever changes what is known of a past day. So does an event that
    can't be compared with the one before it: that was pruned, or is unreadable.
    """
    old = None if before is None else status_in(before)
    for stored in events:
        event = _decoded(stored)
        if not isinstance(event, StatusChanged) or _outdates_answers(old, event.status):
            return True
        old = event.status
    return False


def undecodable(events: Sequence[StoredEvent]) -> set[str]:
    """Return why some of `events` can't be decoded: one reason per type."""
    return {str(error) for error in map(_decoded, events) if isinstance(error, EventUndecodable)}


def _decoded(stored: StoredEvent) -> Event | EventUndecodable:
    try:
        return decode_event(stored.body)
    except EventUndecodable as error:
        return error


def _changes(
    old: SyncStatus | None, new: SyncStatus | None, event: Event | EventUndecodable
) -> Iterator[tuple[str, str]]:
    if isinstance(event, TimelineChanged):
        yield "stream_reset", "The record was restored to an earlier state: a new timeline."
    if new is None:
        return
    if new.upstream == "bad_token" and (old is None or old.upstream != "bad_token"):
        yield "bad_token", "Banxico refuses the token: nothing is verified until it is replaced."

    yield from _review_changes(old, new)


def _late_fixes(
    old: SyncStatus, new: SyncStatus, since: datetime, until: datetime
) -> Iterator[tuple[str, str]]:
    """Yield the days whose window closed between two events, and whose FIX is still missing.

    Only a person can tell whether such a day was closed (protocol rule 29). Only where a window
    closes does a row begin at its closing.
    """
    in_force = [row for row in new.transitions if row.at <= until]
    # The event's instant is read before its table is made: midnight may pass in between.
    if not in_force or in_force[-1].state != "late":
        return
    for row in old.transitions:
        day = mexico_day(row.at)
        closes = row.at == mexico_instant(day, old.window.closes)
        if since < row.at <= until and closes and row.state == "late":
            yield "late_fix", f"{day} has no FIX yet: late, or was the day declared closed?"


def _review_changes(old: SyncStatus | None, new: SyncStatus) -> Iterator[tuple[str, str]]:
    """Yield what came under review or was withdrawn, and what no longer is."""
    begun, ended = _changed_days(old, new, _under_review)
    if begun:
        yield "value_under_review", f"{_listed(begun)}: the newest published value is set aside."
    if ended:
        yield "review_ended", f"{_listed(ended)}: no published value is set aside any more."
    begun, ended = _changed_days(old, new, _withdrawn)
    if begun:
        yield "withdrawn_at_source", f"{_listed(begun)}: Banxico no longer publishes the value."
    if ended:
        yield "withdrawal_ended", f"{_listed(ended)}: no longer withdrawn."


def _under_review(series: SeriesStatus) -> Sequence[Day]:
    return series.under_review


def _withdrawn(series: SeriesStatus) -> Sequence[Day]:
    return series.withdrawn


def _changed_days(
    old: SyncStatus | None,
    new: SyncStatus,
    listed: Callable[[SeriesStatus], Sequence[Day]],
) -> tuple[set[tuple[str, Day]], set[tuple[str, Day]]]:
    """Return the days that are newly listed, and those that no longer are.

    A full list has lost its oldest days, so that what is not in it need not have ended.
    """
    before, after = _days(old, listed), _days(new, listed)
    full = {name for name, series in new.series.items() if len(listed(series)) >= MAX_LISTED_DAYS}
    return after - before, {day for day in before - after if day[0] not in full}


def _days(
    status: SyncStatus | None, listed: Callable[[SeriesStatus], Sequence[Day]]
) -> set[tuple[str, Day]]:
    all_series = {} if status is None else status.series
    return {(name, day) for name, series in all_series.items() for day in listed(series)}


def _listed(days: Iterable[tuple[str, Day]]) -> str:
    return ", ".join(f"{series} of {day}" for series, day in sorted(days))


def _outdates_answers(old: SyncStatus | None, new: SyncStatus) -> bool:
    if old is None:
        return True
    flipped = (old.breaker == "closed") != (new.breaker == "closed")
    return flipped or _known(old) != _known(new)


def _known(status: SyncStatus) -> dict[str, tuple[object, ...]]:
    """Return what decides the answers about past days (protocol rule 21)."""
    return {
        name: (series.complete_from, series.under_review, series.withdrawn)
        for name, series in status.series.items()
    }
