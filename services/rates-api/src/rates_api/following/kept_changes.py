"""The last changes of a stream, which a client that was cut off is sent when it comes again."""

import dataclasses
from collections import deque
from collections.abc import Iterable, Iterator

from rates_contracts.events import Position

MAX_KEPT = 256
"""Changes that a client can continue after."""
MAX_KEPT_BYTES = 256 * 1024
"""Of all kept together, so that no client is ever owed more at once. 256 changes of the two rows
that a banking day brings are a third of it; the largest message is half of it."""


@dataclasses.dataclass(frozen=True)
class KeptChange:
    """A change that clients can continue after, or be sent; `since` is as in `RecordedChange`."""

    at: Position
    message: bytes
    since: Position


class KeptChanges:
    """The last changes in order, bounded in number and bytes; the newest is always kept."""

    def __init__(self, changes: Iterable[KeptChange] = ()) -> None:
        """Begin with the last of `changes`, ascending."""
        self._kept: deque[KeptChange] = deque()
        self._bytes = 0
        for change in changes:
            self.keep(change)

    def keep(self, change: KeptChange) -> None:
        """Keep `change` after the others, and drop the oldest that are too many."""
        self._kept.append(change)
        self._bytes += len(change.message)
        while len(self._kept) > MAX_KEPT or (self._bytes > MAX_KEPT_BYTES and len(self._kept) > 1):
            self._bytes -= len(self._kept.popleft().message)

    def reach(self, last: Position) -> bool:
        """Tell whether exactly what was recorded after the change `last` is known."""
        is_kept = bool(self._kept) and self._kept[0].at <= last
        return is_kept and not any(kept.since < last < kept.at for kept in self._kept)

    def after(self, last: Position) -> Iterator[bytes]:
        """Yield the messages of the changes after `last`, the kept ones themselves."""
        return (kept.message for kept in self._kept if kept.at > last)
