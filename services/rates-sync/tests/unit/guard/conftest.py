"""What the guards are tried with: a clock that is set by hand, a scripted Banxico, a ledger."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest

from rates_contracts.status import BreakerState
from rates_sync.errors import QuotaExhausted, StoreUnavailable
from rates_sync.upstream import Answer, Query

NOON = datetime(2026, 8, 13, 18, 0, tzinfo=UTC)  # noon in Mexico City
ANSWER = Answer(b"{}", "0" * 64, NOON, (), (), (), {})


@dataclass
class HandClock:
    """The time, moved by hand; to set `now` is to set the wall clock alone."""

    now: datetime = NOON
    passed: float = 100.0

    def __call__(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return self.passed

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.passed += seconds


@dataclass
class ScriptedBanxico:
    """Answers by `script`: raises what is an exception, answers otherwise and when it runs out.

    While `gate` is cleared it holds each call, so that a test can look at it under way.
    """

    script: list[BaseException | None] = field(default_factory=list)
    asked: list[Query] = field(default_factory=list)
    under_way: int = 0
    most_under_way: int = 0
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    entered: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    async def ask(self, query: Query) -> Answer:
        self.asked.append(query)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        self.entered.set()
        try:
            await self.gate.wait()
            await asyncio.sleep(0)  # an answer never comes without letting others run
            outcome = self.script.pop(0) if self.script else None
        finally:
            self.under_way -= 1
        if outcome is not None:
            raise outcome
        return ANSWER


@dataclass
class MemoryLedger:
    """The quota's ledger in memory; `away` makes it fail as a lost database does."""

    spent: dict[date, int] = field(default_factory=dict)
    away: bool = False

    async def spend(self, day: date, *, limit: int) -> int:
        used = await self.used(day)
        if used >= limit:
            raise QuotaExhausted(f"{limit} requests are spent")
        self.spent[day] = used + 1
        return used + 1

    async def used(self, day: date) -> int:
        if self.away:
            raise StoreUnavailable("no database")
        return self.spent.get(day, 0)


@dataclass
class Changes:
    """The breaker's changes as they were reported."""

    seen: list[tuple[BreakerState, BreakerState, datetime]] = field(default_factory=list)

    def __call__(self, old: BreakerState, new: BreakerState, at: datetime) -> None:
        self.seen.append((old, new, at))

    @property
    def path(self) -> list[BreakerState]:
        return [new for _, new, _ in self.seen]


@pytest.fixture
def clock() -> HandClock:
    """Noon in Mexico City until it is moved."""
    return HandClock()


@pytest.fixture
def banxico() -> ScriptedBanxico:
    """A Banxico that answers until its script says otherwise."""
    return ScriptedBanxico()


@pytest.fixture
def ledger() -> MemoryLedger:
    """A ledger that has counted nothing."""
    return MemoryLedger()


@pytest.fixture
def changes() -> Changes:
    """No change yet."""
    return Changes()


@pytest.fixture
def answer() -> Answer:
    """The scripted Banxico's answer."""
    return ANSWER


@pytest.fixture
def slept() -> SimpleNamespace:
    """A sleep that only notes its seconds."""
    seconds: list[float] = []

    async def sleep(pause: float) -> None:
        seconds.append(pause)

    return SimpleNamespace(seconds=seconds, sleep=sleep)
