"""How many round trips to the database a recording takes, at most (protocol rule 37).

Counted are the statements, and the COMMIT. SQLite's BEGIN counts as well, MySQL begins without one.
The ping of a pooled connection comes before a recording and is not part of it.
"""

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date as Day
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from rates_contracts.observation import FIX, SETTLEMENT
from rates_sync.cycle.recorder import AnnounceMode, Recorder
from rates_sync.upstream import Answer

pytestmark = pytest.mark.integration

WITHOUT_OBSERVATIONS, WITH_OBSERVATIONS = 8, 12
WEDNESDAY, THURSDAY = Day(2026, 8, 12), Day(2026, 8, 13)
AnswerUntil = Callable[[Day], Answer]


async def test_a_poll_that_only_verifies(
    leader: Any, recorder: Recorder, answer_until: AnswerUntil
) -> None:
    """Its event moves `fresh_until`; Banxico's bytes may be new or known."""
    for body in (b"known", b"new"):
        leader.clock.advance(240)
        before = await leader.record.head()
        answer = replace(answer_until(WEDNESDAY), sha256=hashlib.sha256(body).hexdigest())
        with counted(leader.engine) as statements:
            await recorder.record(answer, AnnounceMode.POLL)
        assert (await leader.record.head()).position == before.position + 1
        assert len(statements) <= WITHOUT_OBSERVATIONS, "\n".join(statements)


async def test_a_failure_of_banxico(leader: Any, recorder: Recorder) -> None:
    """What was answered is kept, and the state announced."""
    with counted(leader.engine) as statements:
        await recorder.note_failure("failing", b"<html>", leader.clock())
    assert len(statements) <= WITHOUT_OBSERVATIONS, "\n".join(statements)


async def test_a_new_fix(leader: Any, recorder: Recorder, answer_until: AnswerUntil) -> None:
    """Observations, coverage, averages, head, outbox and status: all of it in one transaction."""
    leader.clock.advance(60)
    with counted(leader.engine) as statements:
        added = await recorder.record(answer_until(THURSDAY), AnnounceMode.POLL)
    assert added.new == 2
    assert len(statements) <= WITH_OBSERVATIONS, "\n".join(statements)


async def test_a_chunk_of_a_backfill(
    leader: Any, recorder: Recorder, answer_until: AnswerUntil
) -> None:
    """Its days lie before those that a recording reads at once."""
    with counted(leader.engine) as statements:
        await recorder.record(answer_until(Day(2024, 4, 26)), AnnounceMode.CHUNK)
    assert len(statements) <= WITH_OBSERVATIONS, "\n".join(statements)


async def test_the_first_poll_of_a_day(
    leader: Any, recorder: Recorder, answer_until: AnswerUntil
) -> None:
    """Coverage and averages move with the day: as much as observations would change."""
    leader.clock.advance(timedelta(days=1).total_seconds() - 5 * 3600)
    with counted(leader.engine) as statements:
        added = await recorder.record(answer_until(WEDNESDAY), AnnounceMode.POLL)
    assert added.new == 0
    assert len(statements) <= WITH_OBSERVATIONS, "\n".join(statements)


@pytest.mark.parametrize("first_fix_day", [Day(2026, 8, 3)])
async def test_a_complete_history_takes_no_more(
    leader: Any, recorder: Recorder, answer_until: AnswerUntil
) -> None:
    """Since when it is complete is read with the rest, and written once (protocol rule 25)."""
    async with leader.record.recording(leader.fence) as recording:
        complete_at = dict(recording.complete_at)
    assert complete_at.keys() == {FIX, SETTLEMENT}
    for newest, most in ((WEDNESDAY, WITHOUT_OBSERVATIONS), (THURSDAY, WITH_OBSERVATIONS)):
        leader.clock.advance(240)
        with counted(leader.engine) as statements:
            await recorder.record(answer_until(newest), AnnounceMode.POLL)
        assert len(statements) <= most, "\n".join(statements)
    async with leader.record.recording(leader.fence) as recording:
        assert recording.complete_at == complete_at


@contextlib.contextmanager
def counted(engine: AsyncEngine) -> Iterator[list[str]]:
    """Give what is sent to the database meanwhile, a line per round trip."""
    sent: list[str] = []

    def on_statement(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(" ".join(statement.split())[:90])

    def on_commit(_connection: Any) -> None:
        sent.append("COMMIT")

    event.listen(engine.sync_engine, "before_cursor_execute", on_statement)
    event.listen(engine.sync_engine, "commit", on_commit)
    try:
        yield sent
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", on_statement)
        event.remove(engine.sync_engine, "commit", on_commit)
