"""What sync is tried with: the real series, a clock set by hand, a Banxico that publishes the one
by the other, and a record of its own for each test."""

import asyncio
import csv
import hashlib
import math
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from datetime import date as Day
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from rates_contracts.calendar import BankCalendar, BankingDays, mexico_instant
from rates_contracts.environment import Secret
from rates_contracts.events import Event, decode_event
from rates_contracts.observation import FIRST_FIX_DAY, FIX, SETTLEMENT
from rates_sync.cycle.backfill import Backfill
from rates_sync.cycle.cycle import Cycle
from rates_sync.cycle.recorder import Recorder, hear_nothing
from rates_sync.cycle.slices import SliceCheck
from rates_sync.errors import HoleCause, StoreUnavailable
from rates_sync.guard.confirmation import Confirmation
from rates_sync.instrumentation import Instrumentation
from rates_sync.leader.backfills import BackfillRunner
from rates_sync.leader.poller import Poller, Timing
from rates_sync.liveness import Liveness
from rates_sync.metrics import Metrics
from rates_sync.migrations import migrate
from rates_sync.notify.alerts import Alerts, AlertSender
from rates_sync.notify.cdn import EdgeCache
from rates_sync.notify.dispatcher import (
    PURGES,
    AlertDispatcher,
    AlertRecord,
    Edge,
    PurgeDispatcher,
)
from rates_sync.settings import Settings
from rates_sync.store.cursors import NoticeCursor, OpenAlertsTable
from rates_sync.store.engine import open_engine
from rates_sync.store.fence import Fence
from rates_sync.store.lease import Lease
from rates_sync.store.outbox import BEFORE_ALL, read_events
from rates_sync.store.record import Record
from rates_sync.store.recording import Recording
from rates_sync.store.rows import read_calendar
from rates_sync.timetable.calendar import bank_calendar
from rates_sync.timetable.status import StatusOrigin
from rates_sync.upstream import Answer, Banxico, Published, Query, Rejected

UNUSED = Secret("unused")
INTERVALS = Settings(UNUSED, UNUSED, UNUSED, UNUSED).poll_intervals()
DATA = Path(__file__).parent.parent / "data"
THURSDAY_MORNING = datetime(2026, 8, 13, 16, 0, tzinfo=UTC)
"""10:00 in Mexico City on a banking day."""


def _series(name: str) -> dict[Day, Decimal]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return {Day.fromisoformat(r["date"]): Decimal(r["rate"]) for r in csv.DictReader(file)}


@pytest.fixture(scope="session")
def real_fix() -> dict[Day, Decimal]:
    """The real FIX, 1991-11-12 to 2026-09-29."""
    return _series("usd_mxn_fix.csv")


@pytest.fixture(scope="session")
def real_settlement() -> dict[Day, Decimal]:
    """The real settlement series, 2020-01-01 to 2026-08-21."""
    return _series("usd_mxn_sf60653_settlement.csv")


@pytest.fixture(scope="session")
def calendar() -> BankCalendar:
    """The bank calendar as sync builds it in 2026."""
    return bank_calendar(Day(2026, 8, 13))


@pytest.fixture(scope="session")
def mexico() -> Callable[[str], datetime]:
    """Return the instant of a wall time in Mexico City, such as `2026-08-13 12:00:30`."""

    def instant(text: str) -> datetime:
        day, _, at = text.partition(" ")
        return mexico_instant(Day.fromisoformat(day), time.fromisoformat(at or "00:00"))

    return instant


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of the real data."""
    return DATA


@dataclass
class HandClock:
    """The time, moved by hand or by sleeping; `sleep` also lets other tasks run.

    To set `now` is to let time pass; `jump` sets the wall clock alone (protocol rule 32).

    From `stop_at` on a sleep never ends and says so by `asleep`: a loop can be cancelled there.
    """

    now: datetime = THURSDAY_MORNING
    slept: list[float] = field(default_factory=list)
    stop_at: datetime | None = None
    asleep: asyncio.Event = field(default_factory=asyncio.Event)
    wrong_by: timedelta = timedelta()

    def __call__(self) -> datetime:
        """Return the time that the wall clock shows."""
        return self.now

    def jump(self, by: timedelta) -> None:
        """Set the wall clock forward or back; no time passes."""
        self.now += by
        self.wrong_by += by

    def monotonic(self) -> float:
        """Return the time that has really passed."""
        return (self.now - self.wrong_by).timestamp()

    async def sleep(self, seconds: float) -> None:
        """Move the time on at once."""
        if self.stop_at is not None and self.now >= self.stop_at:
            self.asleep.set()
            await asyncio.Event().wait()
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)
        await asyncio.sleep(0)


@dataclass
class ReplayedBanxico:
    """Publishes the real series by the clock: each FIX at 12:05 of its day, the settlement with it.

    `script` holds errors to raise first; `changed` other values for a day, `withdrawn` days that
    are published no more, `rejected` what an answer has beside. Its `Date` is `date_ahead`.
    """

    fix: dict[Day, Decimal]
    settlement: dict[Day, Decimal]
    clock: HandClock
    script: list[Exception] = field(default_factory=list)
    changed: dict[tuple[str, Day], Decimal] = field(default_factory=dict)
    rejected: tuple[Rejected, ...] = ()
    missing: tuple[str, ...] = ()
    withdrawn: set[tuple[str, Day]] = field(default_factory=set)
    date_ahead: timedelta = timedelta()
    age: timedelta = timedelta()
    asked: list[Query] = field(default_factory=list)

    async def ask(self, query: Query) -> Answer:
        """Answer as the guards would."""
        self.asked.append(query)
        await asyncio.sleep(0)
        if self.script:
            raise self.script.pop(0)
        published = tuple(self._published(query))
        body = repr(published).encode()
        sha256 = hashlib.sha256(body).hexdigest()
        now = self.clock()
        answer = Answer(
            body,
            sha256,
            now,
            published,
            self.rejected,
            self.missing,
            {},
            asked_at=now,
            answered_at=now + self.date_ahead,
            age=self.age,
            query=query,
        )
        return await Confirmation(_Answered(answer)).ask(query)

    def _published(self, query: Query) -> list[Published]:
        last_seen = max(day for day in self.fix if self._is_out(day))
        days = BankingDays(bank_calendar(last_seen), min(self.fix), self.fix.__contains__)
        ahead = days.legal_dates(last_seen).applies_to or last_seen
        shown = {
            FIX: {day: value for day, value in self.fix.items() if day <= last_seen},
            SETTLEMENT: {d: v for d, v in self.settlement.items() if d <= ahead},
        }
        return [
            Published(series, day, self.changed.get((series, day), value))
            for series in sorted(query.series)
            for day, value in sorted(shown[series].items())
            if query.covers(day) and series not in self.missing
            if (series, day) not in self.withdrawn
        ]

    def _is_out(self, day: Day) -> bool:
        return mexico_instant(day, time(12, 5)) <= self.clock()


@dataclass
class _Answered:
    """A Banxico that has one answer."""

    answer: Answer

    async def ask(self, _: Query) -> Answer:
        """Return it."""
        return self.answer


class UnreliableRecord(Record):
    """A record of which `working` more recordings commit; then the connection is lost before."""

    working: float = math.inf

    @asynccontextmanager
    async def recording(self, fence: Fence) -> AsyncIterator[Recording]:
        """Open a recording that may come to nothing."""
        async with super().recording(fence) as recording:
            yield recording
            if self.working <= 0:
                raise StoreUnavailable("lost connection")
            self.working -= 1


@dataclass
class Desk:
    """A leader's record and everything to look at it."""

    engine: AsyncEngine
    record: UnreliableRecord
    fence: Fence
    clock: HandClock
    lease: Lease
    announced: list[Event] = field(default_factory=list)
    outcomes: list[tuple[str, str]] = field(default_factory=list)

    def recorder(self, hear: Callable[[Answer], Awaitable[None]] = hear_nothing) -> Recorder:
        """Return a recorder; what it announces is in `announced`."""
        origin = StatusOrigin("simulator", edge_purged=True, intervals=INTERVALS)
        return Recorder(
            self.record, self.fence, origin, self.clock, self.announced.append, hear=hear
        )

    def dispatcher(self, alerts: Alerts) -> AlertDispatcher:
        """Return a new leader's alerts; `outcomes` lists how they ended."""
        sender = AlertSender(
            alerts, self.clock.monotonic, lambda outcome: self.outcomes.append(("alert", outcome))
        )
        return AlertDispatcher(
            AlertRecord(
                NoticeCursor(self.engine, self.fence, "alert"),
                OpenAlertsTable(self.engine, self.fence),
            ),
            sender,
            self.clock,
            self.clock.monotonic,
            interval=Settings.notice_interval,
        )

    def purges(self, edge: EdgeCache, recorder: Recorder | None = None) -> PurgeDispatcher:
        """Return a new leader's purges; `outcomes` lists how they ended.

        `recorder`, if any, is told whether the edge accepts them.
        """

        async def on_accepted(accepts: bool) -> None:
            if recorder is not None:
                await recorder.note(purge_refused=not accepts)

        return PurgeDispatcher(
            {notice: NoticeCursor(self.engine, self.fence, notice) for notice in PURGES},
            Edge(
                edge,
                lambda notice, outcome: self.outcomes.append((notice, outcome)),
                may_purge=lambda: True,
                on_accepted=on_accepted,
            ),
            self.clock.monotonic,
            interval=Settings.notice_interval,
            second_purge=Settings.second_purge,
        )

    async def events(self) -> tuple[Event, ...]:
        """Return the outbox."""
        async with self.engine.connect() as connection:
            return tuple(
                decode_event(stored.body)
                for stored in await read_events(connection, BEFORE_ALL, limit=1000)
            )

    async def calendar(self) -> BankCalendar | None:
        """Return the recorded calendar."""
        async with self.engine.connect() as connection:
            return await read_calendar(connection)

    async def rows(self, query: str) -> list[tuple[object, ...]]:
        """Return what `query` selects."""
        async with self.engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(text(query))]


@dataclass
class Leading:
    """The parts of a leader that ask Banxico; nothing runs by itself.

    `retry_in` is when an open breaker may be tried, `admits` whether what can wait may be asked
    for, `holes` what was told of days that stay unknown.
    """

    recorder: Recorder
    poller: Poller
    backfills: BackfillRunner
    metrics: Metrics
    instrumentation: Instrumentation
    jumps: list[timedelta]
    holes: list[tuple[Day, Day, HoleCause]]
    retry_in: Callable[[], timedelta | None] = lambda: None
    admits: Callable[[], bool] = lambda: True

    def metric(self, name: str) -> float | None:
        """Return the value of a metric without labels."""
        return self.metrics.registry.get_sample_value(f"rates_sync_{name}")


async def hear_no_database() -> None:
    """Ask a database that has no clock."""


@pytest.fixture
def lead(
    desk: Desk, banxico: ReplayedBanxico
) -> Callable[[Banxico | None, Banxico | None], Leading]:
    """Return a leader over an empty record; polls ask the first, what can wait the second."""

    def build(polled: Banxico | None = None, waiting: Banxico | None = None) -> Leading:
        recorder, clock, lock = desk.recorder(), desk.clock, asyncio.Lock()
        polled, waiting = polled or banxico, waiting or banxico
        jumps: list[timedelta] = []
        holes: list[tuple[Day, Day, HoleCause]] = []
        metrics = Metrics(daily_quota=1000)
        instrumentation = Instrumentation(metrics, Liveness(clock.monotonic), clock)
        backfills = BackfillRunner(
            Backfill(waiting, recorder, FIRST_FIX_DAY, clock.monotonic, instrumentation.on_hole),
            recorder,
            lambda: built.admits(),  # noqa: PLW0108  tests replace it
            clock,
            instrumentation,
            lock=lock,
        )
        timing = Timing(
            clock,
            clock.monotonic,
            clock.sleep,
            INTERVALS,
            lambda: built.retry_in(),  # noqa: PLW0108
            timedelta(seconds=15),
            jumps.append,
            hear_no_database,
        )
        poller = Poller(
            Cycle(polled, recorder, clock),
            backfills,
            SliceCheck(waiting, recorder, FIRST_FIX_DAY),
            recorder,
            timing,
            instrumentation,
            lock=lock,
        )
        instrumentation.attach(
            lambda _: 0, lambda _: None, lambda *hole: holes.append(hole), lambda _: None
        )
        built = Leading(recorder, poller, backfills, metrics, instrumentation, jumps, holes)
        return built

    return build


@pytest.fixture
def leading(lead: Callable[[], Leading]) -> Leading:
    """A leader over an empty record, and Banxico as of the clock."""
    return lead()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty database, migrated once for all tests."""
    path = tmp_path_factory.mktemp("record") / "empty.db"
    asyncio.run(migrate(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture
def hand_clock() -> HandClock:
    """A clock at 10:00 of a banking day."""
    return HandClock()


@pytest.fixture
def banxico(
    real_fix: dict[Day, Decimal], real_settlement: dict[Day, Decimal], hand_clock: HandClock
) -> ReplayedBanxico:
    """Banxico as of the clock."""
    return ReplayedBanxico(real_fix, real_settlement, hand_clock)


@pytest.fixture
async def desk(migrated: Path, tmp_path: Path, hand_clock: HandClock) -> AsyncIterator[Desk]:
    """A leader's desk over an empty record."""
    shutil.copy(migrated, tmp_path / "rates.db")
    engine = open_engine(f"sqlite+aiosqlite:///{tmp_path / 'rates.db'}")
    lease = Lease(
        engine,
        "me",
        monotonic=hand_clock.monotonic,
        sleep=hand_clock.sleep,
        poll=Settings.lease_poll,
        patience=Settings.lease_patience,
    )
    numbers = count(1)
    record = UnreliableRecord(engine, hand_clock, lambda: f"event-{next(numbers)}")
    yield Desk(engine, record, await lease.contend(), hand_clock, lease)
    await engine.dispose()
