"""A leader's backfills: what is missing, what operators ask for, who watches (protocol rule 35)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date as Day
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from rates_contracts.events import HistoryReload
from rates_contracts.observation import FIRST_FIX_DAY, FIX, SETTLEMENT
from rates_sync.cycle.backfill import Progress
from rates_sync.cycle.recorder import AnnounceMode
from rates_sync.errors import (
    BadToken,
    FixAwaited,
    LeaseLost,
    QuotaExhausted,
    StoreRefused,
    StoreUnavailable,
    UpstreamFailure,
    UpstreamRateLimited,
)
from rates_sync.leader.backfills import BackfillRun
from rates_sync.store.coverage import Span
from rates_sync.upstream import Answer, Purpose, Query, Rejected

LONG = Span(Day(2020, 1, 1), Day(2026, 8, 12))
"""Two chunks."""
CORRECTED = Day(2026, 8, 3)
"""A day of the first of them, which no poll asks for."""


class GatedBanxico:
    """A Banxico that holds each request while `gate` is cleared, and says so by `entered`."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.gate, self.entered = asyncio.Event(), asyncio.Event()

    async def ask(self, query: Query) -> Answer:
        self.entered.set()
        await self.gate.wait()
        answer: Answer = await self._inner.ask(query)
        return answer


@pytest.fixture
def gated(banxico: Any) -> GatedBanxico:
    """Banxico, held until the gate is set."""
    return GatedBanxico(banxico)


async def _load(leading: Any) -> None:
    """Take the lease, poll once and record the whole history."""
    await leading.poller._begin()
    await leading.poller.poll(Purpose.POLL)
    await leading.backfills.step()


@asynccontextmanager
async def _running(leading: Any) -> AsyncIterator["asyncio.Task[None]"]:
    running = asyncio.create_task(leading.backfills.run())
    yield running
    running.cancel()
    await asyncio.wait({running})


async def _watched(run: BackfillRun) -> list[Progress]:
    return [progress async for progress in run.watch()]


def _fail_at(banxico: Any, number: int, failure: Exception | None = None) -> None:
    """Let Banxico fail once, at this request from now."""
    real_ask, asked = banxico.ask, 0

    async def ask(query: Query) -> Any:
        nonlocal asked
        asked += 1
        if asked == number:
            raise failure or UpstreamFailure("away")
        return await real_ask(query)

    banxico.ask = ask


def _correct(banxico: Any) -> None:
    banxico.changed[FIX, CORRECTED] = banxico.fix[CORRECTED] + 1


# --- missing history -----------------------------------------------------------------------------


async def test_first_start_fills_the_record_at_once(leading: Any, desk: Any) -> None:
    """A fresh record gets the newest days, then its whole history, without waiting."""
    began = desk.clock()
    await _load(leading)
    assert leading.metric("backfill_chunks_total") == 9
    assert desk.clock() == began
    assert isinstance(desk.announced[-1], HistoryReload)


async def test_good_poll_wakes_the_backfills(lead: Callable[..., Any], gated: GatedBanxico) -> None:
    """Missing history is asked for as soon as Banxico has answered, in a task of its own."""
    leading = lead(None, gated)
    await leading.poller._begin()
    async with _running(leading):
        await leading.poller.poll(Purpose.POLL)
        await gated.entered.wait()


async def test_missing_history_changes_nothing_about_the_polls(
    leading: Any, desk: Any, banxico: Any
) -> None:
    """Protocol rule 25: the rhythm and what is verified are those of a complete record."""
    _fail_at(banxico, 3)
    await _load(leading)
    assert leading.metric("backfill_chunks_total") == 1
    assert leading.metric("history_holes") == 1
    assert leading.poller.schedule_inputs.verified_at == desk.clock()
    assert leading.poller.next_cycle_at == desk.clock() + timedelta(minutes=4)


async def test_polls_have_their_turn_between_two_chunks(
    lead: Callable[..., Any], gated: GatedBanxico, banxico: Any
) -> None:
    """Protocol rule 35: the lock is held for one chunk, never for the whole history."""
    leading = lead(None, gated)
    await leading.poller._begin()
    await leading.poller.poll(Purpose.POLL)
    async with _running(leading):
        await gated.entered.wait()
        polling = asyncio.create_task(leading.poller.poll(Purpose.POLL))
        await asyncio.sleep(0)
        gated.gate.set()
        await polling
        assert leading.metric("backfill_chunks_total") == 1


async def test_interrupted_history_is_asked_for_again_on_a_weekend(
    leading: Any, desk: Any, banxico: Any
) -> None:
    """After a minute, though the next poll is on Monday."""
    monday = datetime.fromisoformat("2026-08-17T13:00:00+00:00")
    desk.clock.now = datetime.fromisoformat("2026-08-15T20:00:10+00:00")
    _fail_at(banxico, 3)
    await _load(leading)
    assert leading.poller.next_cycle_at == monday
    await leading.backfills.step()
    assert leading.metric("backfill_chunks_total") == 8
    desk.clock.now += timedelta(minutes=1)
    await leading.backfills.step()
    assert leading.metric("history_holes") == 0
    assert leading.poller.next_cycle_at == monday


async def test_new_leader_of_a_verified_weekend_goes_on_with_the_history(
    lead: Callable[..., Any], desk: Any, banxico: Any
) -> None:
    """The record says that Banxico answered: no need to wait for Monday's first poll."""
    desk.clock.now = datetime.fromisoformat("2026-08-14T22:58:00+00:00")
    _fail_at(banxico, 3)
    await _load(lead())
    desk.clock.now += timedelta(hours=12)
    successor = lead()
    await successor.poller._begin()
    await successor.backfills.step()
    assert successor.metric("history_holes") == 0


async def test_operator_does_not_wait_for_missing_history(leading: Any, banxico: Any) -> None:
    """`rates-sync sync` asks for what has just failed, too."""
    _fail_at(banxico, 3)
    await _load(leading)
    await leading.poller.poll(Purpose.MANUAL)
    await leading.backfills.step()
    assert leading.metric("backfill_chunks_total") == 9
    assert leading.metric("history_holes") == 0


@pytest.mark.parametrize("failure", [UpstreamFailure("away"), StoreUnavailable("locked")])
async def test_interrupted_history_shows_what_it_has(
    leading: Any, desk: Any, banxico: Any, failure: Exception
) -> None:
    """The chunks that came are announced at once, with the day from which all is known."""
    _fail_at(banxico, 3, failure)
    await _load(leading)
    event = desk.announced[-1]
    assert isinstance(event, HistoryReload)
    assert event.status.series[FIX].complete_from == Day(2022, 6, 30)
    assert event.status.series[FIX].complete_at is None


@pytest.mark.parametrize("failure", [UpstreamFailure("away"), BadToken("no")])
async def test_failing_banxico_is_not_asked_for_history(
    leading: Any, banxico: Any, failure: Exception
) -> None:
    """Only while polls succeed: neither an outage nor a refused token costs further requests."""
    await leading.poller._begin()
    banxico.script = [failure]
    await leading.poller.poll(Purpose.POLL)
    banxico.asked.clear()
    await leading.backfills.step()
    assert banxico.asked == []


async def test_history_rests_while_it_is_not_admitted(leading: Any, banxico: Any) -> None:
    """While the breaker is not closed or a FIX is awaited nobody is asked, and nothing waits."""
    leading.admits = lambda: False
    await _load(leading)
    assert len(banxico.asked) == 1
    leading.admits = lambda: True
    await leading.backfills.step()
    assert leading.metric("history_holes") == 0


async def test_spent_budget_is_left_alone_until_midnight(
    leading: Any, desk: Any, banxico: Any
) -> None:
    """One refusal a day, not one a minute; an operator's range is refused each time."""
    _fail_at(banxico, 2, QuotaExhausted("100 requests are spent"))
    await _load(leading)
    asked = len(banxico.asked)
    desk.clock.now += timedelta(hours=2)
    await leading.backfills.step()
    assert len(banxico.asked) == asked
    desk.clock.now += timedelta(hours=12)
    await leading.backfills.step()
    assert leading.metric("history_holes") == 0


@pytest.mark.parametrize(
    ("failure", "seconds"),
    [
        (UpstreamRateLimited(600), 600),
        (UpstreamFailure("busy", kind="server_error", retry_after=600), 600),
        (UpstreamRateLimited(999_999_999), 900),
    ],
)
async def test_pause_that_banxico_asks_for_holds_for_all_of_the_history(
    leading: Any, desk: Any, banxico: Any, failure: Exception, seconds: int
) -> None:
    """Protocol rule 35: also for ranges that did not fail, and after good polls; 15 min at most."""
    _fail_at(banxico, 3, failure)
    await _load(leading)
    asked = len(banxico.asked)
    desk.clock.now += timedelta(seconds=seconds - 1)
    leading.backfills.resume(at_once=True)
    await leading.backfills.step()
    assert len(banxico.asked) == asked
    desk.clock.now += timedelta(seconds=1)
    await leading.backfills.step()
    assert leading.metric("history_holes") == 0


@pytest.mark.parametrize("kind", ["timeout", "refused"])
async def test_range_that_keeps_failing_is_told_once_with_its_cause(
    leading: Any, desk: Any, banxico: Any, kind: Any
) -> None:
    """A first failure is a blip; the third in a row is a hole that somebody must look at."""
    oldest = Span(FIRST_FIX_DAY, Day(1994, 7, 6))
    real_ask = banxico.ask

    async def ask(query: Query) -> Any:
        if query.first == oldest.first:
            raise UpstreamFailure("never", kind=kind)
        return await real_ask(query)

    banxico.ask = ask
    await _load(leading)
    for _ in range(8):
        assert leading.holes == []
        desk.clock.now += timedelta(minutes=1)
        await leading.backfills.step()
        if leading.holes:
            break
    desk.clock.now += timedelta(hours=5)
    await leading.backfills.step()
    assert leading.holes == [(oldest.first, oldest.last, kind)]


async def test_implausible_answer_is_told_with_its_cause(leading: Any, banxico: Any) -> None:
    """Protocol rule 25: days without a FIX for more than 15 days."""
    gap = Span(Day(2009, 3, 3), Day(2009, 3, 31))
    banxico.fix = {
        day: rate for day, rate in banxico.fix.items() if not gap.first <= day <= gap.last
    }
    await _load(leading)
    assert leading.holes == [(gap.first, gap.last, "implausible")]


async def test_answers_that_contradict_the_record_are_no_silence(
    leading: Any, banxico: Any, desk: Any
) -> None:
    """Protocol rules 25 and 27: lacking more than two known FIX is not "no values there"."""
    march = Query((FIX, SETTLEMENT), Day(2009, 3, 2), Day(2009, 3, 31))
    banxico.rejected = (UNDATED,)
    answer = await banxico.ask(march)
    await leading.recorder.begin()
    await leading.recorder.record(answer, AnnounceMode.LAST_CHUNK)
    banxico.rejected = ()
    banxico.withdrawn = {(FIX, Day(2009, 3, day)) for day in (10, 11, 12)}
    leading.backfills.resume()
    for _ in range(4):
        await leading.backfills.step()
        desk.clock.now += timedelta(hours=1)
    assert {cause for _, _, cause in leading.holes} == {"contradictory"}


UNDATED = Rejected(FIX, None, '{"fecha": "?"}', "no day", "undated")


@pytest.mark.parametrize(
    ("wrong", "cause"),
    [
        ({"age": timedelta(days=1)}, "unconfirmed"),
        ({"rejected": (UNDATED,)}, "malformed"),
        ({"missing_series": (SETTLEMENT,)}, "malformed"),
    ],
)
async def test_answers_that_cover_nothing_are_failures_of_their_range(
    leading: Any, desk: Any, banxico: Any, wrong: dict[str, Any], cause: str
) -> None:
    """Protocol rule 25: told at the third in a row, and not as a silence that may be accepted."""
    oldest = Span(FIRST_FIX_DAY, Day(1994, 7, 6))
    real_ask = banxico.ask

    async def ask(query: Query) -> Any:
        answer = await real_ask(query)
        return replace(answer, **wrong) if query.first == oldest.first else answer

    banxico.ask = ask
    await _load(leading)
    for wait in (1, 2):
        assert leading.holes == []
        desk.clock.now += timedelta(minutes=wait)
        await leading.backfills.step()
    assert leading.holes == [(oldest.first, oldest.last, cause)]


async def test_range_that_covers_nothing_makes_no_silence_of_its_neighbours(
    leading: Any, banxico: Any
) -> None:
    """Protocol rule 25: the days just before it, which are asked for again with it, are no hole."""
    real_ask = banxico.ask

    async def ask(query: Query) -> Any:
        answer = await real_ask(query)
        is_middle = Day(1999, 1, 1) < (query.last or Day.max) < Day(2003, 1, 1)
        return replace(answer, age=timedelta(days=1)) if is_middle else answer

    banxico.ask = ask
    await _load(leading)
    assert leading.metric("history_holes") == 1
    assert leading.holes == []


async def _refuse_coverage(desk: Any) -> None:
    """Have the database forget what is covered, and take no row of it any more."""
    trigger = "BEFORE INSERT ON coverage BEGIN SELECT RAISE(ABORT, 'too long'); END"
    async with desk.engine.begin() as connection:
        await connection.execute(text("DELETE FROM coverage"))
        await connection.execute(text(f"CREATE TRIGGER refusal {trigger}"))


async def test_refusal_of_a_chunk_waits(leading: Any, desk: Any, banxico: Any) -> None:
    """A range that the database refuses is not asked for again at once, and ends no task."""
    await _load(leading)
    await _refuse_coverage(desk)
    banxico.asked.clear()
    await leading.backfills.step()
    await leading.backfills.step()
    spans = [(query.first, query.last) for query in banxico.asked]
    assert len(spans) == len(set(spans)) == 2


async def test_range_that_the_database_refuses_is_told_with_that_cause(
    leading: Any, desk: Any
) -> None:
    """Protocol rules 25 and 34: neither a plausible hole nor Banxico's failure."""
    await _load(leading)
    await _refuse_coverage(desk)
    for _ in range(5):
        desk.clock.now += timedelta(hours=1)
        await leading.backfills.step()
    assert [cause for _first, _last, cause in leading.holes] == ["store_refused"]


async def test_operators_range_that_the_database_refuses_ends_no_task(
    leading: Any, desk: Any
) -> None:
    """Who watches is told; the next range is tried."""
    await _load(leading)
    await _refuse_coverage(desk)
    run = leading.backfills.request(LONG)
    await leading.backfills.step()
    with pytest.raises(StoreRefused):
        await _watched(run)


async def test_restored_record_is_searched_for_holes(leading: Any, desk: Any) -> None:
    """Protocol rule 9: what a restored record lacks is asked for after the next good poll."""
    await _load(leading)
    async with desk.engine.begin() as connection:
        await connection.execute(text("DELETE FROM observations WHERE date < '1999-01-01'"))
        await connection.execute(text("UPDATE coverage SET first = '1999-01-01'"))
    await leading.poller.poll(Purpose.POLL)
    await leading.backfills.step()
    assert await desk.rows("SELECT min(date) FROM observations") == [(str(FIRST_FIX_DAY),)]


# --- what operators ask for ----------------------------------------------------------------------


async def test_whoever_hangs_up_ends_nothing(leading: Any, desk: Any, banxico: Any) -> None:
    """The correction that was recorded before is announced, and the rest is asked for."""
    await _load(leading)
    _correct(banxico)
    async with _running(leading):
        run = leading.backfills.request(LONG)
        watching = run.watch()
        await anext(watching)
        await watching.aclose()
        assert [progress.done for progress in await _watched(run)] == [1, 2]
    assert isinstance(desk.announced[-1], HistoryReload)
    assert await desk.rows("SELECT unannounced_at FROM head") == [(None,)]


async def test_slow_reader_slows_nothing(leading: Any) -> None:
    """The range is recorded and polls go on while nobody reads the progress."""
    await _load(leading)
    async with _running(leading):
        run = leading.backfills.request(LONG)
        watching = run.watch()
        first = await anext(watching)
        await leading.poller.poll(Purpose.POLL)
        assert [progress.done for progress in await _watched(run)] == [1, 2]
        assert [first.done, *[progress.done async for progress in watching]] == [1, 2]


async def test_second_request_for_a_range_watches_the_first(leading: Any, banxico: Any) -> None:
    """Both see every chunk, and Banxico is asked once; a later request is a new one."""
    await _load(leading)
    first, second = leading.backfills.request(LONG), leading.backfills.request(LONG)
    assert leading.backfills.request(Span(LONG.first, CORRECTED)) is not first
    banxico.asked.clear()
    await leading.backfills.step()
    assert [progress.done for progress in await _watched(second)] == [1, 2]
    assert len(banxico.asked) == 2 + 2
    assert second is first
    assert leading.backfills.request(LONG) is not first


async def test_operators_range_waits_for_the_cycle_under_way(leading: Any) -> None:
    """One question at a time: a backfill by hand begins after the poll that runs."""
    await leading.poller._begin()
    polling = asyncio.create_task(leading.poller.poll(Purpose.POLL))
    await asyncio.sleep(0)
    async with _running(leading):
        async for _ in leading.backfills.request(LONG).watch():
            assert polling.done()


async def test_operators_range_that_fails_shows_what_came(
    leading: Any, desk: Any, banxico: Any
) -> None:
    """A correction in the chunks before is announced at once, not with the next poll."""
    await _load(leading)
    _correct(banxico)
    _fail_at(banxico, 2)
    run = leading.backfills.request(LONG)
    await leading.backfills.step()
    assert isinstance(desk.announced[-1], HistoryReload)
    with pytest.raises(UpstreamFailure):
        await _watched(run)


async def test_what_came_is_announced_once_the_database_takes_it(
    leading: Any, desk: Any, banxico: Any
) -> None:
    """An outage ends a range and its announcement; nothing else might come before Monday."""
    await _load(leading)
    _correct(banxico)
    _fail_at(banxico, 2, StoreUnavailable("away"))
    note, events = leading.backfills._recorder.note, len(desk.announced)
    leading.backfills._recorder.note = _refused
    leading.backfills.request(LONG)
    await leading.backfills.step()
    assert len(desk.announced) == events
    leading.backfills._recorder.note = note
    await leading.backfills.step()
    assert isinstance(desk.announced[events], HistoryReload)


async def _refused() -> None:
    raise StoreUnavailable("away")


async def test_range_that_fails_ends_no_other(leading: Any, banxico: Any) -> None:
    """What is refused while a FIX is awaited is told to whoever asked; the next one is tried."""
    await _load(leading)
    refused = leading.backfills.request(LONG)
    served = leading.backfills.request(Span(CORRECTED, CORRECTED))
    banxico.script = [FixAwaited("awaited")]
    await leading.backfills.step()
    with pytest.raises(FixAwaited):
        await _watched(refused)
    assert len(await _watched(served)) == 1


async def test_end_of_the_term_is_told_to_who_watches(
    lead: Callable[..., Any], gated: GatedBanxico
) -> None:
    """A shutdown leaves nobody waiting, and nothing is asked for afterwards."""
    leading = lead(None, gated)
    under_way = leading.backfills.request(LONG)
    waiting = leading.backfills.request(Span(LONG.first, CORRECTED))
    async with _running(leading):
        await gated.entered.wait()
    for run in (under_way, waiting):
        with pytest.raises(LeaseLost):
            await _watched(run)
    with pytest.raises(LeaseLost):
        leading.backfills.request(LONG)


async def test_lost_lease_ends_the_backfills(leading: Any, desk: Any) -> None:
    """A recording that another leader's token refuses ends the leader's task, and who watches."""
    await _load(leading)
    run = leading.backfills.request(LONG)
    async with desk.engine.begin() as connection:
        await connection.execute(text("UPDATE lease SET token = token + 1"))
    with pytest.raises(LeaseLost):
        await leading.backfills.run()
    with pytest.raises(LeaseLost):
        await _watched(run)
