"""One client of the stream: what it still has to be sent, bounded, until either side ends it."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable

from rates_contracts.events import Position

MAX_WAITING = 64
"""Messages that may wait for a slow reader. They are shared, so that waiting costs a reference."""


class Subscription:
    """Messages in order. A reader that does not keep up is cut off, and continues by its last id.

    `after` is the last change that the client has, `missed` what came since; `comment_at` and
    `ends_at` are monotonic seconds. `on_close` is called once.
    """

    def __init__(
        self,
        beginning: Iterable[bytes],
        after: Position,
        *,
        missed: Iterable[bytes] = (),
        comment_at: float,
        ends_at: float,
        on_close: Callable[["Subscription"], None],
    ) -> None:
        """Begin with the messages of `beginning`, in one part, and those of `missed`, however many.

        What was missed is shared with other streams, and never copied.
        """
        self.after, self.comment_at, self.ends_at = after, comment_at, ends_at
        self._beginning = deque((b"".join(beginning), *missed))
        self._waiting: deque[bytes] = deque()
        self._on_close = on_close
        self._on_cut: Callable[[], object] | None = None
        self._news = asyncio.Event()
        self.closed = False

    def offer(self, message: bytes) -> None:
        """Have `message` sent after those that wait; close where too many do."""
        if len(self._waiting) >= MAX_WAITING:
            self.cut()
        elif not self.closed:
            self._waiting.append(message)
            self._news.set()

    def close(self) -> None:
        """End the stream after what waits."""
        if not self.closed:
            self.closed = True
            self._on_close(self)
            self._news.set()

    def cut(self) -> None:
        """End the stream at once, also while its client reads nothing."""
        self._beginning.clear()
        self._waiting.clear()
        self.close()
        if self._on_cut is not None:
            self._on_cut()

    def call_on_cut(self, on_cut: Callable[[], object]) -> None:
        """Have `on_cut` called where the stream is cut."""
        self._on_cut = on_cut

    async def parts(self) -> AsyncIterator[bytes]:
        """Yield what is to be sent, as it comes, until the stream is closed."""
        while True:
            while waiting := self._beginning or self._waiting:
                yield waiting.popleft()
            if self.closed:
                return
            self._news.clear()
            await self._news.wait()
