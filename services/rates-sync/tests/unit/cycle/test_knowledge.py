"""Since when all is known of a series, and at which instant it first was (protocol rule 25)."""

from datetime import date as Day
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import text, update

from rates_contracts.observation import FIRST_FIX_DAY, FIX, SETTLEMENT
from rates_contracts.status import SeriesStatus, SyncStatus
from rates_sync.cycle.backfill import Backfill
from rates_sync.cycle.recorder import AnnounceMode, Recorder
from rates_sync.store.coverage import Span
from rates_sync.store.schema import sync_status
from rates_sync.upstream import Query

BOTH = (FIX, SETTLEMENT)
TODAY = Day(2026, 8, 13)
AUGUST = Query(BOTH, Day(2026, 8, 1), Day(2026, 8, 20))


@pytest.fixture
async def recorder(desk: Any) -> Recorder:
    """A recorder that has begun."""
    recorder: Recorder = desk.recorder()
    await recorder.begin()
    return recorder


async def _fill(desk: Any, banxico: Any, recorder: Recorder) -> None:
    backfill = Backfill(banxico, recorder, FIRST_FIX_DAY, desk.clock.monotonic)
    async for _ in backfill.run(await backfill.holes(TODAY)):
        pass


async def _known(desk: Any) -> SeriesStatus:
    status = await desk.record.status()
    known = status.series[FIX]
    assert isinstance(known, SeriesStatus)
    return known


async def test_nothing_is_known_before_the_first_answer(desk: Any, recorder: Recorder) -> None:
    """An empty record claims no absence."""
    assert (await _known(desk)).complete_from is None


async def test_first_poll_makes_its_range_known(
    desk: Any, banxico: Any, recorder: Recorder
) -> None:
    """And not the whole history."""
    await recorder.record(await banxico.ask(AUGUST), AnnounceMode.POLL)
    known = await _known(desk)
    assert (known.complete_from, known.complete_at) == (AUGUST.first, None)


async def test_answer_without_a_series_makes_nothing_of_it_known(
    desk: Any, banxico: Any, recorder: Recorder
) -> None:
    """Each series has its own days."""
    banxico.missing = (SETTLEMENT,)
    await recorder.record(await banxico.ask(AUGUST), AnnounceMode.POLL)
    series = (await desk.record.status()).series
    assert series[FIX].complete_from == AUGUST.first
    assert series[SETTLEMENT].complete_from is None


async def test_answer_that_lacks_too_much_makes_nothing_known(
    desk: Any, banxico: Any, recorder: Recorder
) -> None:
    """Protocol rule 27: more than two known FIX days missing, and the answer is not trusted."""
    await recorder.record(await banxico.ask(AUGUST), AnnounceMode.POLL)
    banxico.withdrawn = {(FIX, Day(2026, 8, day)) for day in (5, 6, 7)}
    july = Query(BOTH, Day(2026, 7, 25), Day(2026, 8, 20))
    await recorder.record(await banxico.ask(july), AnnounceMode.POLL)
    assert (await _known(desk)).complete_from == AUGUST.first


async def test_instant_of_completeness_is_set_once(
    desk: Any, banxico: Any, recorder: Recorder
) -> None:
    """Protocol rule 25: it is never moved, also not by a later hole that is filled."""
    await _fill(desk, banxico, recorder)
    first = (await _known(desk)).complete_at
    assert first == desk.announced[-1].recorded_at
    desk.clock.now += timedelta(days=30)
    later = Query(BOTH, Day(2026, 9, 1), Day(2026, 9, 22))
    await recorder.record(await banxico.ask(later), AnnounceMode.POLL)
    known = await _known(desk)
    assert (known.complete_from, known.complete_at) == (later.first, first)
    await recorder.accept_history(Span(Day(2026, 8, 3), Day(2026, 8, 31)), "operator")
    known = await _known(desk)
    assert (known.complete_from, known.complete_at) == (FIRST_FIX_DAY, first)


async def test_migrated_record_tells_when_its_history_came(
    desk: Any, banxico: Any, recorder: Recorder
) -> None:
    """Line P6: when the last first value was recorded more than 45 days after its day."""
    await _fill(desk, banxico, recorder)
    filled_at = desk.announced[-1].recorded_at
    desk.clock.now += timedelta(days=1)
    await recorder.record(await banxico.ask(AUGUST), AnnounceMode.POLL)
    await _forget_series(desk)
    await desk.recorder().begin()
    known = await _known(desk)
    assert (known.complete_from, known.complete_at) == (FIRST_FIX_DAY, filled_at)


async def test_older_leader_cannot_lose_when_the_history_was_complete(
    desk: Any, banxico: Any, recorder: Recorder
) -> None:
    """Protocol rule 25: set once, also where a status without `series` lay in between."""
    await _fill(desk, banxico, recorder)
    first = (await _known(desk)).complete_at
    desk.clock.now += timedelta(days=1)
    async with desk.engine.begin() as connection:
        # A value of long ago that came late: the rows tell of a later load.
        await connection.execute(
            text("UPDATE observations SET recorded_at = :at WHERE date = '1995-01-03'"),
            {"at": desk.clock().replace(tzinfo=None)},
        )
    await _forget_series(desk)
    await desk.recorder().begin()
    assert (await _known(desk)).complete_at == first


async def _forget_series(desk: Any) -> None:
    """Leave a status of the first edition, which knows of no series."""
    old = msgspec.structs.replace(await desk.record.status(), series={})
    assert isinstance(old, SyncStatus)
    async with desk.engine.begin() as connection:
        document = msgspec.json.encode(old).decode()
        await connection.execute(update(sync_status).values(document=document))
