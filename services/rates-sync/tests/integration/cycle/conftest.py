"""A recorder over a real database, and what it records."""

import hashlib
from collections.abc import Callable
from datetime import date as Day
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from rates_contracts.calendar import mexico_day
from rates_contracts.environment import Secret
from rates_contracts.observation import FIRST_FIX_DAY, FIX, SETTLEMENT
from rates_sync.cycle.recorder import AnnounceMode, Recorder
from rates_sync.settings import Settings
from rates_sync.timetable.status import StatusOrigin
from rates_sync.upstream import Answer, Published, Query

UNUSED = Secret("unused")
INTERVALS = Settings(UNUSED, UNUSED, UNUSED, UNUSED).poll_intervals()
WEDNESDAY = Day(2026, 8, 12)


@pytest.fixture
def first_fix_day() -> Day:
    """The day since which there is a FIX: most of the history is missing."""
    return FIRST_FIX_DAY


@pytest.fixture
async def recorder(
    leader: Any, answer_until: Callable[[Day], Answer], first_fix_day: Day
) -> Recorder:
    """A leader's recorder, at noon of a Thursday, whose record has the days until Wednesday."""
    origin = StatusOrigin(
        "simulator", edge_purged=False, intervals=INTERVALS, first_fix_day=first_fix_day
    )
    recorder = Recorder(leader.record, leader.fence, origin, leader.clock, lambda _: None)
    await recorder.begin()
    await recorder.record(answer_until(WEDNESDAY), AnnounceMode.POLL)
    return recorder


@pytest.fixture
def answer_until(clock: Any) -> Callable[[Day], Answer]:
    """Return what Banxico answers now while its newest day is the one given."""
    return lambda last: _answer(clock(), last)


def _answer(now: datetime, last: Day) -> Answer:
    """The ten days up to the newest: of a poll, or of a chunk if they are long past."""
    days = [last - timedelta(days=back) for back in range(10, -1, -1)]
    published = tuple(
        Published(series, day, Decimal("17.0530"))
        for series in (FIX, SETTLEMENT)
        for day in days
        if day.weekday() < 5
    )
    body = repr((last, published)).encode()
    confirms = dict.fromkeys((FIX, SETTLEMENT)) if last >= WEDNESDAY else None
    ends = max(last, mexico_day(now)) if last >= WEDNESDAY else last
    return Answer(
        body,
        hashlib.sha256(body).hexdigest(),
        now,
        published,
        (),
        (),
        {},
        asked_at=now,
        answered_at=now,
        age=timedelta(),
        query=Query((FIX, SETTLEMENT), days[0], ends, confirms=confirms),
    )
