"""Detects missed events: if the record's head stays unknown to the worker, it reloads.

At each interval it reads one row. If the worker does not know that head after the grace period
either, it loads the record, whether Redis is available or not (protocol rule 14). This limits how
far two workers can differ. A worker that the stream does not feed looks every 2 s and waits for no
event (rule 41). An older head is a replica that lags, unless the record was restored
(rule 42). The database is also a witness for the worker's clock (rule 33).
"""

import dataclasses
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Literal, NoReturn, Protocol

import structlog

from rates_api.consume.restore_check import RestoreCheck, is_older
from rates_api.dependencies import DependencyMonitor
from rates_api.errors import SourceUnavailable
from rates_api.snapshot.current import CurrentSnapshot
from rates_api.snapshot.sources import SnapshotSources
from rates_contracts.events import Head
from rates_contracts.status import MAX_CLOCK_OFFSET

log = structlog.get_logger(__name__)

LoadReason = Literal["record_ahead", "record_restored"]


class Record(Protocol):
    """The database as the monitor needs it."""

    async def head(self) -> Head:
        """Return the record's head. Raises `SourceUnavailable`."""
        ...


@dataclasses.dataclass(frozen=True)
class ClockCheck:
    """How the worker's `clock` (aware) is compared with a witness, that of the database.

    The `witness` returns None if there is none, and raises `SourceUnavailable`. `on_offset` gets
    the seconds that the two are apart, at each comparison.
    """

    clock: Callable[[], datetime]
    witness: Callable[[], Awaitable[datetime | None]]
    on_offset: Callable[[float], None]


@dataclasses.dataclass(frozen=True)
class MonitorPauses:
    """How the monitor waits.

    `interval` gives the seconds between two checks while the stream feeds the worker, `unfed` those
    between two while it does not; `grace` is for how many seconds the stream may lag.
    """

    interval: Callable[[], float]
    unfed: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    grace: float


class HeadMonitor:
    """Compares the record's head with the heads that the worker knows."""

    def __init__(
        self,
        record: Record,
        current: CurrentSnapshot[object],
        database: SnapshotSources,
        dependency: DependencyMonitor,
        restores: RestoreCheck,
        *,
        clocks: ClockCheck,
        pauses: MonitorPauses,
    ) -> None:
        self._record = record
        self._current = current
        self._database = database
        self._dependency = dependency
        self._restores = restores
        self._clocks = clocks
        self._pauses = pauses

    async def run(self, on_round: Callable[[], None]) -> NoReturn:
        """Check the head until cancelled; needs a snapshot to compare with."""
        while True:
            await self.check()
            on_round()
            await self._wait(self._pauses.interval())

    async def _wait(self, seconds: float) -> None:
        """Wait so long, but not on once the stream feeds the worker no more (rule 41)."""
        left = seconds
        while left > 0:
            step = min(left, self._pauses.unfed())
            await self._pauses.sleep(step)
            if not self._is_fed_by_stream:
                return
            left -= step

    @property
    def _is_fed_by_stream(self) -> bool:
        snapshot = self._current.snapshot
        return snapshot is not None and snapshot.feed == "redis"

    async def check(self) -> None:
        """Compare once; load the record if the worker has missed events, or it was restored.

        A record that shows its head and can't be loaded has not answered.
        """
        try:
            await self._compare_clocks()
            reason = await self._reason_to_load()
            if reason is not None:
                await self._load(reason)
        except SourceUnavailable as error:
            self._dependency.failed(error)
        else:
            self._dependency.answered()

    async def _compare_clocks(self) -> None:
        """Suspect the worker's clock where the database's disagrees (protocol rule 33)."""
        asked_at = self._clocks.clock()
        witness = await self._clocks.witness()
        if witness is None:
            return
        offset = _distance(witness, asked_at, self._clocks.clock())
        self._clocks.on_offset(offset.total_seconds())
        self._current.suspect_clock(suspect=offset > MAX_CLOCK_OFFSET)

    async def _reason_to_load(self) -> LoadReason | None:
        """Return why the record must be loaded: it is ahead, also after the grace, or restored.

        Without the stream no event is on its way, and there is nothing to wait for.
        """
        head = await self._record.head()
        if self._is_older(head):
            return "record_restored" if await self._restores.was_restored() else None
        if self._knows(head):
            return None
        if self._is_fed_by_stream:
            await self._wait(self._pauses.grace)
            if self._knows(head) or self._knows(await self._record.head()):
                return None
        return "record_ahead"

    def _knows(self, head: Head) -> bool:
        return self._current.knows_head(head) or self._is_older(head)

    def _is_older(self, head: Head) -> bool:
        snapshot = self._current.snapshot
        return snapshot is not None and is_older(head, snapshot.head)

    async def _load(self, reason: LoadReason) -> None:
        """Load from the database, and count as fed by it (protocol rule 14)."""
        restored = reason == "record_restored"
        sources = self._restores.writer_alone if restored else self._database
        snapshot = self._current.snapshot
        at_least = None if restored or snapshot is None else snapshot.head.at
        try:
            loaded = await sources.load(reason, at_least)
        except SourceUnavailable as error:
            log.warning("reload_failed", reason=reason, cause=str(error))
            raise
        self._current.replace(loaded.with_feed("database"))


def _distance(witness: datetime, asked_at: datetime, answered_at: datetime) -> timedelta:
    """Return how far `witness` lies outside of the time in which it was asked."""
    return max(asked_at - witness, witness - answered_at, timedelta())
