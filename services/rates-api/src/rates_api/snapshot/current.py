"""The one mutable reference of a worker: which snapshot answers now.

The consumer and the head watch replace it, every request reads it once (protocol rule 16). Nothing
else in a worker changes under a request. All of it happens on one event loop, hence no lock.
"""

from rates_api.snapshot.snapshot import Feed, Snapshot


class CurrentSnapshot:
    """Holds the snapshot that answers, null before the first warm-up."""

    def __init__(self, snapshot: Snapshot | None = None) -> None:
        """Start with `snapshot`, by default with none."""
        self._snapshot = snapshot

    @property
    def snapshot(self) -> Snapshot | None:
        """Return the snapshot that answers now; a request reads this once."""
        return self._snapshot

    def replace(self, snapshot: Snapshot) -> None:
        """Answer from `snapshot` from now on."""
        self._snapshot = snapshot

    def fed_by(self, feed: Feed) -> None:
        """Note what feeds the snapshot from now on; nothing happens without one."""
        if self._snapshot is not None:
            self._snapshot = self._snapshot.with_feed(feed)
