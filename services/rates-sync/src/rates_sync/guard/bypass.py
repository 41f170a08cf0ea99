"""The way beside the breaker, for work that can wait: backfills, the nightly slice (rule 35).

It asks only while the breaker is closed and no FIX is awaited, and what comes of it counts for
nothing: a range that Banxico can't answer must neither open the breaker for the day's polls nor
delay the one that sees the FIX.
"""

from collections.abc import Callable
from datetime import timedelta

from rates_contracts.status import BreakerState
from rates_sync.clock import Clock
from rates_sync.errors import BreakerOpen, FixAwaited
from rates_sync.guard.breaker import Breaker
from rates_sync.upstream import Answer, Banxico, Query


class Bypass:
    """The `Banxico` port that watches `breaker`, and never goes through it.

    `awaited` tells whether Banxico is the polls' alone.
    """

    def __init__(
        self, inner: Banxico, breaker: Breaker, clock: Clock, awaited: Callable[[], bool]
    ) -> None:
        self._inner, self._breaker = inner, breaker
        self._clock, self._awaited = clock, awaited

    @property
    def state(self) -> BreakerState:
        """The breaker's state."""
        return self._breaker.state

    @property
    def admits(self) -> bool:
        """Tell whether it may be asked now."""
        return self.state == "closed" and not self._awaited()

    def admit(self) -> None:
        """Raise `BreakerOpen` unless the breaker is closed, `FixAwaited` while a FIX is awaited."""
        if self.state != "closed":
            raise BreakerOpen(self._clock() + (self._breaker.retry_in or timedelta()))
        if self._awaited():
            raise FixAwaited("the day's FIX is awaited: what can wait is not asked for until then")

    async def ask(self, query: Query) -> Answer:
        """Ask without counting. Raises `BreakerOpen`, `FixAwaited`, or what `inner` raised."""
        self.admit()
        return await self._inner.ask(query)
