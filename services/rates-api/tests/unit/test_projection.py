"""What an event makes of a snapshot: the next one, nothing new, or a reason to load again."""

import itertools
from datetime import date, timedelta
from types import ModuleType
from typing import Any

import msgspec
import pytest

from rates_api.consume.projection import Reload, project
from rates_contracts.events import Position, Previous
from rates_contracts.observation import FIX, SETTLEMENT
from rates_contracts.status import DataStatusDay


@pytest.fixture
def record(fakes: ModuleType) -> Any:
    """Give a record with one FIX."""
    record = fakes.Record()
    record.observe(fakes.observation(date(2024, 1, 2)))
    return record


def test_every_kind_of_event_brings_the_snapshot_to_the_record(
    record: Any, fakes: ModuleType
) -> None:
    """Observations, a correction, status, averages and a closure end in the record's content."""
    snapshot = record.snapshot
    record.observe(
        fakes.observation(date(2024, 1, 3), "17.0000"),
        fakes.observation(date(2024, 1, 4), "17.0297", series=SETTLEMENT),
    )
    record.observe(fakes.observation(date(2024, 1, 2), "17.0300", revision=2))
    record.poll(breaker="open")
    record.plan(fakes.average(fakes.START))
    record.close(date(2024, 1, 8))

    for event in record.outbox[1:]:
        snapshot = project(snapshot, event)

    assert snapshot == record.snapshot
    assert len(snapshot.series[FIX].revisions(date(2024, 1, 2))) == 2


def test_a_day_that_ends_joins_the_data_status(record: Any) -> None:
    """The newest ninety days, the last as it is counted so far; the oldest makes room."""
    days = [
        DataStatusDay(date(2024, 1, 1) + timedelta(days=ahead), 36000 - ahead)
        for ahead in range(95)
    ]
    record.count(days[88], *days[:88])
    snapshot: Any = record.snapshot
    assert snapshot.data_status == tuple(days[:89])
    for yesterday, today in itertools.pairwise(days[88:]):
        snapshot = project(snapshot, record.count(today, yesterday))
        assert snapshot == record.snapshot
    assert snapshot.data_status == tuple(days[5:])


def test_an_older_rates_sync_counts_no_days(record: Any) -> None:
    """While it leads there are none, from whatever source; the one after it tells them again."""
    monday, tuesday = (DataStatusDay(date(2024, 1, day), 36000) for day in (1, 2))
    record.count(tuesday, monday)
    snapshot: Any = project(record.snapshot, record.poll(counted=None))
    assert (snapshot.ended_days, snapshot.data_status) == ((), ())
    snapshot = project(snapshot, record.count(tuesday, monday))
    assert snapshot.data_status == (monday, tuesday)


def test_a_fix_came_when_its_first_value_was_recorded(record: Any, fakes: ModuleType) -> None:
    """A correction changes that no more; without a value there is no such instant."""
    first = record.outbox[-1].recorded_at
    record.observe(fakes.observation(date(2024, 1, 2), "17.0300", revision=2))
    assert record.snapshot.fix_recorded_at(date(2024, 1, 2)) == first
    assert record.snapshot.fix_recorded_at(date(2024, 1, 3)) is None


def test_rows_are_at_the_position_of_their_event(record: Any, fakes: ModuleType) -> None:
    """An older rates-sync announces rows without one."""
    snapshot = record.snapshot
    event = record.observe(fakes.observation(date(2024, 1, 3)))
    (row,) = event.observations
    unplaced = msgspec.structs.replace(row, position=0)
    event = msgspec.structs.replace(event, observations=(unplaced,))

    projected = project(snapshot, event)

    assert projected == record.snapshot


def test_an_event_already_in_it_changes_nothing(record: Any) -> None:
    """Protocol rule 12: an entry at or before the snapshot's position is skipped."""
    snapshot = record.snapshot

    assert project(snapshot, record.outbox[0]) is snapshot


def test_a_missed_event_asks_for_a_reload(record: Any) -> None:
    """Protocol rule 13: an event upon another position needs a load up to its `previous`."""
    snapshot = record.snapshot
    record.poll()
    record.poll()

    assert project(snapshot, record.outbox[-1]) == Reload("gap", Position(1, 2))


def test_another_history_asks_for_a_reload(record: Any) -> None:
    """Protocol rule 13: the same position with another event id is another history."""
    snapshot = record.snapshot
    event = record.poll()
    foreign = msgspec.structs.replace(event, previous=Previous(1, 1, "another"))

    assert project(snapshot, foreign) == Reload("gap", Position(1, 1))


def test_an_unannounced_timeline_asks_for_a_reload(record: Any) -> None:
    """Protocol rule 13: an event of a new timeline needs a load, even upon our own position."""
    snapshot = record.snapshot
    event = msgspec.structs.replace(record.poll(), timeline=2)

    assert project(snapshot, event) == Reload("gap", Position(1, 1))


@pytest.mark.parametrize(
    ("cause", "reason"),
    [("backfill", "history_reload"), ("change_timeline", "timeline_changed")],
)
def test_a_reload_by_name_must_reach_the_event(record: Any, cause: str, reason: str) -> None:
    """Protocol rule 13: what the event itself does not carry must be in what is loaded."""
    snapshot = record.snapshot
    event = getattr(record, cause)()

    assert project(snapshot, event) == Reload(reason, event.at)  # type: ignore[arg-type]


def test_averages_stay_where_an_event_names_none(record: Any, fakes: ModuleType) -> None:
    """An event without averages leaves the table as it is."""
    record.plan(fakes.average(fakes.START + timedelta(days=1)))
    snapshot = record.snapshot

    after = project(snapshot, record.poll(breaker="open"))

    assert not isinstance(after, Reload)
    assert after.averages == snapshot.averages
