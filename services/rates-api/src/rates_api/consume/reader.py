"""The XREAD loop: every event of the stream into the snapshot, from its own position on.

It never reads from `$` (rule R5): what was recorded between the load and the first read is read,
too. It also decides what "fed by Redis" means (protocol rule 15). Requests never wait for it.
"""

import dataclasses
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import NoReturn, Protocol

import structlog

from rates_api.consume.projection import Reload, project
from rates_api.consume.stream import StreamEntry, Tail
from rates_api.dependencies import DependencyMonitor
from rates_api.errors import SourceUnavailable, StreamUnavailable
from rates_api.snapshot.current import CurrentSnapshot
from rates_api.snapshot.snapshot import Feed, Snapshot
from rates_api.snapshot.sources import SnapshotSources
from rates_contracts.events import EventUndecodable, Head, Position
from rates_contracts.stream import event_of

log = structlog.get_logger(__name__)


Span = Callable[[str, str | None], AbstractContextManager[object]]
"""Opens a span by name under a `traceparent`, or under none."""


class Entries(Protocol):
    """The stream as the reader needs it; both raise `StreamUnavailable`."""

    async def after(self, position: Position) -> list[StreamEntry]:
        """Return the next entries after `position`, none after a while without any."""
        ...

    async def tail(self) -> Tail | None:
        """Return the last entry, null in an empty stream."""
        ...


@dataclasses.dataclass(frozen=True)
class Waits:
    """How the reader waits: `pause` before a source that failed is asked again, `spread` before a
    reload, so that the workers don't all load at once.
    """

    pause: Callable[[], Awaitable[None]]
    spread: Callable[[], Awaitable[None]]


class StreamReader:
    """Follows the stream with the worker's snapshot."""

    def __init__(
        self,
        stream: Entries,
        current: CurrentSnapshot[object],
        sources: SnapshotSources,
        redis: DependencyMonitor,
        *,
        on_entry: Callable[[str], None],
        waits: Waits,
        span: Span,
    ) -> None:
        """Take what the reader talks to and how it waits.

        `on_entry` gets the outcome of each entry, `span` continues the trace of an event.
        """
        self._stream = stream
        self._current = current
        self._sources = sources
        self._redis = redis
        self._on_entry = on_entry
        self._waits = waits
        self._span = span

    async def warm_up(self, on_round: Callable[[], None]) -> None:
        """Load the first snapshot; while no source has one, ask again after a pause."""
        warned = False
        while True:
            try:
                loaded = await self._sources.load("warm_up")
            except SourceUnavailable as error:
                if not warned:
                    log.warning("warm_up_waits", cause=str(error))
                warned = True
                await self._waits.pause()
                on_round()
            else:
                await self.adopt(loaded)
                return

    async def run(self, on_round: Callable[[], None]) -> NoReturn:
        """Follow the stream until cancelled; needs a snapshot to start from."""
        while True:
            await self.step()
            on_round()

    async def step(self) -> None:
        """Read once and take in what came; a Redis that is away makes the database the feed."""
        await self._regain_feed()
        try:
            entries = await self._stream.after(self._snapshot.head.at)
        except StreamUnavailable as error:
            self._current.fed_by("database")
            self._redis.failed(error)
            await self._waits.pause()
            return
        self._redis.answered()
        await self._take_in(entries)

    async def adopt(self, loaded: Snapshot) -> None:
        """Answer from a snapshot loaded anew, from wherever (protocol rule 15)."""
        feed = await self._feed_at(loaded.head)
        self._current.replace(loaded.with_feed(feed))

    @property
    def _snapshot(self) -> Snapshot:
        snapshot = self._current.snapshot
        if snapshot is None:
            raise RuntimeError("the reader starts after the warm-up")
        return snapshot

    async def _regain_feed(self) -> None:
        """Count as fed by Redis again once the stream ends where we stand (protocol rule 15)."""
        snapshot = self._snapshot
        if snapshot.feed == "redis":
            return
        feed = await self._feed_at(snapshot.head)
        # The head monitor may have loaded another snapshot while Redis was asked.
        if self._snapshot is snapshot:
            self._current.fed_by(feed)

    async def _feed_at(self, head: Head) -> Feed:
        try:
            tail = await self._stream.tail()
        except StreamUnavailable:
            return "database"
        return "redis" if tail == (head.at, head.event_id) else "database"

    async def _take_in(self, entries: list[StreamEntry]) -> None:
        """Project the entries one by one; after a reload the rest is read again from there."""
        for entry in entries:
            before = self._snapshot
            outcome = self._outcome(before, entry)
            if isinstance(outcome, Reload):
                await self._reload(before, outcome)
                return
            self._on_entry("skipped" if outcome is before else "applied")
            if outcome is not before:
                self._current.advance(outcome)

    async def _reload(self, before: Snapshot, wanted: Reload) -> None:
        """Load a snapshot that covers the event, the old one serving meanwhile (rule 13)."""
        self._on_entry(wanted.reason)
        log.warning("stream_needs_reload", reason=wanted.reason, at=wanted.at_least.stream_id)
        await self._waits.spread()
        if self._snapshot is not before:
            return  # The head monitor was faster; the entry is read and judged again.
        try:
            loaded = await self._sources.load(wanted.reason, wanted.at_least)
        except SourceUnavailable as error:
            self._current.fed_by("database")
            log.warning("reload_failed", reason=wanted.reason, cause=str(error))
            await self._waits.pause()
            return
        await self.adopt(loaded)

    def _outcome(self, snapshot: Snapshot, entry: StreamEntry) -> Snapshot | Reload:
        """Return what the entry makes of the snapshot; one that can't be read asks for a load."""
        if entry.at <= snapshot.head.at:
            return snapshot
        try:
            event = event_of(entry.fields)
        except EventUndecodable as error:
            log.warning("event_undecodable", at=entry.at.stream_id, cause=str(error))
            return Reload("undecodable", entry.at)
        with self._span("follow_event", event.traceparent):
            return project(snapshot, event)
