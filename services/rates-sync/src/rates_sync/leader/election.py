"""Contend for the lease, lead while it is held, contend again (rule R2, protocol rule 3).

`service` runs it for the process' whole life. A lost lease ends the leader's tasks, not the
process; a bug ends both. Writes nothing itself.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

import structlog

from rates_sync.errors import LeaseLost, StoreError
from rates_sync.leader.leader import Leader
from rates_sync.store.fence import Fence

log = structlog.get_logger(__name__)

RELEASE_SECONDS = 3.0


class LeasePort(Protocol):
    """This instance's hand on the lease."""

    async def contend(self) -> Fence:
        """Return the fence once the lease is this instance's."""
        ...

    async def release(self, fence: Fence) -> None:
        """Free the lease. Raises `LeaseLost` or `StoreUnavailable`."""
        ...


class Leadership:
    """This instance's turns as leader; `changed` hears of each beginning and end."""

    def __init__(
        self,
        lease: LeasePort,
        build: Callable[[Fence], Leader],
        changed: Callable[[bool], None],
    ) -> None:
        self._lease, self._build, self._changed = lease, build, changed
        self.leader: Leader | None = None

    async def run(self) -> None:
        """Lead again and again until cancelled; the lease is free afterwards.

        Raises an ExceptionGroup of whatever no leader expects.
        """
        while True:
            fence = await self._lease.contend()
            try:
                await self._lead(fence)
            except* LeaseLost as lost:
                log.warning("lease_lost", reason=str(lost.exceptions[0]))

    async def _lead(self, fence: Fence) -> None:
        self.leader = self._build(fence)
        self._changed(True)
        try:
            await self.leader.run()
        except asyncio.CancelledError:
            await self._release(fence)
            raise
        finally:
            self.leader = None
            self._changed(False)

    async def _release(self, fence: Fence) -> None:
        """At a clean shutdown the next contender need not wait."""
        try:
            async with asyncio.timeout(RELEASE_SECONDS):
                await self._lease.release(fence)
        except (StoreError, TimeoutError) as error:
            log.warning("lease_not_released", error=str(error))
