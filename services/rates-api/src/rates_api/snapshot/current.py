"""The one mutable reference of a worker: which snapshot answers now.

Every request reads it once (protocol rule 16). Nothing else in a worker changes under a request.
All of it happens on one event loop, hence no lock.
"""

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from rates_api.snapshot.snapshot import Feed, Snapshot
from rates_contracts.events import Head

MAX_PASSED_HEADS = 1000
"""Some hours of events, far more than a replica of the database lags behind."""

Cache_co = TypeVar("Cache_co", covariant=True)


class CurrentSnapshot(Generic[Cache_co]):
    """Holds the snapshot that answers, null before the first warm-up.

    `cache` is what `new_cache` made of just this snapshot, to hold what is made of it: both are
    replaced together, so that nothing made of one snapshot is ever served from the next.
    """

    def __init__(self, new_cache: Callable[[Snapshot | None], Cache_co]) -> None:
        """Start without a snapshot."""
        self._new_cache = new_cache
        self._passed: deque[Head] = deque(maxlen=MAX_PASSED_HEADS)
        self.snapshot: Snapshot | None = None
        self.cache = new_cache(None)

    def replace(self, snapshot: Snapshot) -> None:
        """Answer from `snapshot`, loaded anew; how the worker got elsewhere is forgotten."""
        self._passed.clear()
        self.advance(snapshot)

    def advance(self, snapshot: Snapshot) -> None:
        """Answer from `snapshot`, which an event has made of the one before."""
        self._passed.append(snapshot.head)
        self._answer_from(snapshot)

    def fed_by(self, feed: Feed) -> None:
        """Note what feeds the snapshot from now on; nothing happens without one."""
        if self.snapshot is not None and self.snapshot.feed != feed:
            self._answer_from(self.snapshot.with_feed(feed))

    def has_stood_at(self, head: Head) -> bool:
        """Tell whether the worker stands at this very event or has passed it, event by event."""
        known = ((passed.at, passed.event_id) for passed in self._passed)
        return (head.at, head.event_id) in known

    def _answer_from(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.cache = self._new_cache(snapshot)
