"""Redis in memory: fakeredis without a socket, cut and spoilt on purpose.

Each instance has a client of its own over its link. `save` and `restore` are a replica that lags
and takes over.
"""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import fakeredis
from fakeredis import FakeAsyncRedisConnection
from redis import exceptions
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from rates_contracts.documents import AVERAGES, CURRENT, HISTORY
from rates_contracts.stream import EVENT, EVENT_ID, EVENTS
from simulation.world.network import Link, Unreachable

DOCUMENTS = (CURRENT, AVERAGES, HISTORY)
VERSION = (7, 4)
FORGED = b"f" * 32
"""The ID of an event that nobody has recorded."""


class LinkedConnection(FakeAsyncRedisConnection):
    """A connection over a link, with the time-outs that a socket would have."""

    def __init__(self, *args: Any, link: Link, store: "StreamServer", **kwargs: Any) -> None:
        """Connect to `store` over `link`."""
        super().__init__(*args, **kwargs)
        self._link, self._store = link, store

    async def connect(self) -> None:
        """Connect. Raises `ConnectionError` and `TimeoutError`, Redis' own."""
        if not self.is_connected:
            await self._timed(self._link.send(), self.socket_connect_timeout)
        await super().connect()  # type: ignore[no-untyped-call]

    async def send_packed_command(self, command: Any, check_health: bool = True) -> None:
        """Send; the server answers at once, and the answer waits to be read."""
        sent = b"".join(command) if isinstance(command, list) else bytes(command)
        if b"EXEC" in sent and self._link.stop_within():
            await self._timed(self._link.machine.runs(), None)
        if not self._at_once(self._link.send_at_once):
            await self._timed(self._link.send(), self.socket_timeout)
        if self._store.full and (b"XADD" in sent or b"$3\r\nSET" in sent):
            raise exceptions.OutOfMemoryError("OOM command not allowed")
        if b"XREAD" in sent and self._store.spoilt:  # fakeredis itself fails here.
            raise exceptions.ResponseError("WRONGTYPE")
        if not self.is_connected:
            await self.connect()
        # Not as redis-py does: its `wait_for` takes a turn of the loop before Python 3.12 alone.
        assert self._writer is not None
        before = self._store.content() if b"EXEC" in sent else None
        self._writer.writelines(command if isinstance(command, list) else [command])
        if b"EXEC" in sent and self._store.content() != before:
            # A transaction whose stream has changed since it was watched does nothing.
            self._store.on_change(self._link.machine.name)

    async def read_response(self, *args: Any, **kwargs: Any) -> Any:
        """Read the next answer."""
        response = await super().read_response(*args, **kwargs)
        if not self._at_once(self._link.receive_at_once):
            await self._timed(self._link.receive(), self.socket_timeout)
        return response

    def _at_once(self, way: Callable[[], bool]) -> bool:
        try:
            return way()
        except Unreachable as error:
            raise exceptions.ConnectionError(str(error)) from error

    async def _timed(self, awaited: Any, seconds: float | None) -> Any:
        try:
            async with asyncio.timeout(seconds):
                return await awaited
        except TimeoutError as error:
            await self.disconnect(nowait=True)
            raise exceptions.TimeoutError("no answer from Redis") from error
        except Unreachable as error:
            await self.disconnect(nowait=True)
            raise exceptions.ConnectionError(str(error)) from error


class _InOrder(dict[Any, None]):
    """A set that keeps its order: fakeredis wakes blocked readers in that of their addresses."""

    def add(self, item: Any) -> None:
        """Add an item."""
        self[item] = None

    def remove(self, item: Any) -> None:
        """Remove an item."""
        del self[item]


@dataclass
class StreamServer:
    """The server, its clients, and what is wrong with it."""

    on_change: Callable[[str], None] = lambda _: None
    full: bool = False
    losses: int = 0
    """How often it has lost entries, or got some that no relay has sent."""
    """Whether somebody else has written what the relay has still to find."""
    server: Any = field(default_factory=lambda: fakeredis.FakeServer(version=VERSION))

    def __post_init__(self) -> None:
        """Open a client of its own, beside the platform."""
        self._disturbed = False
        self.inside = fakeredis.FakeRedis(server=self.server, version=VERSION)
        self.server.dbs[0]._change_callbacks = _InOrder()

    def client(self, link: Link, *, timeout: float) -> "Redis":
        """Return the client of one instance, which waits at most `timeout` seconds."""
        pool = ConnectionPool(
            connection_class=LinkedConnection,
            server=self.server,
            version=VERSION,
            server_type="redis",
            client_class=Redis,
            protocol=2,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            link=link,
            store=self,
        )
        return Redis(connection_pool=pool)

    @property
    def spoilt(self) -> bool:
        """Tell whether the stream's key holds something else."""
        return self._disturbed and self.inside.type(EVENTS) not in (b"stream", b"none")

    def entries(self) -> list[tuple[str, str]]:
        """Return stream ID and event ID of each entry, empty for one that has none."""
        if self.spoilt:
            return []
        entries: Any = self.inside.xrange(EVENTS)
        names = [(at.decode(), fields.get(EVENT_ID, b"")) for at, fields in entries]
        return [(at, "" if name == FORGED else name.decode()) for at, name in names]

    def document(self, key: str) -> bytes | None:
        """Return the bytes of a document, None where there is none."""
        if self.inside.type(key) != b"string":
            return None
        body: Any = self.inside.get(key)
        return bytes(body)

    def content(self) -> Any:
        """Return the stream's last entry and the documents, as they are."""
        last: Any = [] if self.spoilt else self.inside.xrevrange(EVENTS, count=1)
        return last, [self.document(key) for key in DOCUMENTS]

    def manifest_head(self) -> str | None:
        """Return the event that the documents are of, None without a manifest."""
        body = self.document(CURRENT)
        head: str | None = None if body is None else json.loads(body)["head"]["event_id"]
        return head

    def expiries(self) -> dict[str, float]:
        """Return each key and in how many seconds it ends, -0.001 for one that never does."""
        keys: Any = self.inside.keys()
        items = self.server.dbs[0]
        ends = {key.decode(): items[key].expireat for key in keys}
        return {key: -0.001 if end is None else end - time.time() for key, end in ends.items()}

    def flush(self) -> None:
        """Lose everything."""
        self.losses += 1
        self.inside.flushall()

    def save(self) -> Any:
        """Return what a replica holds that lags from now on."""
        documents = self.save_documents()
        entries: Any = [] if self.spoilt else self.inside.xrange(EVENTS)
        return documents, entries

    def restore(self, saved: Any) -> None:
        """Let that replica take over."""
        documents, entries = saved
        self.flush()
        for at, fields in entries:
            self.inside.xadd(EVENTS, fields, id=at)
        self.put(documents)

    def save_documents(self) -> Any:
        """Return a copy of the documents, with their times to live."""
        return {key: (self.document(key), self.inside.pttl(key)) for key in DOCUMENTS}

    def put(self, documents: Any) -> None:
        """Write such a copy back."""
        for key, (value, ttl) in documents.items():
            if value is not None:
                self.inside.set(key, value, px=max(1, ttl))

    def trim(self, length: int) -> None:
        """Lose all but the last entries."""
        self.losses += 1
        if not self.spoilt:
            self.inside.xtrim(EVENTS, maxlen=length, approximate=False)

    def lose_documents(self, keys: list[str]) -> None:
        """Let documents expire."""
        self.inside.delete(*keys)

    def spoil_document(self, key: str, seconds: int) -> None:
        """Let somebody else overwrite a document with something that ends by itself, too."""
        self.inside.set(key, b"\x00\xff", ex=seconds)

    @property
    def is_foreign(self) -> bool:
        """Tell whether the stream's end is none that a relay has written."""
        entries = self.entries()
        return self.spoilt or bool(entries and not entries[-1][1])

    def write_forged(self) -> None:
        """Let somebody else append an event that can be read, and stands in another's place."""
        last: Any = [] if self.spoilt else self.inside.xrevrange(EVENTS, count=1)
        if not last:
            return
        at, fields = last[0]
        timeline, position = (int(number) for number in at.split(b"-"))
        if EVENT not in fields:
            return
        event = json.loads(fields[EVENT])
        previous = {"timeline": timeline, "position": position, "event_id": event["event_id"]}
        event |= {"position": position + 1, "event_id": FORGED.decode(), "previous": previous}
        forged = {**fields, EVENT: json.dumps(event).encode(), EVENT_ID: FORGED}
        self.losses += 1
        self.inside.xadd(EVENTS, forged, id=f"{timeline}-{position + 2}")

    def write_foreign(self, number: int) -> None:
        """Let somebody else write something that no relay writes."""
        self._disturbed = True
        self.losses += 1
        spoil = (
            lambda: self.inside.xadd(EVENTS, {"a": "b"}, id="*"),
            lambda: self.inside.xadd(EVENTS, {"a": "b"}, id=f"{2**63}-1"),
            lambda: self.inside.set(EVENTS, "text"),
            lambda: self.inside.lpush(CURRENT, "list"),
            lambda: self.inside.set(HISTORY, b"\x00\xff"),
        )[number % 5]
        try:
            spoil()
        except exceptions.ResponseError:  # What was there was spoilt before.
            return
