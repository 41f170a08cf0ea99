"""The circuit breaker: three failures in a row and Banxico is left alone for a minute.

aiobreaker keeps state and count; this wrapper keeps it from what it gets wrong (protocol rule 19):
it takes an excluded exception for a success, admits concurrent trials, raises an error of its own
for the failure that opens it, and compares UTC with local time. Its state lives in this process
alone: a new leader starts closed. Never retries.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import aiobreaker
from aiobreaker.storage.memory import CircuitMemoryStorage

from rates_contracts.status import BreakerState
from rates_sync.clock import Clock
from rates_sync.errors import BreakerOpen, NeutralOutcome
from rates_sync.upstream import Answer, Banxico, Query

OnChange = Callable[[BreakerState, BreakerState, datetime], None]
"""Called with (old, new, at) inside the call, in order: it must only enqueue."""

_NAMES: dict[aiobreaker.CircuitBreakerState, BreakerState] = {
    aiobreaker.CircuitBreakerState.CLOSED: "closed",
    aiobreaker.CircuitBreakerState.HALF_OPEN: "half_open",
    aiobreaker.CircuitBreakerState.OPEN: "open",
}


class Breaker:
    """The `Banxico` port behind a breaker; every call, a trial or an operator's, passes one lock.

    `fail_max` failures in a row open it; `reset_after` that, one trial closes or reopens it.
    """

    def __init__(
        self,
        inner: Banxico,
        *,
        clock: Clock,
        on_change: OnChange,
        fail_max: int,
        reset_after: timedelta,
    ) -> None:
        self._inner, self._clock = inner, clock
        self._breaker = _ClockedBreaker(clock, _Listener(clock, on_change), fail_max, reset_after)
        self._lock = asyncio.Lock()

    @property
    def state(self) -> BreakerState:
        """The state now; `half_open` only while a trial is under way."""
        return _NAMES[self._breaker.current_state]

    @property
    def failures(self) -> int:
        """Failures in a row, trials included; 0 after a success."""
        return int(self._breaker.fail_counter)

    @property
    def retry_at(self) -> datetime | None:
        """When an open breaker admits a trial (aware UTC); None when it is not open."""
        return self._breaker.opens_at if self.state == "open" else None

    def admit(self) -> None:
        """Raise `BreakerOpen` where `ask` would refuse without asking."""
        if self.retry_at is not None and self._clock() < self.retry_at:
            raise BreakerOpen(self.retry_at)

    async def ask(self, query: Query) -> Answer:
        """Ask if the breaker admits it. Raises `BreakerOpen`, or what `inner` raised."""
        async with self._lock:
            self.admit()
            try:
                answer: Answer = await self._breaker.call_async(self._attempt, query)
            except _Neutral as neutral:
                raise neutral.outcome from neutral.outcome.__cause__
            except aiobreaker.CircuitBreakerError as opened:
                # The n-th failure: it was asked and Banxico failed, so that is what is raised.
                failure = opened.__cause__ or opened
                raise failure from failure.__cause__
            finally:
                self._reopen_undecided()
            return answer

    async def _attempt(self, query: Query) -> Answer:
        try:
            return await self._inner.ask(query)
        except NeutralOutcome as outcome:
            raise _Neutral(outcome) from outcome

    def _reopen_undecided(self) -> None:
        """A trial that neither succeeded nor failed (neutral, cancelled) says nothing: open."""
        if self.state == "half_open":
            self._breaker.open()


class _Neutral(BaseException):
    """Carries a neutral outcome past aiobreaker, which counts every `Exception` one way or another.

    Like a cancellation it leaves state and count untouched; it never leaves this module.
    """

    def __init__(self, outcome: NeutralOutcome) -> None:
        super().__init__()
        self.outcome = outcome


class _ClockedBreaker(aiobreaker.CircuitBreaker):  # type: ignore[misc]  # it carries no types
    """aiobreaker 1.2 on our clock.

    Its storage's `opened_at` stays None, so that it never compares `utcnow()` with anything:
    `Breaker.admit` decides when a trial is due.
    """

    def __init__(
        self, clock: Clock, listener: "_Listener", fail_max: int, reset_after: timedelta
    ) -> None:
        storage = CircuitMemoryStorage(aiobreaker.CircuitBreakerState.CLOSED)
        super().__init__(fail_max, reset_after, listeners=[listener], state_storage=storage)
        self._clock = clock
        self._opened_at = clock()

    def open(self) -> None:
        """Open, at our clock's time."""
        self._opened_at = self._clock()
        self.state = self._state_storage.state = aiobreaker.CircuitBreakerState.OPEN

    @property
    def opens_at(self) -> datetime:
        """When a trial is due; aiobreaker's own property compares with local time."""
        return self._opened_at + self._timeout_duration  # type: ignore[no-any-return]


class _Listener(aiobreaker.CircuitBreakerListener):  # type: ignore[misc]
    """Passes each change on under our names."""

    def __init__(self, clock: Clock, on_change: OnChange) -> None:
        self._clock, self._on_change = clock, on_change

    def state_change(
        self,
        breaker: aiobreaker.CircuitBreaker,  # noqa: ARG002  the library's signature
        old: aiobreaker.state.CircuitBreakerBaseState,
        new: aiobreaker.state.CircuitBreakerBaseState,
    ) -> None:
        self._on_change(_NAMES[old.state], _NAMES[new.state], self._clock())
