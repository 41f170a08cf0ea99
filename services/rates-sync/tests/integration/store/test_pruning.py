"""What goes at night, and what never does (protocol rules 8 and 46)."""

import hashlib
from collections.abc import Iterator
from datetime import date as Day
from datetime import datetime, timedelta
from typing import Any, get_args

import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from rates_contracts.calendar import mexico_day
from rates_contracts.events import Position
from rates_contracts.status import DataStatusDay
from rates_sync.store import pruning as module
from rates_sync.store.announcement import save_ended_days
from rates_sync.store.cursors import NoticeCursor
from rates_sync.store.engine import reading, writing
from rates_sync.store.fence import lock_and_verify
from rates_sync.store.pruning import PrunedTable
from rates_sync.store.rows import read_ended_days
from rates_sync.store.schema import (
    audit,
    data_status_days,
    observations,
    outbox,
    payloads,
    quarantine,
)

pytestmark = pytest.mark.integration

A_WEEK = timedelta(days=7, seconds=1).total_seconds()
THREE_YEARS = timedelta(days=3 * 366).total_seconds()


class Night:
    """A leader's pruning, and how many rows of each table it has deleted."""

    def __init__(self, leader: Any) -> None:
        self.deleted = dict.fromkeys(get_args(PrunedTable), 0)
        self._clock = leader.clock
        self.pruning = leader.pruning(self._count)

    async def record(self) -> None:
        """Prune all but the outbox."""
        await self.pruning.prune_record(self._clock.now)

    async def outbox(self, relayed: Position | None) -> None:
        """Prune the outbox."""
        await self.pruning.prune_outbox(self._clock.now, relayed)

    def _count(self, table: str, rows: int) -> None:
        self.deleted[table] += rows


@pytest.fixture
def night(leader: Any) -> Night:
    """The pruning of the leader."""
    return Night(leader)


async def test_outbox_rows_go_after_seven_days_but_not_the_heads(
    leader: Any, clock: Any, night: Night
) -> None:
    """The stream's tail is compared with the head's row (rule 9), so that one stays however old."""
    events = [await leader.change_status() for _ in range(3)]
    clock.advance(A_WEEK)
    await night.outbox(events[-1].at)
    assert night.deleted["outbox"] == 2
    assert await _positions(leader.engine) == [3]


async def test_younger_rows_stay(leader: Any, clock: Any, night: Night) -> None:
    """The stream holds what happened in the last seven days."""
    await leader.change_status()
    clock.advance(A_WEEK - 2)
    newest = await leader.change_status()
    await night.outbox(newest.at)
    assert await _positions(leader.engine) == [1, 2]


async def test_rows_above_the_relays_cursor_are_never_pruned(
    leader: Any, clock: Any, night: Night
) -> None:
    """Protocol rule 8: what a Redis away for a week has not got yet stays in the outbox."""
    events = [await leader.change_status() for _ in range(4)]
    clock.advance(A_WEEK)
    await night.outbox(events[0].at)
    assert await _positions(leader.engine) == [2, 3, 4]


async def test_an_unknown_cursor_prunes_no_outbox(leader: Any, clock: Any, night: Night) -> None:
    """Protocol rule 8: without Redis nobody knows what the stream lacks."""
    await leader.change_status()
    await leader.change_status()
    clock.advance(A_WEEK)
    await night.outbox(None)
    assert await _positions(leader.engine) == [1, 2]


async def test_rows_from_the_alerts_cursor_on_stay(leader: Any, clock: Any, night: Night) -> None:
    """Protocol rule 21: what waits for a week still goes out, compared with the row before it."""
    events = [await leader.change_status() for _ in range(4)]
    await NoticeCursor(leader.engine, leader.fence, "alert").advance(events[1].at)
    clock.advance(A_WEEK)
    await night.outbox(events[-1].at)
    assert await _positions(leader.engine) == [2, 3, 4]


async def test_edge_that_refuses_purges_keeps_no_outbox(
    leader: Any, clock: Any, night: Night
) -> None:
    """Protocol rule 46: a purge that is refused for weeks needs no events to be sent again."""
    events = [await leader.change_status() for _ in range(3)]
    await NoticeCursor(leader.engine, leader.fence, "alert").advance(events[2].at)
    await NoticeCursor(leader.engine, leader.fence, "purge").advance(events[0].at)
    clock.advance(A_WEEK)
    await night.outbox(events[-1].at)
    assert await _positions(leader.engine) == [3]


async def test_rows_of_an_earlier_timeline_go_too(leader: Any, clock: Any, night: Night) -> None:
    """Timelines compare first: all of an earlier one lies below the cursor."""
    await leader.change_status()
    head = await leader.record.restart_timeline(leader.fence, 1)
    clock.advance(A_WEEK)
    await night.outbox(head.at)
    assert head.at == Position(2, 2)
    assert await _positions(leader.engine) == [2]


async def test_observations_and_the_answers_behind_them_stay_for_good(
    leader: Any, clock: Any, night: Night
) -> None:
    """After three years the unused answer and the audit entry go, the observation's answer not."""
    await leader.publish({"2026-08-13": "17.0530"})
    async with leader.record.recording(leader.fence) as recording:
        await recording.keep_payload("cd" * 32, b"nothing new", clock.now)
        await recording.audit("operator", "sync", "by hand")
    clock.advance(THREE_YEARS)
    await night.record()
    expected = dict.fromkeys(get_args(PrunedTable), 0) | {"payloads": 1, "audit": 1}
    assert night.deleted == expected
    async with reading(leader.engine) as connection:
        assert (await connection.scalars(select(payloads.c.body))).all() == [b"{}"]
        assert len((await connection.execute(select(observations))).all()) == 1
        assert (await connection.execute(select(audit))).all() == []


async def test_two_years_are_kept_whole(leader: Any, clock: Any, night: Night) -> None:
    """Compliance: an entry two years old to the day is still there, a leap day counted."""
    async with leader.record.recording(leader.fence) as recording:
        await recording.audit("operator", "sync", "by hand")
    clock.now = clock.now.replace(year=clock.now.year + 2)
    await night.record()
    assert night.deleted["audit"] == 0


async def test_data_status_is_kept_for_two_years(leader: Any, clock: Any, night: Night) -> None:
    """Protocol rule 46: a day's row goes two years after its day."""
    today = mexico_day(clock.now)
    kept, gone = today - timedelta(days=731), today - timedelta(days=732)
    async with writing(leader.engine) as connection:
        await save_ended_days(connection, [DataStatusDay(day, 1) for day in (gone, kept)])
    await night.record()
    async with reading(leader.engine) as connection:
        days = (await connection.scalars(select(data_status_days.c.date))).all()
    assert (night.deleted["data_status"], days) == (1, [kept])


async def test_a_days_row_is_written_again_as_it_is(leader: Any) -> None:
    """Whoever writes it twice leaves one row, and what came last."""
    async with writing(leader.engine) as connection:
        await save_ended_days(connection, [DataStatusDay(Day(2026, 8, 12), 1)])
        await save_ended_days(connection, [DataStatusDay(Day(2026, 8, 12), 2, 3, 4)])
    async with reading(leader.engine) as connection:
        assert await read_ended_days(connection) == (DataStatusDay(Day(2026, 8, 12), 2, 3, 4),)


async def test_workers_are_told_of_the_newest_days(leader: Any) -> None:
    """Ninety, oldest first, whatever the record keeps."""
    days = [DataStatusDay(Day(2026, 1, 1) + timedelta(days=ahead), 1) for ahead in range(100)]
    async with writing(leader.engine) as connection:
        await save_ended_days(connection, days)
    async with reading(leader.engine) as connection:
        assert await read_ended_days(connection) == tuple(days[10:])


async def test_answer_that_came_again_is_kept_by_when_it_was_last_seen(
    leader: Any, clock: Any, night: Night
) -> None:
    """Protocol rule 46: one of 2026 that came in 2028, too, stays until 2030."""
    await _receive(leader)
    clock.advance(THREE_YEARS)
    await _receive(leader)
    await night.record()
    assert night.deleted["payloads"] == 0
    clock.advance(THREE_YEARS)
    await night.record()
    assert night.deleted["payloads"] == 1


async def test_answer_that_comes_all_day_is_noted_once_a_day(leader: Any, clock: Any) -> None:
    """A poll without news costs no write of its own."""
    seen = []
    began = clock.now
    for hours in (0, 1, 22, 2, 23, 24):
        clock.advance(hours * 3600)
        await _receive(leader)
        async with reading(leader.engine) as connection:
            seen.append(await connection.scalar(select(payloads.c.last_seen)))
    day_after = began + timedelta(hours=25)
    assert seen == [None, None, None, day_after, day_after, day_after + timedelta(hours=47)]


async def _receive(leader: Any) -> None:
    async with leader.record.recording(leader.fence) as recording:
        await recording.keep_payload("cd" * 32, b"no news", leader.clock.now)


@pytest.mark.parametrize(
    ("state", "kept"),
    [("open", 1), ("rejected", 1), ("released", 0), ("accepted", 0), ("closed", 0)],
)
async def test_quarantine_keeps_what_is_open_and_what_was_rejected(
    leader: Any, clock: Any, night: Night, state: str, kept: int
) -> None:
    """What has ended goes two years after it was last seen; a rejection holds permanently."""
    await _quarantine(leader, "young", state, clock.now + timedelta(seconds=THREE_YEARS))
    await _quarantine(leader, "old", state, clock.now)
    await _quarantine(leader, "older", state, None)
    clock.advance(THREE_YEARS)
    await night.record()
    assert night.deleted["quarantine"] == (0 if kept else 2)


async def _quarantine(leader: Any, key: str, state: str, last_seen: datetime | None) -> None:
    row = {
        "fingerprint": key,
        "series": "SF43718",
        "raw": "?",
        "reason": "unreadable",
        "payload_sha256": "cd" * 32,
        "recorded_at": leader.clock.now,
        "kind": "suspicious",
        "state": state,
        "last_seen": last_seen,
    }
    async with writing(leader.engine) as connection:
        await connection.execute(insert(quarantine).values(row))


async def test_row_that_is_needed_again_when_its_turn_comes_stays(
    leader: Any, clock: Any, night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read without a lock: what is deleted is looked at once more, under the lock."""
    await _receive(leader)
    clock.advance(THREE_YEARS)
    read = night.pruning._read

    async def read_then_receive(*arguments: Any) -> Any:
        rows = await read(*arguments)
        await _receive(leader)
        return rows

    monkeypatch.setattr(night.pruning, "_read", read_then_receive)
    await night.record()
    assert night.deleted["payloads"] == 0


async def test_nobody_waits_for_a_long_night(
    leader: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protocol rule 46: many old rows go in short transactions, between which others have a turn.

    Reading in pieces finds them all.
    """
    monkeypatch.setattr(module, "ROWS_READ", 300)
    await _fill(leader, 1_000)
    events = [await leader.change_status() for _ in range(250)]
    clock.advance(THREE_YEARS)
    deleted: list[tuple[str, int]] = []
    turns = 0

    async def others_have_a_turn(_seconds: float) -> None:
        nonlocal turns
        async with writing(leader.engine) as connection:
            await lock_and_verify(connection, leader.fence)
        turns += 1

    pruning = leader.pruning(lambda table, rows: deleted.append((table, rows)), others_have_a_turn)
    await pruning.prune_record(clock.now)
    await pruning.prune_outbox(clock.now, events[-1].at)
    assert sum(rows for table, rows in deleted if table == "payloads") == 1_000
    assert sum(rows for table, rows in deleted if table == "outbox") == 249
    assert max(rows for _, rows in deleted) <= module.ROWS_DELETED
    assert turns == len(deleted) - 1


async def _fill(leader: Any, count: int) -> None:
    """Add payloads that nothing refers to."""
    rows = [dict(row, received_at=leader.clock.now) for row in _bodies(count)]
    async with writing(leader.engine) as connection:
        await connection.execute(insert(payloads), rows)


def _bodies(count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        body = str(number).encode() * 500
        yield {"sha256": hashlib.sha256(body).hexdigest(), "body": body}


async def _positions(engine: AsyncEngine) -> list[int]:
    async with reading(engine) as connection:
        return list(await connection.scalars(select(outbox.c.position).order_by("position")))
