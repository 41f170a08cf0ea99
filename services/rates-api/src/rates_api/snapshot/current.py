"""The one mutable reference of a worker: which snapshot answers now.

The consumer and the head watch replace it, every request reads it once (protocol rule 16). Nothing
else in a worker changes under a request. All of it happens on one event loop, hence no lock.
"""

from collections import deque

from rates_api.snapshot.snapshot import Feed, Snapshot
from rates_contracts.events import Head

TRAIL = 1000
"""Heads remembered: some hours of events, far more than a replica of the database lags behind."""


class CurrentSnapshot:
    """Holds the snapshot that answers, null before the first warm-up."""

    def __init__(self, snapshot: Snapshot | None = None) -> None:
        """Start with `snapshot`, by default with none."""
        self._snapshot: Snapshot | None = None
        self._trail: deque[Head] = deque(maxlen=TRAIL)
        if snapshot is not None:
            self.replace(snapshot)

    @property
    def snapshot(self) -> Snapshot | None:
        """Return the snapshot that answers now; a request reads this once."""
        return self._snapshot

    def replace(self, snapshot: Snapshot) -> None:
        """Answer from `snapshot`, loaded anew; how the worker got elsewhere is forgotten."""
        self._trail.clear()
        self.advance(snapshot)

    def advance(self, snapshot: Snapshot) -> None:
        """Answer from `snapshot`, which an event has made of the one before."""
        self._trail.append(snapshot.head)
        self._snapshot = snapshot

    def fed_by(self, feed: Feed) -> None:
        """Note what feeds the snapshot from now on; nothing happens without one."""
        if self._snapshot is not None:
            self._snapshot = self._snapshot.with_feed(feed)

    def has_stood_at(self, head: Head) -> bool:
        """Tell whether the worker stands at this very event or has passed it, event by event."""
        known = ((passed.at, passed.event_id) for passed in self._trail)
        return (head.at, head.event_id) in known
