"""The XREAD loop: applies every event of the stream after the snapshot's position.

It never reads from `$` (rule R5), so that events recorded between the load and the first read are
applied too. Requests never wait for it. What feeds the worker (protocol rule 15):

    redis     after a load here (warm-up, reload), from whatever source, and before each read while
              the database is the feed: if the stream's last entry is the snapshot's head
    database  after such a load: if the last entry is another, or can't be read
              when a read of the stream fails
              when no source has the snapshot that a reload needs
              when an entry is foreign: rates-sync will delete it (protocol rule 38)
              when an entry is not signed by a known key (protocol rule 45)
              after a load by the head monitor, until the check before the next read

An applied event changes nothing about it.
"""

import dataclasses
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import NoReturn, Protocol

import structlog

from rates_api.consume.projection import Reload, project
from rates_api.consume.stream import StreamEntry, Tail
from rates_api.dependencies import DependencyMonitor
from rates_api.errors import BehindEvent, SourceUnavailable, StreamUnavailable
from rates_api.snapshot.current import CurrentSnapshot
from rates_api.snapshot.snapshot import Feed, Snapshot
from rates_api.snapshot.sources import SnapshotSources
from rates_contracts.events import EventUndecodable, Head, Position
from rates_contracts.stream import event_of, reject_foreign

log = structlog.get_logger(__name__)

Span = Callable[[str, str | None], AbstractContextManager[object]]
"""Opens a span by name under a `traceparent`, or under none."""


class EventStream(Protocol):
    """The stream as the reader needs it; both raise `StreamUnavailable`."""

    async def after(self, position: Position) -> list[StreamEntry]:
        """Return the next entries after `position`, an empty list if there are none for a while."""
        ...

    async def tail(self) -> Tail | None:
        """Return the last entry, None in an empty stream."""
        ...


@dataclasses.dataclass(frozen=True)
class ReaderPauses:
    """How the reader waits: `pause` before it retries a source that failed, `spread` before a
    reload, so that the workers don't all load at once.
    """

    pause: Callable[[], Awaitable[None]]
    spread: Callable[[], Awaitable[None]]


class StreamReader:
    """Follows the stream with the worker's snapshot."""

    def __init__(
        self,
        stream: EventStream,
        current: CurrentSnapshot[object],
        sources: SnapshotSources,
        redis: DependencyMonitor,
        *,
        on_entry: Callable[[str], None],
        pauses: ReaderPauses,
        span: Span,
    ) -> None:
        """Follow `stream` with `current`, loading from `sources` where an event can't be applied.

        `on_entry` gets the outcome of each entry, `span` continues the trace of an event.
        """
        self._stream = stream
        self._current = current
        self._sources = sources
        self._redis = redis
        self._on_entry = on_entry
        self._pauses = pauses
        self._span = span
        self._distrusted = False

    async def warm_up(self, on_round: Callable[[], None]) -> None:
        """Load the first snapshot; while no source has one, retry after a pause."""
        warned = False
        while True:
            try:
                loaded = await self._sources.load("warm_up")
            except SourceUnavailable as error:
                if not warned:
                    log.warning("warm_up_waits", cause=str(error))
                warned = True
                await self._pauses.pause()
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
        """Read once and apply what came; if Redis is unavailable, the database is the feed."""
        if self._distrusted:
            snapshot = self._snapshot
            await self._reload(snapshot, Reload("unverified", snapshot.head.at))
            return
        await self._regain_feed()
        try:
            entries = await self._stream.after(self._snapshot.head.at)
        except StreamUnavailable as error:
            self._current.set_feed("database")
            self._redis.failed(error)
            await self._pauses.pause()
            return
        self._redis.answered()
        await self._take_in(entries)

    async def adopt(self, loaded: Snapshot) -> None:
        """Answer from a newly loaded snapshot, from any source (protocol rule 15)."""
        feed = await self._feed_at(loaded.head)
        self._current.replace(loaded.with_feed(feed))
        self._distrusted = False

    def distrust(self) -> None:
        """Load the snapshot anew: it was taken before anything could be verified (rule 45)."""
        self._distrusted = True

    @property
    def _snapshot(self) -> Snapshot:
        snapshot = self._current.snapshot
        if snapshot is None:
            raise RuntimeError("the reader starts after the warm-up")
        return snapshot

    async def _regain_feed(self) -> None:
        """Be fed by Redis again once the stream ends at the snapshot's head (protocol rule 15)."""
        snapshot = self._snapshot
        if snapshot.feed == "redis":
            return
        feed = await self._feed_at(snapshot.head)
        # The head monitor may have loaded another snapshot while Redis was asked.
        if self._snapshot is snapshot:
            self._current.set_feed(feed)

    async def _feed_at(self, head: Head) -> Feed:
        try:
            tail = await self._stream.tail()
        except StreamUnavailable:
            return "database"
        return "redis" if tail == (head.at, head.event_id) else "database"

    async def _take_in(self, entries: list[StreamEntry]) -> None:
        """Apply the entries one by one; after a reload the next read starts from the new head."""
        for entry in entries:
            if not entry.verified:
                await self._doubt_the_stream("unverified")
                return
            if is_foreign(entry):
                await self._doubt_the_stream("foreign")
                return
            before = self._snapshot
            outcome = self._outcome(before, entry)
            if isinstance(outcome, Reload):
                await self._reload(before, outcome)
                return
            self._on_entry("skipped" if outcome is before else "applied")
            if outcome is not before:
                self._current.advance(outcome)

    async def _doubt_the_stream(self, outcome: str) -> None:
        """Follow the record instead: whatever comes after such an entry proves nothing either."""
        self._on_entry(outcome)
        self._current.set_feed("database")
        await self._pauses.pause()

    async def _reload(self, before: Snapshot, wanted: Reload) -> None:
        """Load a snapshot that covers the event; the old one answers meanwhile (rule 13)."""
        self._on_entry(wanted.reason)
        log.warning("stream_needs_reload", reason=wanted.reason, at=wanted.at_least.stream_id)
        await self._pauses.spread()
        if self._snapshot.head != before.head:
            return  # The head monitor was faster; the entry is read again.
        try:
            loaded = await self._load(wanted)
        except SourceUnavailable as error:
            self._current.set_feed("database")
            log.warning("reload_failed", reason=wanted.reason, cause=str(error))
            await self._pauses.pause()
            return
        await self.adopt(loaded)

    async def _load(self, wanted: Reload) -> Snapshot:
        """Load what covers the event; instead of a forged head that nobody has, what there is."""
        try:
            return await self._sources.load(wanted.reason, wanted.at_least)
        except BehindEvent:
            if not self._distrusted:
                raise
            return await self._sources.load(wanted.reason)

    def _outcome(self, snapshot: Snapshot, entry: StreamEntry) -> Snapshot | Reload:
        """Apply the entry to the snapshot; one that can't be decoded needs a reload."""
        if entry.at <= snapshot.head.at:
            return snapshot
        try:
            event = event_of(entry.fields)
        except EventUndecodable as error:
            log.warning("event_undecodable", at=entry.at.stream_id, cause=str(error))
            return Reload("undecodable", entry.at)
        with self._span("follow_event", event.traceparent):
            return project(snapshot, event)


def is_foreign(entry: StreamEntry) -> bool:
    """Tell whether an entry is nobody's, and log why."""
    try:
        reject_foreign(entry.at, entry.fields)
    except EventUndecodable as error:
        log.warning("entry_foreign", at=entry.at.stream_id, cause=str(error))
        return True
    return False
