"""What events mean for people and for the edge: which alerts, and whether to purge (rule 21).

Pure. After a rollback the outbox holds events of types that only a later version knows. Whatever
they changed, the edge is out of date; their status, which every event carries, is read like any
other.
"""

from collections.abc import Iterator, Sequence

from rates_contracts.events import (
    Event,
    EventUndecodable,
    StatusChanged,
    StoredEvent,
    TimelineChanged,
    decode_event,
    status_in,
)
from rates_contracts.status import SyncStatus
from rates_sync.notify.alerts import Alert


def alerts_of(before: StoredEvent | None, events: Sequence[StoredEvent]) -> Iterator[Alert]:
    """Yield the alerts that `events` call for, compared with the event `before` them."""
    old = None if before is None else status_in(before)
    for stored in events:
        envelope, new = stored.envelope, status_in(stored)
        for name, summary in _changes(old, new, _decoded(stored)):
            yield Alert(f"{name}-{envelope.event_id}", name, envelope.recorded_at, summary)
        old = new or old


def must_purge(before: StoredEvent | None, events: Sequence[StoredEvent]) -> bool:
    """Tell whether `events` made what the edge holds out of date.

    Freshness alone does not: it expires by itself. Nor does a half-open trial of the breaker;
    opening and closing do.
    """
    old = None if before is None else status_in(before)
    for stored in events:
        event = _decoded(stored)
        if not isinstance(event, StatusChanged) or _breaker_flipped(old, event.status):
            return True
        old = event.status
    return False


def undecodable(events: Sequence[StoredEvent]) -> set[str]:
    """Return why some of `events` can't be decoded: the same words for all of one type."""
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
    if _breaker_flipped(old, new):
        if new.breaker == "closed":
            yield "breaker_closed", "Banxico answers again: the breaker has closed."
        else:
            yield "breaker_opened", "Banxico fails: the breaker has opened, data ages."
    if new.upstream == "bad_token" and (old is None or old.upstream != "bad_token"):
        yield "bad_token", "Banxico refuses the token: nothing is verified until it is replaced."


def _breaker_flipped(old: SyncStatus | None, new: SyncStatus) -> bool:
    was_closed = old is None or old.breaker == "closed"
    return was_closed != (new.breaker == "closed")
