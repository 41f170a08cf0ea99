"""The way beside the breaker, for work that can wait: the backfill, the nightly slice (rule 30).

It asks only while the breaker is closed, and what comes of it counts for nothing: a range that
Banxico can't answer must not open the breaker for the day's polls.
"""

from datetime import timedelta

from rates_contracts.status import BreakerState
from rates_sync.clock import Clock
from rates_sync.errors import BreakerOpen
from rates_sync.guard.breaker import Breaker
from rates_sync.upstream import Answer, Banxico, Query


class Bypass:
    """The `Banxico` port that watches `breaker`, and never goes through it."""

    def __init__(self, inner: Banxico, breaker: Breaker, clock: Clock) -> None:
        self._inner, self._breaker, self._clock = inner, breaker, clock

    @property
    def state(self) -> BreakerState:
        """The breaker's state."""
        return self._breaker.state

    def admit(self) -> None:
        """Raise `BreakerOpen` unless the breaker is closed."""
        if self.state != "closed":
            raise BreakerOpen(self._clock() + (self._breaker.retry_in or timedelta()))

    async def ask(self, query: Query) -> Answer:
        """Ask without counting. Raises `BreakerOpen`, or what `inner` raised."""
        self.admit()
        return await self._inner.ask(query)
