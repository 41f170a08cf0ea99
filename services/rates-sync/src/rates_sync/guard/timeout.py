"""The innermost guard: one deadline over the whole request, body included.

The HTTP client's own timeouts limit each step only; a slow body could take hours within them. Never
retries.
"""

import asyncio

from rates_sync.errors import UpstreamFailure
from rates_sync.upstream import Answer, Banxico, Query


class Timeout:
    """The `Banxico` port with a deadline in seconds of the event loop's clock."""

    def __init__(self, inner: Banxico, *, seconds: float) -> None:
        self._inner, self._seconds = inner, seconds

    async def ask(self, query: Query) -> Answer:
        """Ask within the deadline. Raises `UpstreamFailure` after it."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._inner.ask(query)
        except TimeoutError as error:
            message = f"no complete answer within {self._seconds} s"
            raise UpstreamFailure(message, kind="timeout") from error
