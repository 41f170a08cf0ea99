"""Recordings: what commits together, in which order, at which instant (rule R3, rules 1, 2, 4)."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from datetime import date as Day
from decimal import Decimal
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from sqlalchemy import delete, func, select, text

from rates_contracts.averages import Average
from rates_contracts.calendar import BankCalendar
from rates_contracts.events import (
    HistoryReload,
    ObservationsRecorded,
    Position,
    StatusChanged,
    decode_event,
)
from rates_contracts.observation import FIX, Observation
from rates_contracts.status import SyncStatus
from rates_sync.errors import StoreRefused, StoreUnavailable
from rates_sync.store.engine import reading
from rates_sync.store.outbox import Outbox, read_events
from rates_sync.store.record import Record
from rates_sync.store.rows import read_history
from rates_sync.store.schema import audit, head, observations, outbox, payloads, quarantine
from rates_sync.upstream import Rejected

pytestmark = pytest.mark.integration

PAYLOAD = "ab" * 32
STATUS = SyncStatus(source="Banco de México", transitions=())
EARLIER = datetime(2026, 8, 13, 6, tzinfo=UTC)
AVERAGE = Average("15d", EARLIER, Day(2026, 7, 30), Day(2026, 8, 13), 0, 0)


async def test_a_recording_commits_all_it_announces_or_nothing(leader: Any) -> None:
    """Rule R3: an error inside leaves neither observation nor head nor outbox row behind."""
    before = await leader.record.head()

    async def crash() -> None:
        async with leader.record.recording(leader.fence) as recording:
            await recording.keep_payload(PAYLOAD, b"{}", leader.clock.now)
            new = _observation(recording.recorded_at)
            await recording.add([new])
            await recording.announce(ObservationsRecorded, status=STATUS, observations=(new,))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await crash()
    assert await leader.record.head() == before
    assert await _count(leader, observations) == await _count(leader, outbox) == 0


async def test_a_record_whose_restore_has_not_come_so_far_is_unavailable(leader: Any) -> None:
    """Protocol rule 36: neither a recording nor the relay takes a missing row for a bug."""
    async with leader.engine.begin() as connection:
        await connection.execute(delete(head))

    with pytest.raises(StoreUnavailable):
        await leader.change_status()
    with pytest.raises(StoreUnavailable):
        await Outbox(leader.engine, leader.record, leader.fence).read(
            None, history=None, averages=None
        )


async def test_positions_have_no_gap_and_name_the_event_before(leader: Any) -> None:
    """Protocol rule 1: concurrent recordings queue for the head, a failed one leaves no hole."""

    async def crash() -> None:
        async with leader.record.recording(leader.fence) as recording:
            await recording.announce(StatusChanged, status=STATUS)
            raise ZeroDivisionError

    async with asyncio.TaskGroup() as group:
        for _ in range(5):
            group.create_task(leader.change_status())
    with pytest.raises(ZeroDivisionError):
        await crash()
    await leader.change_status()
    events = await _events(leader)
    assert [event.position for event in events] == [1, 2, 3, 4, 5, 6]
    for before, event in pairwise(events):
        assert msgspec.structs.astuple(event.previous) == (1, before.position, before.event_id)


async def test_recorded_at_rises_also_when_the_clock_goes_back(leader: Any, clock: Any) -> None:
    """Protocol rule 4: `recorded_at` is never at or before the head's, so `as_of` is repeatable."""
    first = await leader.publish({"2026-08-12": "17.0100"})
    clock.now -= timedelta(hours=1)
    second = await leader.publish({"2026-08-13": "17.0530"})
    third = await leader.change_status()
    assert first.recorded_at < second.recorded_at < third.recorded_at
    assert second.observations[0].recorded_at == second.recorded_at


async def test_an_observation_of_another_instant_is_refused(leader: Any) -> None:
    """Protocol rule 4: nothing is recorded at an instant that its recording did not give."""
    with pytest.raises(ValueError, match="rule 4"):
        async with leader.record.recording(leader.fence) as recording:
            await recording.add([_observation(EARLIER)])


async def test_the_published_digits_come_back_to_the_last_zero(leader: Any) -> None:
    """Rule R8: '17.0530' is recorded and read as '17.0530', not as 17.053."""
    await leader.publish({"2026-08-13": "17.0530"})
    async with leader.record.recording(leader.fence) as recording:
        (observation,) = await recording.newest(FIX, Day(2026, 8, 1), Day(2026, 8, 31))
    assert str(observation.value) == "17.0530"
    async with reading(leader.engine) as connection:
        raw = await connection.scalar(text("SELECT value FROM current_rates_v1"))
    assert raw == "17.0530"


async def test_a_correction_is_a_new_revision_and_the_old_one_stays(leader: Any) -> None:
    """The newest revision is what counts, every revision stays recorded."""
    await leader.publish({"2026-08-12": "17.0100", "2026-08-13": "17.0530"})
    async with leader.record.recording(leader.fence) as recording:
        fixed = msgspec.structs.replace(_observation(recording.recorded_at), revision=2)
        await recording.add([fixed])
        await recording.announce(ObservationsRecorded, status=STATUS, observations=(fixed,))
    async with leader.record.recording(leader.fence) as recording:
        newest = await recording.newest(FIX, Day(2026, 8, 12), Day(2026, 8, 13))
        assert await recording.newest_day(FIX) == Day(2026, 8, 13)
    assert [(row.date.day, row.revision) for row in newest] == [(12, 1), (13, 2)]
    assert await _count(leader, observations) == 3
    async with reading(leader.engine) as connection:
        current = (await connection.execute(text("SELECT * FROM current_rates_v1"))).all()
    assert [(str(row.date), row.revision) for row in current] == [("2026-08-13", 2)]


async def test_a_revision_is_recorded_once(leader: Any) -> None:
    """Observations are append-only: the same revision again is refused, and changes nothing."""
    await leader.publish({"2026-08-13": "17.0530"})
    with pytest.raises(StoreRefused):
        await leader.publish({"2026-08-13": "18.0000"})
    assert await _count(leader, observations) == 1


async def test_an_observation_needs_the_raw_answer_behind_it(leader: Any) -> None:
    """The hash of an observation always leads to a kept answer."""

    async def without_answer() -> None:
        async with leader.record.recording(leader.fence) as recording:
            new = _observation(recording.recorded_at)
            await recording.add([new])
            await recording.announce(ObservationsRecorded, status=STATUS, observations=(new,))

    with pytest.raises(StoreRefused):
        await without_answer()


async def test_observations_without_an_event_are_a_bug(leader: Any) -> None:
    """Rule R3: rows that nobody would hear of don't commit."""

    async def silent() -> None:
        async with leader.record.recording(leader.fence) as recording:
            await recording.keep_payload(PAYLOAD, b"{}", leader.clock.now)
            await recording.add([_observation(recording.recorded_at)])

    with pytest.raises(RuntimeError, match="not announced"):
        await silent()
    assert await _count(leader, observations) == 0


async def test_an_event_that_hides_an_observation_is_a_bug(leader: Any) -> None:
    """Rule R3: an event tells of all that its recording added."""

    async def hiding() -> None:
        async with leader.record.recording(leader.fence) as recording:
            await recording.keep_payload(PAYLOAD, b"{}", leader.clock.now)
            await recording.add([_observation(recording.recorded_at)])
            await recording.announce(StatusChanged, status=STATUS)

    with pytest.raises(RuntimeError, match="does not announce"):
        await hiding()


async def test_a_recording_is_announced_once(leader: Any) -> None:
    """Protocol rule 1: one transaction raises the head by one."""

    async def twice() -> None:
        async with leader.record.recording(leader.fence) as recording:
            await recording.announce(StatusChanged, status=STATUS)
            await recording.announce(StatusChanged, status=STATUS)

    with pytest.raises(RuntimeError, match="once"):
        await twice()


async def test_status_and_calendar_are_the_newest_announced(leader: Any) -> None:
    """Plain reads give what the newest events carried, and None before the first."""
    assert await leader.record.status() is None
    assert await leader.calendar() is None
    calendar = BankCalendar("test/2", Day(2001, 1, 1), Day(2028, 12, 31), ())
    await leader.change_calendar(calendar)
    await leader.change_status(msgspec.structs.replace(STATUS, breaker="open"))
    newest = await leader.record.status()
    assert newest.breaker == "open"
    assert await leader.calendar() == calendar


async def test_versions_change_only_with_what_they_name(leader: Any) -> None:
    """Protocol rule 10: a status event leaves history and averages their versions."""
    await leader.publish({"2026-08-12": "17.0100"}, averages=[AVERAGE])
    assert await _versions(leader) == ("1-1", "1-1")
    await leader.change_status()
    assert await _versions(leader) == ("1-1", "1-1")
    await leader.publish({"2026-08-13": "17.0530"})
    assert await _versions(leader) == ("1-3", "1-1")
    await leader.change_calendar()
    assert await _versions(leader) == ("1-4", "1-1")


async def test_a_new_timeline_renames_both_documents(leader: Any) -> None:
    """Protocol rule 9: the lost timeline may have used the old names for other contents."""
    await leader.publish({"2026-08-12": "17.0100"}, averages=[AVERAGE])
    standing = await leader.record.restart_timeline(leader.fence, 4)
    assert (standing.timeline, standing.position) == (5, 2)
    assert await _versions(leader) == ("5-2", "5-2")


async def test_a_backfill_in_chunks_is_announced_as_one_reload(leader: Any) -> None:
    """Protocol rule 2: chunks commit without an event, one `history_reload` ends them."""
    await leader.chunk("1991-11-12", "3.0735")
    await leader.chunk("1991-11-13", "3.0712")
    assert (await leader.record.head()).position == 0
    event = await leader.reload()
    assert [type(event) for event in await _events(leader)] == [HistoryReload]
    assert await _versions(leader) == ("1-1", "1-1")
    async with leader.record.recording(leader.fence) as recording:
        both = await recording.newest(FIX, Day(1991, 1, 1), Day(1992, 1, 1))
        assert not recording.unannounced
    assert both[0].recorded_at < both[1].recorded_at < event.recorded_at


async def test_the_next_leader_learns_of_an_unfinished_backfill(leader: Any, instance: Any) -> None:
    """Protocol rule 2: rows left by a leader that died between chunks can't be passed over."""
    await leader.chunk("1991-11-12", "3.0735")
    successor = await instance("second").lead()
    async with successor.record.recording(successor.fence) as recording:
        assert recording.unannounced
    with pytest.raises(RuntimeError, match="does not announce"):
        await successor.change_status()
    await successor.reload()
    await successor.change_status()


async def test_chunks_rise_in_time_also_when_the_clock_goes_back(leader: Any, clock: Any) -> None:
    """Protocol rule 4: a chunk counts as recorded although the head has not moved."""
    await leader.chunk("1991-11-12", "3.0735")
    clock.now -= timedelta(hours=1)
    await leader.chunk("1991-11-13", "3.0712")
    async with reading(leader.engine) as connection:
        times = (await connection.scalars(select(observations.c.recorded_at))).all()
        noted = await connection.scalar(select(head.c.unannounced_at))
    assert times[0] < times[1] == noted


async def test_what_cannot_be_used_is_quarantined_once(leader: Any) -> None:
    """Rule R10: the same bad datum in the next answer is not kept twice, another one is."""
    comma = Rejected(FIX, None, '"18,3500"', "comma")
    async with leader.record.recording(leader.fence) as recording:
        assert await recording.quarantine([comma], PAYLOAD) == (comma,)
    async with leader.record.recording(leader.fence) as recording:
        other = replace(comma, raw='"18,3600"')
        assert await recording.quarantine([comma, other, other], "cd" * 32) == (other,)
    assert await _count(leader, quarantine) == 2


async def test_a_raw_answer_is_kept_once(leader: Any, clock: Any) -> None:
    """The same bytes polled again add nothing."""
    for _ in range(2):
        async with leader.record.recording(leader.fence) as recording:
            await recording.keep_payload(PAYLOAD, b"{}", clock.now)
    assert await _count(leader, payloads) == 1


async def test_an_audit_entry_needs_no_event(leader: Any) -> None:
    """Who did what is kept with the recording's instant."""
    async with leader.record.recording(leader.fence) as recording:
        await recording.audit("operator", "close-day", "decree")
    assert await _count(leader, audit) == 1
    assert (await leader.record.head()).position == 0


async def test_the_trace_travels_with_the_event(leader: Any, clock: Any) -> None:
    """The traceparent at the recording is the event's, so that a trace spans both services."""
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    record = Record(leader.engine, clock, lambda: "e1", lambda: trace)
    async with record.recording(leader.fence) as recording:
        event = await recording.announce(StatusChanged, status=STATUS)
    assert event.traceparent == trace
    assert (await _events(leader))[0].traceparent == trace


def _observation(recorded_at: datetime) -> Observation:
    return Observation(FIX, Day(2026, 8, 13), 1, Decimal("17.0530"), recorded_at, PAYLOAD)


async def _count(leader: Any, table: Any) -> int:
    async with reading(leader.engine) as connection:
        return await connection.scalar(select(func.count()).select_from(table)) or 0


async def _events(leader: Any) -> Any:
    async with reading(leader.engine) as connection:
        stored = await read_events(connection, Position(0, 0), limit=1000)
    return tuple(decode_event(event.body) for event in stored)


async def _versions(leader: Any) -> tuple[str, str]:
    async with reading(leader.engine) as connection:
        row = (await connection.execute(text("SELECT * FROM sync_status_v1"))).one()
    return row.history_version, row.averages_version


async def test_an_observation_keeps_the_position_that_announces_it(leader: Any) -> None:
    """Record, event and history say it; a backfill's chunks have the position of their reload."""
    await leader.change_calendar()
    event = await leader.publish({"2026-08-12": "17.0490"})
    await leader.chunk("1995-06-15", "6.2000")
    await leader.chunk("1995-06-16", "6.2100")
    async with leader.record.recording(leader.fence) as recording:
        reload = await recording.announce(HistoryReload, status=STATUS)
    assert [row.position for row in event.observations] == [event.position]
    async with reading(leader.engine) as connection:
        placed = {row.date.isoformat(): row.position for row in await read_history(connection)}
    assert placed == {
        "2026-08-12": event.position,
        "1995-06-15": reload.position,
        "1995-06-16": reload.position,
    }
