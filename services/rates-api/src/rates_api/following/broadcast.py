"""The stream of one worker: what has changed goes to every client that listens, once rendered.

It compares each snapshot with the one before, however that came: by an event, or loaded whole. A
message is made once and shared. Nothing here waits for a client.
"""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from rates_api.following.kept_changes import MAX_KEPT, KeptChange, KeptChanges
from rates_api.following.messages import (
    COMMENT,
    ResetReason,
    change_message,
    level_message,
    reset_message,
    retry_message,
    state_message,
    state_of,
)
from rates_api.following.recordings import (
    MAX_ROWS,
    RecordedChange,
    changes_since,
    continues,
    newest,
)
from rates_api.following.subscription import Subscription
from rates_api.http.problems import WARM_UP_RETRY_SECONDS, Refused
from rates_api.resolution.view import View, present
from rates_api.snapshot.level import assess_whole
from rates_api.snapshot.snapshot import Snapshot
from rates_contracts.answers import StreamState
from rates_contracts.events import Position

COMMENT_SECONDS = 15.0
"""Between two comments; below every time-out of silent connections on the way."""
LIFE_SECONDS = 3600.0
"""A stream's life on average: over HTTP/2 a server may never learn that its client has left."""
LIFE_SPREAD = 0.1
TICK_SECONDS = 0.25
"""Between two looks at what is due, while anybody listens: four within the second after SIGTERM."""
GRACE_SECONDS = 0.25
"""For what a closed stream still has to send."""
SLICE, PAUSE_SECONDS = 100, 0.005
"""So many streams are sent something at once. In the pause after them they send it, and requests
have their turn: without it each would wait for all streams.
"""
MIN_RETRY_SECONDS, MAX_RETRY_SECONDS = 5, 15
MIN_AGAIN_SECONDS, MAX_AGAIN_SECONDS = 30, 90

BEFORE_ALL = Position(0, 0)


class News(NamedTuple):
    """A message; that of a change has its position, and its `since` as in `RecordedChange`."""

    message: bytes
    at: Position | None = None
    since: Position = BEFORE_ALL

    def is_known(self, after: Position) -> bool:
        """Tell whether a client that has the change `after` was told of it."""
        return self.at is not None and self.at <= after

    def is_known_in_part(self, after: Position) -> bool:
        """Tell whether another worker may have told a client of a part of it."""
        return self.at is not None and self.since < after < self.at


@dataclasses.dataclass(frozen=True)
class Timing:
    """`clock` returns aware UTC, `monotonic` seconds; `chance` a number from 0 to 1."""

    clock: Callable[[], datetime]
    monotonic: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    chance: Callable[[], float]


class Broadcast:
    """Every stream of a worker; at most `limit` at a time, none while the instance drains.

    `on_count` gets the number of streams when it changes, `on_refused` is called for each that is
    refused.
    """

    def __init__(
        self,
        limit: int,
        timing: Timing,
        *,
        is_draining: Callable[[], bool],
        on_count: Callable[[int], None],
        on_refused: Callable[[], None],
    ) -> None:
        """Start without streams, and without anything to send."""
        self._limit, self._is_draining = limit, is_draining
        self._clock, self._monotonic = timing.clock, timing.monotonic
        self._sleep, self._chance = timing.sleep, timing.chance
        self._on_count, self._on_refused = on_count, on_refused
        self._open: dict[Subscription, None] = {}
        self._ending: list[tuple[float, Subscription]] = []
        self._news = asyncio.Event()
        self._kept = KeptChanges()
        self._latest: Snapshot | None = None
        self._sent: Snapshot | None = None
        self._state: StreamState | None = None
        self._state_message = b""
        self._valid_until: datetime | None = None

    def __len__(self) -> int:
        """Return the number of open streams."""
        return len(self._open)

    def on_snapshot(self, snapshot: Snapshot) -> None:
        """Note that another snapshot answers."""
        self._latest = snapshot
        self._news.set()

    def open(self, last: Position | None) -> Subscription:
        """Open a stream that continues after the change `last`, where that is kept.

        Raises `Refused` without data, and where there are too many.
        """
        if self._is_draining() or len(self._open) >= self._limit:
            self._on_refused()
            raise self._too_many()
        if self._sent is None:
            self._news_since()
        if self._sent is None:
            raise Refused("no-data", "There is no data yet.", retry_after=WARM_UP_RETRY_SECONDS)
        now = self._monotonic()
        after = last if last is not None and self._reaches(last, self._sent.head.at) else None
        is_reset = last is not None and after is None
        stream = Subscription(
            self._beginning(self._sent, is_reset=is_reset),
            after or BEFORE_ALL,
            missed=() if after is None else self._kept.after(after),
            comment_at=now + COMMENT_SECONDS,
            ends_at=now + LIFE_SECONDS * self._between(1 - LIFE_SPREAD, 1 + LIFE_SPREAD),
            on_close=self._on_close,
        )
        self._open[stream] = None
        self._on_count(len(self._open))
        self._news.set()
        return stream

    async def run(self, on_round: Callable[[], None]) -> None:
        """Send what is new until cancelled; then close every stream."""
        try:
            while True:
                await self._wait()
                on_round()
                self._news.clear()
                await self._offer(self._news_since())
                await self._look()
        finally:
            for stream in list(self._open):
                stream.close()

    async def _wait(self) -> None:
        """Wait for a snapshot or a stream; where anybody listens, until the next look."""
        waiting = {asyncio.ensure_future(self._news.wait()), asyncio.ensure_future(self._tick())}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()

    async def _tick(self) -> None:
        listened_to = self._open or self._ending
        await self._sleep(TICK_SECONDS if listened_to else COMMENT_SECONDS)

    async def _offer(self, messages: Sequence[News]) -> None:
        """Give `messages` to all that listen now, a slice at a time."""
        if messages:
            for number, stream in enumerate(list(self._open), start=1):
                for each in messages:
                    self._tell(stream, each)
                await self._pause_after(number)

    def _tell(self, stream: Subscription, news: News) -> None:
        """Send `news` unless its client has it; one that may have a part of it reads anew."""
        if news.is_known_in_part(stream.after) and self._sent is not None:
            stream.after = BEFORE_ALL
            stream.offer(reset_message("not_kept"))
            stream.offer(self._state_now(self._sent))
        elif not news.is_known(stream.after):
            stream.offer(news.message)

    async def _look(self) -> None:
        """Comment where it is due, and end what has lived its time, or everything at the drain."""
        now, draining = self._monotonic(), self._is_draining()
        due = [each for each in self._open if draining or now >= min(each.comment_at, each.ends_at)]
        for number, stream in enumerate(due, start=1):
            if draining or now >= stream.ends_at:
                stream.close()
                self._ending.append((now + GRACE_SECONDS, stream))
            else:
                stream.comment_at = now + COMMENT_SECONDS
                stream.offer(COMMENT)
            await self._pause_after(number)
        for _, stream in [ending for ending in self._ending if now >= ending[0]]:
            stream.cut()
        self._ending = [ending for ending in self._ending if now < ending[0]]

    async def _pause_after(self, number: int) -> None:
        if number % SLICE == 0 and not self._is_draining():
            await self._sleep(PAUSE_SECONDS)

    def _on_close(self, stream: Subscription) -> None:
        self._open.pop(stream, None)
        self._on_count(len(self._open))

    def _news_since(self) -> list[News]:
        """Return what is new since the last time, and take it for sent."""
        latest, now = self._latest, self._clock()
        if latest is None:
            return []
        news = [*self._changes(latest, now), *self._transitions(latest, now)]
        self._sent = latest
        return news

    def _changes(self, latest: Snapshot, now: datetime) -> Iterator[News]:
        """Yield what was recorded since the snapshot that was sent, and keep it.

        What was loaded anew may be another record, or what was sent was none of this one.
        """
        sent = self._sent
        if sent is None or not continues(sent, latest):
            if sent is not None:
                yield self._reset("restored")
                self._expect_everything()
            self._kept = _newest(latest, now)
        elif changes := list(changes_since(sent, latest)):
            view = _view(latest, now)
            for recorded in changes:
                yield self._change(view, recorded)

    def _change(self, view: View, recorded: RecordedChange) -> News:
        if len(recorded.rows) > MAX_ROWS:
            self._kept = KeptChanges()
            return self._reset("not_kept")
        change = _kept(view, recorded)
        self._kept.keep(change)
        return News(change.message, change.at, change.since)

    def _expect_everything(self) -> None:
        """Have every stream told of all that comes: what its client had is of another record."""
        for stream in self._open:
            stream.after = BEFORE_ALL

    def _reset(self, reason: ResetReason) -> News:
        """Have clients drop what they have read; the state follows, another one or not."""
        self._state = None
        return News(reset_message(reason))

    def _transitions(self, latest: Snapshot, now: datetime) -> Iterator[News]:
        """Yield the level and the state where they are others than before.

        While nobody listens nothing is rendered: the next stream's beginning does that.
        """
        if not self._open:
            self._valid_until = None
            return
        if latest is self._sent and self._valid_until is not None and now < self._valid_until:
            return
        before, state = self._state, self._render_state(latest, now)
        if before is not None and before.level != state.level:
            yield News(level_message(state))
        if before != state:
            yield News(self._state_message)

    def _render_state(self, snapshot: Snapshot, now: datetime) -> StreamState:
        """Render the state as what the streams know, and return it."""
        self._state = state = state_of(snapshot, now)
        self._state_message = state_message(state)
        self._valid_until = assess_whole(snapshot, now).valid_until
        return state

    def _beginning(self, sent: Snapshot, *, is_reset: bool) -> Iterator[bytes]:
        """Yield what a stream begins with: the state, and whether it continues nothing."""
        yield retry_message(int(1000 * self._between(MIN_RETRY_SECONDS, MAX_RETRY_SECONDS)))
        if is_reset:
            yield reset_message("not_kept")
        yield self._state_now(sent)

    def _reaches(self, last: Position, head: Position) -> bool:
        """Tell whether all changes after `last` are kept, or `last` is of a worker a bit ahead."""
        is_near = last.position <= head.position + MAX_KEPT
        return last.timeline == head.timeline and is_near and self._kept.reach(last)

    def _state_now(self, sent: Snapshot) -> bytes:
        """Return the state at this instant: a transition may have passed since the last look.

        That is news to the streams that are open; where none is, it becomes what they know.
        """
        now = self._clock()
        if self._valid_until is None or now >= self._valid_until:
            if self._open:
                return state_message(state_of(sent, now))
            self._render_state(sent, now)
        return self._state_message

    def _too_many(self) -> Refused:
        """Refuse a stream. All that are refused at once must not come back at once."""
        return Refused(
            "too-many-streams",
            "This worker has no place for another stream: connect again later, or ask "
            "`/api/v1/changes`.",
            retry_after=int(self._between(MIN_AGAIN_SECONDS, MAX_AGAIN_SECONDS)),
            links={"changes": "/api/v1/changes"},
        )

    def _between(self, minimum: float, maximum: float) -> float:
        return minimum + (maximum - minimum) * self._chance()


def _view(snapshot: Snapshot, now: datetime) -> View:
    return present(snapshot, assess_whole(snapshot, now), now)


def _kept(view: View, recorded: RecordedChange) -> KeptChange:
    message = change_message(view, recorded.at, recorded.rows)
    return KeptChange(recorded.at, message, recorded.since)


def _newest(snapshot: Snapshot, now: datetime) -> KeptChanges:
    """Return the last changes of a record, as far as they are known and none is too large."""
    view = _view(snapshot, now)
    changes = [_kept(view, recorded) for recorded in islice(newest(snapshot), MAX_KEPT)]
    return KeptChanges(reversed(changes))
