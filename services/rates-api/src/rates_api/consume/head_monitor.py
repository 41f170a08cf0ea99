"""Detects missed events: if the record's head stays unknown to the worker, it reloads.

At each interval it reads one row. If the worker does not know that head after the grace period
either, it loads the record, whether Redis is available or not (protocol rule 14). This limits how
far two workers can differ. The database is also a witness for the worker's clock (rule 33).
"""

import dataclasses
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import NoReturn, Protocol

import structlog

from rates_api.dependencies import DependencyMonitor
from rates_api.errors import SourceUnavailable
from rates_api.snapshot.current import CurrentSnapshot
from rates_api.snapshot.sources import SnapshotSources
from rates_contracts.events import Head
from rates_contracts.status import MAX_CLOCK_OFFSET

log = structlog.get_logger(__name__)


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


class HeadMonitor:
    """Compares the record's head with the heads that the worker knows."""

    def __init__(
        self,
        record: Record,
        current: CurrentSnapshot[object],
        database: SnapshotSources,
        dependency: DependencyMonitor,
        clocks: ClockCheck,
        *,
        interval: Callable[[], Awaitable[None]],
        grace: Callable[[], Awaitable[None]],
    ) -> None:
        """`interval` waits between checks, `grace` for the time that the stream may lag."""
        self._record = record
        self._current = current
        self._database = database
        self._dependency = dependency
        self._clocks = clocks
        self._interval = interval
        self._grace = grace

    async def run(self, on_round: Callable[[], None]) -> NoReturn:
        """Check the head until cancelled; needs a snapshot to compare with."""
        while True:
            await self.check()
            on_round()
            await self._interval()

    async def check(self) -> None:
        """Compare once; load the record if the worker has missed events."""
        try:
            await self._compare_clocks()
            behind = await self._is_behind()
        except SourceUnavailable as error:
            self._dependency.failed(error)
            return
        self._dependency.answered()
        if behind:
            await self._load()

    async def _compare_clocks(self) -> None:
        """Suspect the worker's clock where the database's disagrees (protocol rule 33)."""
        asked_at = self._clocks.clock()
        witness = await self._clocks.witness()
        if witness is None:
            return
        offset = _distance(witness, asked_at, self._clocks.clock())
        self._clocks.on_offset(offset.total_seconds())
        self._current.suspect_clock(suspect=offset > MAX_CLOCK_OFFSET)

    async def _is_behind(self) -> bool:
        """Tell whether the worker did not know the head, and still doesn't after the grace period.

        An earlier head of the worker means a replica that lags. An unknown one is ahead of memory,
        or of another history (the database was restored), however their positions compare.
        """
        head = await self._record.head()
        if self._current.knows_head(head):
            return False
        await self._grace()
        if self._current.knows_head(head):
            return False
        return not self._current.knows_head(await self._record.head())

    async def _load(self) -> None:
        """Load from the database, and count as fed by it (protocol rule 14)."""
        try:
            loaded = await self._database.load("record_ahead")
        except SourceUnavailable as error:
            log.warning("reload_failed", reason="record_ahead", cause=str(error))
        else:
            self._current.replace(loaded.with_feed("database"))


def _distance(witness: datetime, asked_at: datetime, answered_at: datetime) -> timedelta:
    """Return how far `witness` lies outside of the time in which it was asked."""
    return max(asked_at - witness, witness - answered_at, timedelta())
