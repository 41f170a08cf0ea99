"""The outermost guard: retries a failed request once (protocol rules 19 and 20).

Only once, so that a brief fault does not open the breaker. Only an `UpstreamFailure` is retried: a
neutral outcome or an open breaker would be the same a second later. Logs every failed attempt.
"""

from collections.abc import Awaitable, Callable

import structlog

from rates_sync.clock import Sleep
from rates_sync.errors import Outcome, UpstreamError, UpstreamFailure
from rates_sync.upstream import Answer, Banxico, Query

log = structlog.get_logger(__name__)


class Retry:
    """The `Banxico` port with one retry.

    `may_retry` tells whether the quota allows it, `pause` returns the seconds to wait before it
    (jittered); `on_attempt` is called with each attempt's outcome.
    """

    def __init__(
        self,
        inner: Banxico,
        *,
        may_retry: Callable[[], Awaitable[bool]],
        pause: Callable[[], float],
        sleep: Sleep,
        on_attempt: Callable[[Outcome], None],
    ) -> None:
        self._inner, self._may_retry, self._on_attempt = inner, may_retry, on_attempt
        self._pause, self._sleep = pause, sleep

    async def ask(self, query: Query) -> Answer:
        """Ask, and once more if Banxico failed and didn't ask to wait.

        Raises what the last attempt raised.
        """
        try:
            return await self._attempt(query)
        except UpstreamFailure as failure:
            if failure.retry_after is not None or not await self._may_retry():
                raise
        await self._sleep(self._pause())
        return await self._attempt(query)

    async def _attempt(self, query: Query) -> Answer:
        try:
            answer = await self._inner.ask(query)
        except UpstreamError as error:
            self._on_attempt(error.outcome)
            log.warning("banxico_attempt_failed", outcome=error.outcome, reason=str(error))
            raise
        self._on_attempt("success")
        return answer
