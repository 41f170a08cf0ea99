"""The circuit breaker: after consecutive failures Banxico is not asked for a while.

aiobreaker keeps state and count; this wrapper corrects four faults of it (protocol rule 19):

- it counts an excluded exception as a success;
- it allows several trial requests at the same time;
- it replaces the failure that opens it by its own error;
- it compares UTC with local time, and both may be set.

The state is this process's only: a new leader starts with a closed breaker. Never retries.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import aiobreaker
from aiobreaker.storage.memory import CircuitMemoryStorage

from rates_contracts.status import BreakerState
from rates_sync.clock import Clock, Monotonic
from rates_sync.errors import BreakerOpen, NeutralOutcome
from rates_sync.upstream import Answer, Banxico, Query

OnChange = Callable[[BreakerState, BreakerState, datetime], None]
"""Called with (old, new, at) during the request, in order: it must not block."""

_NAMES: dict[aiobreaker.CircuitBreakerState, BreakerState] = {
    aiobreaker.CircuitBreakerState.CLOSED: "closed",
    aiobreaker.CircuitBreakerState.HALF_OPEN: "half_open",
    aiobreaker.CircuitBreakerState.OPEN: "open",
}


class Breaker:
    """The `Banxico` port behind a breaker; all requests, trials included, pass one lock.

    `fail_max` consecutive failures open it; `reset_after` later a trial request closes or reopens
    it.
    """

    def __init__(
        self,
        inner: Banxico,
        *,
        clock: Clock,
        monotonic: Monotonic,
        on_change: OnChange,
        fail_max: int,
        reset_after: timedelta,
    ) -> None:
        self._inner, self._clock = inner, clock
        listener = _Listener(clock, on_change)
        self._breaker = _ClockedBreaker(monotonic, listener, fail_max, reset_after)
        self._lock = asyncio.Lock()

    @property
    def state(self) -> BreakerState:
        """The state now; `half_open` only during a trial request."""
        return _NAMES[self._breaker.current_state]

    @property
    def failures(self) -> int:
        """Consecutive failures, trial requests included; 0 after a success."""
        return int(self._breaker.fail_counter)

    @property
    def retry_in(self) -> timedelta | None:
        """How long until an open breaker allows a trial request, at least 0; None if not open."""
        return self._breaker.opens_in if self.state == "open" else None

    def admit(self) -> None:
        """Raise `BreakerOpen` if `ask` would refuse without asking."""
        if self.retry_in:
            raise BreakerOpen(self._clock() + self.retry_in)

    async def ask(self, query: Query) -> Answer:
        """Ask if the breaker allows it. Raises `BreakerOpen`, or what `inner` raised."""
        async with self._lock:
            self.admit()
            try:
                answer: Answer = await self._breaker.call_async(self._attempt, query)
            except _Neutral as neutral:
                raise neutral.outcome from neutral.outcome.__cause__
            except aiobreaker.CircuitBreakerError as opened:
                # The failure that opens it: raise that failure itself.
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
        """Reopen after a trial that neither succeeded nor failed (neutral, cancelled)."""
        if self.state == "half_open":
            self._breaker.open()


class _Neutral(BaseException):
    """Carries a neutral outcome past aiobreaker, which counts every plain `Exception`.

    Like a cancellation it leaves state and count unchanged; it never leaves this module.
    """

    def __init__(self, outcome: NeutralOutcome) -> None:
        super().__init__()
        self.outcome = outcome


class _ClockedBreaker(aiobreaker.CircuitBreaker):  # type: ignore[misc]  # it carries no types
    """aiobreaker 1.2 on the injected monotonic clock (protocol rule 32).

    Its storage's `opened_at` stays None, so that it never compares `utcnow()` with anything:
    `Breaker.admit` decides when a trial request is due.
    """

    def __init__(
        self, monotonic: Monotonic, listener: "_Listener", fail_max: int, reset_after: timedelta
    ) -> None:
        storage = CircuitMemoryStorage(aiobreaker.CircuitBreakerState.CLOSED)
        super().__init__(fail_max, reset_after, listeners=[listener], state_storage=storage)
        self._monotonic = monotonic
        self._opened_at = monotonic()

    def open(self) -> None:
        """Open at the injected clock's time."""
        self._opened_at = self._monotonic()
        self.state = self._state_storage.state = aiobreaker.CircuitBreakerState.OPEN

    @property
    def opens_at(self) -> None:
        """Nothing: aiobreaker's own, for its error's text, compares with local time."""

    @property
    def opens_in(self) -> timedelta:
        """How long until a trial request is due."""
        passed = timedelta(seconds=self._monotonic() - self._opened_at)
        left: timedelta = self._timeout_duration - passed
        return max(timedelta(), left)


class _Listener(aiobreaker.CircuitBreakerListener):  # type: ignore[misc]
    """Passes each change on, with the contracts' names of the states."""

    def __init__(self, clock: Clock, on_change: OnChange) -> None:
        self._clock, self._on_change = clock, on_change

    def state_change(
        self,
        breaker: aiobreaker.CircuitBreaker,  # noqa: ARG002  the library's signature
        old: aiobreaker.state.CircuitBreakerBaseState,
        new: aiobreaker.state.CircuitBreakerBaseState,
    ) -> None:
        self._on_change(_NAMES[old.state], _NAMES[new.state], self._clock())
