"""Contends for the lease, leads while it is held, contends again (rule R2, protocol rule 3).

A lost lease or a wrong clock ends the leader's tasks, not the process; a bug ends both. Writes
nothing itself.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from rates_sync.errors import ClockWrong, LeaseLost, StoreError
from rates_sync.leader.leader import Leader
from rates_sync.store.fence import Fence

log = structlog.get_logger(__name__)

RELEASE_SECONDS = 3.0


class Election:
    """This instance's terms as leader; `on_change` is called with whether it leads.

    `contend` waits for the lease, `release` raises `LeaseLost` or `StoreUnavailable`, `abstain`
    waits until this instance's clock is right again (protocol rule 33).
    """

    def __init__(
        self,
        contend: Callable[[], Awaitable[Fence]],
        release: Callable[[Fence], Awaitable[None]],
        build: Callable[[Fence], Leader],
        on_change: Callable[[bool], None],
        abstain: Callable[[], Awaitable[None]],
    ) -> None:
        self._contend, self._free, self._build = contend, release, build
        self._on_change, self._abstain = on_change, abstain
        self.leader: Leader | None = None

    async def run(self) -> None:
        """Contend and lead until cancelled, then release the lease.

        Raises an ExceptionGroup for a bug.
        """
        while True:
            fence = await self._contend()
            if not await self._may_contend_after(fence):
                await self._release(fence)
                await self._abstain()

    async def _may_contend_after(self, fence: Fence) -> bool:
        """Lead; tell whether nothing was wrong with this clock."""
        clock_is_right = True
        try:
            await self._lead(fence)
        except* LeaseLost as lost:
            log.warning("lease_lost", reason=str(lost.exceptions[0]))
        except* ClockWrong as wrong:
            log.warning("clock_wrong", reason=str(wrong.exceptions[0]))
            clock_is_right = False
        return clock_is_right

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
        """So that after a clean shutdown the next contender need not wait."""
        try:
            async with asyncio.timeout(RELEASE_SECONDS):
                await self._free(fence)
        except (StoreError, TimeoutError) as error:
            log.warning("lease_not_released", error=str(error))
