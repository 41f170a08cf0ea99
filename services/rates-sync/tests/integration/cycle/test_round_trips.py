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
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from rates_contracts.observation import FIX, SETTLEMENT
from rates_sync.cycle.recorder import AnnounceMode, Recorder
from rates_sync.upstream import Answer, Published

pytestmark = pytest.mark.integration

WITHOUT_OBSERVATIONS, WITH_OBSERVATIONS, LAST_CHUNK = 8, 12, 14
FIRST_WITH_OBSERVATIONS = 13
"""A new leader's first recording has none: this is a rare one."""
TUESDAY, WEDNESDAY, THURSDAY = Day(2026, 8, 11), Day(2026, 8, 12), Day(2026, 8, 13)
FRIDAY, SATURDAY = Day(2026, 8, 14), Day(2026, 8, 15)
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


async def test_the_last_chunk_of_a_backfill(
    leader: Any, recorder: Recorder, answer_until: AnswerUntil
) -> None:
    """It announces all chunks, with the averages."""
    await recorder.record(answer_until(Day(2024, 5, 31)), AnnounceMode.CHUNK)
    with counted(leader.engine) as statements:
        await recorder.record(answer_until(Day(2024, 4, 26)), AnnounceMode.LAST_CHUNK)
    assert len(statements) <= LAST_CHUNK, "\n".join(statements)


async def test_a_release_from_quarantine(
    leader: Any, recorder: Recorder, answer_until: AnswerUntil
) -> None:
    """A large move is set aside, and released once it was seen twice (protocol rule 28)."""
    for released in (0, 2):
        leader.clock.advance(360)
        answer = _with_fix(answer_until(WEDNESDAY), THURSDAY, SATURDAY, Decimal("25.0530"))
        with counted(leader.engine) as statements:
            added = await recorder.record(answer, AnnounceMode.POLL)
        assert added.new == released
        assert len(added.quarantined) == 2 - released
        assert len(statements) <= WITH_OBSERVATIONS, "\n".join(statements)


async def test_a_withdrawal_and_its_end(
    leader: Any, recorder: Recorder, answer_until: AnswerUntil
) -> None:
    """A day is missed, withdrawn, and back again (protocol rule 27)."""
    for lacks, withdrawn in ((True, 0), (True, 1), (False, 0)):
        leader.clock.advance(360)
        answer = answer_until(WEDNESDAY)
        if lacks:
            answer = _without(answer, TUESDAY)
        with counted(leader.engine) as statements:
            await recorder.record(answer, AnnounceMode.POLL)
        status = await leader.record.status()
        assert len(status.series[FIX].withdrawn) == withdrawn
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


async def test_a_new_fix_in_the_first_recording_of_a_day(
    leader: Any, recorder: Recorder, answer_until: AnswerUntil
) -> None:
    """After a night without the database: all of it, and the row of the day that has ended."""
    leader.clock.advance(timedelta(days=1).total_seconds())
    with counted(leader.engine) as statements:
        added = await recorder.record(answer_until(FRIDAY), AnnounceMode.POLL)
    assert added.new == 4
    assert (await leader.record.status()).counted.day.date == FRIDAY
    assert len(statements) <= FIRST_WITH_OBSERVATIONS, "\n".join(statements)


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


def _without(answer: Answer, day: Day) -> Answer:
    """Return `answer` as if neither series had `day`."""
    return replace(answer, published=tuple(row for row in answer.published if row.date != day))


def _with_fix(answer: Answer, day: Day, settles: Day, value: Decimal) -> Answer:
    """Return `answer` with the FIX of `day`, and the settlement rate that it determines."""
    added = (Published(FIX, day, value), Published(SETTLEMENT, settles, value))
    return replace(answer, published=(*answer.published, *added))


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
