"""The outermost guard: one blip is asked again, once (protocol rules 19 and 20).

`cycle` and operators' requests call it. Two attempts and no more, or a single blip would open the
breaker. Only an `UpstreamFailure` is tried again: a neutral outcome or an open breaker would be
the same a second later. Every attempt is counted and every failed one warned of here.
"""

from collections.abc import Awaitable, Callable

import structlog

from rates_sync.errors import Outcome, UpstreamError, UpstreamFailure
from rates_sync.upstream import Answer, Banxico, Query

log = structlog.get_logger(__name__)


class Retry:
    """The `Banxico` port with a second attempt.

    `may_retry` tells whether the quota can pay for it, `pause` how many seconds to wait before it
    (jittered), `observe` counts each attempt by its outcome.
    """

    def __init__(
        self,
        inner: Banxico,
        *,
        may_retry: Callable[[], Awaitable[bool]],
        pause: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        observe: Callable[[Outcome], None],
    ) -> None:
        self._inner, self._may_retry, self._observe = inner, may_retry, observe
        self._pause, self._sleep = pause, sleep

    async def ask(self, query: Query) -> Answer:
        """Ask, and once more if Banxico failed. Raises what the last attempt raised."""
        try:
            return await self._attempt(query)
        except UpstreamFailure:
            if not await self._may_retry():
                raise
        await self._sleep(self._pause())
        return await self._attempt(query)

    async def _attempt(self, query: Query) -> Answer:
        try:
            answer = await self._inner.ask(query)
        except UpstreamError as error:
            self._observe(error.outcome)
            log.warning("banxico_attempt_failed", outcome=error.outcome, reason=str(error))
            raise
        self._observe("success")
        return answer
