"""One instance of rates-sync, wired: what `bootstrap` returns and `__main__` runs.

`app` reads it for probes, health and operators. Start order on the page is stop order reversed.
"""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog

from rates_contracts.environment import Secret
from rates_contracts.events import Head
from rates_contracts.status import SyncStatus
from rates_sync.errors import StoreUnavailable
from rates_sync.leader.election import Leadership
from rates_sync.leader.leader import Leader
from rates_sync.liveness import Progress
from rates_sync.metrics import Metrics

log = structlog.get_logger(__name__)

PREPARE_RETRY_SECONDS = 2.0


class RecordView(Protocol):
    """Plain reads of the record; each raises `StoreUnavailable`."""

    async def head(self) -> Head:
        """Return where the record stands."""
        ...

    async def status(self) -> SyncStatus | None:
        """Return the newest status."""
        ...


@dataclass(slots=True)
class Service:
    """The instance; `prepare` migrates the database and claims it, `holder` names the leader."""

    clock: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]]
    metrics: Metrics
    progress: Progress
    record: RecordView
    leadership: Leadership
    prepare: Callable[[], Awaitable[None]]
    holder: Callable[[], Awaitable[str]]
    quota_used: Callable[[], Awaitable[int]]
    relay_lag: Callable[[], int]
    operator_token: Secret
    daily_quota: int
    closing: AsyncExitStack
    ready: bool = False

    @property
    def leader(self) -> Leader | None:
        """The work of this instance's lease; None on a standby."""
        return self.leadership.leader

    async def run(self) -> None:
        """Prepare the database, then contend and lead until cancelled.

        Raises `WrongUpstream`, or an ExceptionGroup for a bug.
        """
        async with self.closing:
            await self._prepare()
            self.ready = True
            try:
                await self.leadership.run()
            finally:
                self.ready = False

    async def _prepare(self) -> None:
        while True:
            self.progress.beat("prepare", within=120)
            try:
                await self.prepare()
                break
            except StoreUnavailable as error:
                log.warning("database_not_prepared", error=str(error))
                await self.sleep(PREPARE_RETRY_SECONDS)
        self.progress.ended("prepare")
