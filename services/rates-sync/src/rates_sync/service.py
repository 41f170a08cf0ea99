"""One instance of rates-sync: what it runs, and what health and operators read from it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import date as Day

import structlog

from rates_contracts.environment import Secret
from rates_sync.clock import Clock, Monotonic, Sleep
from rates_sync.errors import StoreUnavailable
from rates_sync.instrumentation import Instrumentation
from rates_sync.leader.election import Election
from rates_sync.leader.leader import Leader
from rates_sync.liveness import Liveness
from rates_sync.metrics import Metrics
from rates_sync.notify.pairs import DatabaseOutage
from rates_sync.store.lease import Lease
from rates_sync.store.record import Record

log = structlog.get_logger(__name__)

PREPARE_RETRY_SECONDS = 2.0
PREPARE_WITHIN = 120.0
"""Seconds within which one attempt to prepare the database ends, waiting for locks included."""


@dataclass(slots=True)
class Service:
    """The instance; `prepare` migrates and claims the database, `holder` returns the leader's name.

    `on_unprepared` is awaited with the error of each attempt to prepare that failed. `ping_redis`
    raises `RelayError` while Redis does not answer.
    `closing` holds what was opened for the instance; it is closed when `run` ends.
    """

    clock: Clock
    sleep: Sleep
    monotonic: Monotonic
    metrics: Metrics
    liveness: Liveness
    record: Record
    lease: Lease
    instrumentation: Instrumentation
    outage: DatabaseOutage
    ping_redis: Callable[[], Awaitable[None]]
    election: Election
    prepare: Callable[[], Awaitable[None]]
    on_unprepared: Callable[[StoreUnavailable], Awaitable[None]]
    holder: Callable[[], Awaitable[str]]
    quota_used: Callable[[], Awaitable[int]]
    operator_token: Secret
    daily_quota: int
    first_fix_day: Day
    closing: AsyncExitStack
    ready: bool = False

    @property
    def leader(self) -> Leader | None:
        """The work of this instance's lease; None on a standby."""
        return self.election.leader

    async def run(self) -> None:
        """Prepare the database, then contend for the lease and lead, until cancelled.

        Raises `WrongUpstream`, or an ExceptionGroup for a bug.
        """
        async with self.closing:
            await self._prepare()
            self.ready = True
            try:
                await self._contend_and_lead()
            finally:
                self.ready = False

    async def _contend_and_lead(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self.outage.run(), name="outage")
            await self.election.run()

    async def _prepare(self) -> None:
        while True:
            self.liveness.beat("prepare", within=PREPARE_WITHIN)
            try:
                await self.prepare()
                break
            except StoreUnavailable as error:
                log.warning("database_not_prepared", error=str(error))
                await self.on_unprepared(error)
                await self.sleep(PREPARE_RETRY_SECONDS)
        self.liveness.forget("prepare")
