"""The quota: how many requests a day rates-sync allows itself at Banxico (protocol rule 20).

What can wait has a quota of its own, so that it never spends the day's polls (rule 35).
Checked before the breaker, but spends nothing while the breaker is open. Each attempt is spent
before it is made, in the ledger's own transaction. A database failure fails the call: spending
uncounted requests could get rates-sync banned.
"""

import asyncio
from collections.abc import Callable
from datetime import date as Day
from typing import Protocol

from rates_contracts.calendar import mexico_day
from rates_contracts.status import BreakerState
from rates_sync.clock import Clock
from rates_sync.upstream import Answer, Purpose, Query


class Admission(Protocol):
    """What is asked within the quota: the breaker, or the way beside it."""

    @property
    def state(self) -> BreakerState:
        """The breaker's state."""
        ...

    def admit(self) -> None:
        """Raise `BreakerOpen` if `ask` would refuse without asking."""
        ...

    async def ask(self, query: Query) -> Answer:
        """Ask, as `Banxico` does."""
        ...


class QuotaLedger(Protocol):
    """Counts requests per day in the database; the count survives restarts."""

    async def spend(self, day: Day, *, limit: int) -> int:
        """Count one request of `day` and return the day's total.

        Raises `QuotaExhausted` when `limit` are spent already, `StoreUnavailable` when that is
        unknown; then nothing is counted.
        """
        ...

    async def used(self, day: Day) -> int:
        """Return how many are spent, 0 for a day without requests. Raises `StoreUnavailable`."""
        ...


class Quota:
    """The `Banxico` port within a budget of `limit` requests per Mexico City day.

    `reserve` of them are kept for the breaker's trial requests and an operator's `sync`. `on_spent`
    is called with the day's count.
    """

    def __init__(
        self,
        inner: Admission,
        ledger: QuotaLedger,
        *,
        clock: Clock,
        limit: int,
        reserve: int,
        on_spent: Callable[[int], None],
    ) -> None:
        self._inner, self._ledger, self._clock = inner, ledger, clock
        self._limit, self._ordinary = limit, max(0, limit - reserve)
        self._on_spent = on_spent
        self._lock = asyncio.Lock()

    async def ask(self, query: Query) -> Answer:
        """Spend a request and ask. Raises `BreakerOpen`, `QuotaExhausted` or `StoreUnavailable`.

        One call at a time: while one is spent, another could open the breaker.
        """
        async with self._lock:
            self._inner.admit()
            self._on_spent(await self._ledger.spend(self._today(), limit=self._limit_for(query)))
            return await self._inner.ask(query)

    async def left(self) -> int:
        """Return today's remaining requests without the reserve. Raises `StoreUnavailable`."""
        return max(0, self._ordinary - await self._ledger.used(self._today()))

    def _limit_for(self, query: Query) -> int:
        is_trial = self._inner.state != "closed"
        return self._limit if is_trial or query.purpose is Purpose.MANUAL else self._ordinary

    def _today(self) -> Day:
        return mexico_day(self._clock())
