"""Contend for the lease, lead while it is held, contend again (rule R2, protocol rule 3).

A lost lease ends the leader's tasks, not the process; a bug ends both. Writes nothing itself.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from rates_sync.errors import LeaseLost, StoreError
from rates_sync.leader.leader import Leader
from rates_sync.store.fence import Fence

log = structlog.get_logger(__name__)

RELEASE_SECONDS = 3.0


class Election:
    """This instance's terms as leader; `on_change` is called with whether it leads now.

    `contend` waits for the lease, `release` raises `LeaseLost` or `StoreUnavailable`.
    """

    def __init__(
        self,
        contend: Callable[[], Awaitable[Fence]],
        release: Callable[[Fence], Awaitable[None]],
        build: Callable[[Fence], Leader],
        on_change: Callable[[bool], None],
    ) -> None:
        self._contend, self._free, self._build = contend, release, build
        self._on_change = on_change
        self.leader: Leader | None = None

    async def run(self) -> None:
        """Lead again and again until cancelled; then the lease is released.

        Raises an ExceptionGroup for a bug.
        """
        while True:
            fence = await self._contend()
            try:
                await self._lead(fence)
            except* LeaseLost as lost:
                log.warning("lease_lost", reason=str(lost.exceptions[0]))

    async def _lead(self, fence: Fence) -> None:
        self.leader = self._build(fence)
        self._on_change(True)
        try:
            await self.leader.run()
        except asyncio.CancelledError:
            await self._release(fence)
            raise
        finally:
            self.leader = None
            self._on_change(False)

    async def _release(self, fence: Fence) -> None:
        """At a clean shutdown the next contender need not wait."""
        try:
            async with asyncio.timeout(RELEASE_SECONDS):
                await self._free(fence)
        except (StoreError, TimeoutError) as error:
            log.warning("lease_not_released", error=str(error))
