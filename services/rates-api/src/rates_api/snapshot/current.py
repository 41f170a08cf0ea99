"""The one mutable reference of a worker: which snapshot answers now.

Every request reads it once (protocol rule 16). Nothing else in a worker changes during a
request. It is used on one event loop only, hence no lock.
"""

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from rates_api.snapshot.snapshot import Feed, Snapshot
from rates_contracts.events import Head

MAX_SEEN_HEADS = 1000
"""Some hours of events, far more than the lag of a database replica."""

Cache_co = TypeVar("Cache_co", covariant=True)


class CurrentSnapshot(Generic[Cache_co]):
    """Holds the snapshot that answers, None before the first warm-up.

    `new_cache` makes a `cache` for this one snapshot, to hold what is rendered from it. Both are
    replaced together: nothing rendered from one snapshot is ever served with the next.
    """

    def __init__(
        self,
        new_cache: Callable[[Snapshot | None], Cache_co],
        on_change: Callable[[Snapshot], None] = lambda _: None,
    ) -> None:
        """Start without a snapshot; `on_change` is called with each one that answers."""
        self._new_cache, self._on_change = new_cache, on_change
        self._seen_heads: deque[Head] = deque(maxlen=MAX_SEEN_HEADS)
        self._clock_suspect = False
        self.snapshot: Snapshot | None = None
        self.cache = new_cache(None)

    def replace(self, snapshot: Snapshot) -> None:
        """Answer from a newly loaded `snapshot`; forget the heads before it."""
        self._seen_heads.clear()
        self.advance(snapshot)

    def advance(self, snapshot: Snapshot) -> None:
        """Answer from `snapshot`, made by applying an event to the one before."""
        self._seen_heads.append(snapshot.head)
        self._answer_from(snapshot)

    def set_feed(self, feed: Feed) -> None:
        """Set what feeds the snapshot; without a snapshot do nothing."""
        if self.snapshot is not None and self.snapshot.feed != feed:
            self._answer_from(self.snapshot.with_feed(feed))

    def suspect_clock(self, *, suspect: bool) -> None:
        """Set whether the worker's clock is suspect, for this snapshot and all that follow."""
        self._clock_suspect = suspect
        if self.snapshot is not None and self.snapshot.clock_suspect != suspect:
            self._answer_from(self.snapshot)

    def knows_head(self, head: Head) -> bool:
        """Tell whether `head` is the snapshot's, or one it had since it was last loaded whole."""
        known = ((seen.at, seen.event_id) for seen in self._seen_heads)
        return (head.at, head.event_id) in known

    def _answer_from(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot.with_clock(suspect=self._clock_suspect)
        self.cache = self._new_cache(self.snapshot)
        self._on_change(self.snapshot)
