"""The record's head beside the stream, so that a silent stream can't pass for a quiet record.

At each interval it reads one row; if for longer than the grace the record has been somewhere the
worker has not, it loads the record, with Redis there or not (protocol rule 14). This bounds how far
two workers can differ.
"""

from collections.abc import Awaitable, Callable
from typing import NoReturn, Protocol

import structlog

from rates_api.dependencies import DependencyMonitor
from rates_api.errors import SourceUnavailable
from rates_api.snapshot.current import CurrentSnapshot
from rates_api.snapshot.sources import SnapshotSources
from rates_contracts.events import Head

log = structlog.get_logger(__name__)


class Record(Protocol):
    """The database as the monitor needs it."""

    async def head(self) -> Head:
        """Return the record's head. Raises `SourceUnavailable`."""
        ...


class HeadMonitor:
    """Compares the record's head with where the worker has been."""

    def __init__(
        self,
        record: Record,
        current: CurrentSnapshot[object],
        database: SnapshotSources,
        dependency: DependencyMonitor,
        *,
        interval: Callable[[], Awaitable[None]],
        grace: Callable[[], Awaitable[None]],
    ) -> None:
        """`interval` waits between checks, `grace` is how long the stream may take to follow."""
        self._record = record
        self._current = current
        self._database = database
        self._dependency = dependency
        self._interval = interval
        self._grace = grace

    async def run(self, on_round: Callable[[], None]) -> NoReturn:
        """Check the head until cancelled; needs a snapshot to compare with."""
        while True:
            await self.check()
            on_round()
            await self._interval()

    async def check(self) -> None:
        """Compare once; load the record if the worker can't have come from there."""
        try:
            behind = await self._is_behind()
        except SourceUnavailable as error:
            self._dependency.failed(error)
            return
        self._dependency.answered()
        if behind:
            await self._load()

    async def _is_behind(self) -> bool:
        """Tell whether the worker has not been at the record's head, nor is after the grace.

        A head the worker has passed is a replica that lags; an unknown one is ahead of memory, or
        of another history (the database was restored), whichever way their positions compare.
        """
        head = await self._record.head()
        if self._current.has_stood_at(head):
            return False
        await self._grace()
        if self._current.has_stood_at(head):
            return False
        return not self._current.has_stood_at(await self._record.head())

    async def _load(self) -> None:
        """Load from the database, and count as fed by it (protocol rule 14)."""
        try:
            loaded = await self._database.load("record_ahead")
        except SourceUnavailable as error:
            log.warning("reload_failed", reason="record_ahead", cause=str(error))
        else:
            self._current.replace(loaded.with_feed("database"))
