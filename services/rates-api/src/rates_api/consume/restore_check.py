"""Decides whether a worker goes back to an older record: only if that was restored (rule 42).

A replica that lags shows an older head, too. So the writer alone is believed, if it says so twice,
and the stream does not hold the worker's head.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

from rates_api.consume.stream import Tail
from rates_api.errors import SourceUnavailable, StreamUnavailable
from rates_api.snapshot.current import CurrentSnapshot
from rates_api.snapshot.sources import SnapshotSource, SnapshotSources
from rates_contracts.events import Head


class Writer(SnapshotSource, Protocol):
    """The database that rates-sync writes to."""

    async def head(self) -> Head:
        """Return the record's head. Raises `SourceUnavailable`."""
        ...


class StreamTail(Protocol):
    """The end of the stream."""

    async def tail(self) -> Tail | None:
        """Return the last entry, None in an empty stream. Raises `StreamUnavailable`."""
        ...


def is_older(head: Head, than: Head) -> bool:
    """Tell whether a record that ends at `head` lacks `than`; timeline first (rule 9).

    Another event in the same place is another history.
    """
    return head.at < than.at or (head.at == than.at and head.event_id != than.event_id)


class RestoreCheck:
    """Asks the `writer`, None where none is known; `grace` waits between its two answers.

    `writer_alone` loads a record that was restored: a replica may be older still.
    """

    def __init__(
        self,
        writer: Writer | None,
        stream: StreamTail,
        current: CurrentSnapshot[object],
        *,
        grace: Callable[[], Awaitable[None]],
        on_loaded: Callable[[str, str], None],
        on_refused: Callable[[str, SourceUnavailable], None],
    ) -> None:
        """`on_loaded` and `on_refused` hear of each load, as `SnapshotSources` has it."""
        self._writer, self._stream = writer, stream
        self._current, self._grace = current, grace
        self.writer_alone = SnapshotSources(
            [writer] if writer else [], on_loaded=on_loaded, on_refused=on_refused
        )

    async def was_restored(self) -> bool:
        """Tell whether the record was restored to before the snapshot's head.

        Raises `SourceUnavailable`.
        """
        if self._writer is None or not await self._is_older(self._writer):
            return False
        await self._grace()
        return await self._is_older(self._writer) and not await self._stream_holds_head()

    async def _is_older(self, writer: Writer) -> bool:
        head, snapshot = await writer.head(), self._current.snapshot
        return snapshot is not None and is_older(head, snapshot.head)

    async def _stream_holds_head(self) -> bool:
        """A stream that ends at or after the head leads there; one that is away holds nothing."""
        snapshot = self._current.snapshot
        try:
            tail = await self._stream.tail()
        except StreamUnavailable:
            return False
        if snapshot is None or tail is None:
            return False
        head = snapshot.head
        return tail.at > head.at or tail == (head.at, head.event_id)
