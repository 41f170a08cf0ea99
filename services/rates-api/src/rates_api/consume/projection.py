"""Applies an event to a snapshot: returns the next snapshot, the same one, or why to reload.

Pure: it only decides what an event means (protocol rules 12 and 13).
"""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import attrgetter
from typing import Literal

from msgspec.structs import replace

from rates_api.snapshot.history import SeriesHistory
from rates_api.snapshot.snapshot import EMPTY, Snapshot
from rates_contracts.events import (
    CalendarChanged,
    Event,
    HistoryReload,
    ObservationsRecorded,
    Position,
    TimelineChanged,
)
from rates_contracts.observation import Observation
from rates_contracts.status import DATA_STATUS_DAYS, DataStatusDay

Reason = Literal["gap", "undecodable", "history_reload", "timeline_changed", "unverified"]


@dataclasses.dataclass(frozen=True)
class Reload:
    """The event can't be applied; load a snapshot at `at_least` or later (protocol rule 13)."""

    reason: Reason
    at_least: Position


def project(snapshot: Snapshot, event: Event) -> Snapshot | Reload:
    """Apply `event` to `snapshot`; return the same object if it already includes the event."""
    if event.at <= snapshot.head.at:
        return snapshot
    if isinstance(event, TimelineChanged):
        return Reload("timeline_changed", event.at)
    if isinstance(event, HistoryReload):
        return Reload("history_reload", event.at)
    if not _follows(snapshot, event):
        return Reload("gap", event.previous.at)
    return _applied(snapshot, event)


def _follows(snapshot: Snapshot, event: Event) -> bool:
    """Tell whether the event was recorded directly after the snapshot's (protocol rule 13)."""
    head, previous = snapshot.head, event.previous
    same_event = (previous.at, previous.event_id) == (head.at, head.event_id)
    return same_event and event.timeline == head.timeline


def _applied(snapshot: Snapshot, event: Event) -> Snapshot:
    recorded = _placed(event) if isinstance(event, ObservationsRecorded) else ()
    return dataclasses.replace(
        snapshot,
        head=event.head,
        status=event.status,
        averages=snapshot.averages if event.averages is None else event.averages,
        calendar=event.calendar if isinstance(event, CalendarChanged) else snapshot.calendar,
        series=_with(snapshot.series, recorded),
        ended_days=_with_ended(snapshot.ended_days, event),
    )


def _with_ended(days: tuple[DataStatusDay, ...], event: Event) -> tuple[DataStatusDay, ...]:
    """Return the newest days that have ended; none where a rates-sync of before counts none."""
    is_counted = event.status.counted is not None
    return (*days, *event.ended_days)[-DATA_STATUS_DAYS:] if is_counted else ()


def _placed(event: ObservationsRecorded) -> Iterator[Observation]:
    """Yield the rows at the position that announces them, said by an older rates-sync or not."""
    for row in event.observations:
        yield row if row.position else replace(row, position=event.position)


def _with(
    series: Mapping[str, SeriesHistory], recorded: Iterable[Observation]
) -> Mapping[str, SeriesHistory]:
    by_series = attrgetter("series")
    return {
        **series,
        **{
            name: series.get(name, EMPTY).with_observations(rows)
            for name, rows in groupby(sorted(recorded, key=by_series), key=by_series)
        },
    }
