"""Open-loop load: requests leave when they are due, whatever became of the ones before.

Latency counts from a request's due time, not from when it was sent. Otherwise a server that stalls
would slow down the very client that measures it, and the requests that were not sent in the stall
would not be in the statistics (coordinated omission). It reports how late its own timer was and how
much of a CPU it took, so that its own stalls are not blamed on the server.
"""

import asyncio
import contextlib
import re
import time
from array import array
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import cast

from bench.ticker import Ticker
from rates_dev.ports import HOST

FINEST_TICK = 250e-6
"""Seconds; a finer timer would cost more CPU than it gains in precision."""
GOOD = frozenset({200, 304})
RECONNECT_SECONDS = 0.02
BODILESS = frozenset({204, 304})
STATUS = re.compile(rb"HTTP/1\.1 (\d{3})")
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
HEAD_START = 0.1
"""Seconds from connecting to the first due time."""


@dataclass(frozen=True)
class Load:
    """What to ask: `requests` in turn, `rate` of them a second, for `seconds`.

    An answer that has not come `timeout` seconds after its request was sent is an error.
    """

    port: int
    rate: float
    seconds: float
    requests: tuple[bytes, ...]
    connections: int = 64
    timeout: float = 5.0

    @property
    def total(self) -> int:
        """Return the number of requests."""
        return int(self.rate * self.seconds)


@dataclass
class Seen:
    """What came of it: seconds of the monotonic clock, the same in every process of a machine.

    `due` and `latencies` belong together, one pair for each good answer. `lags` are how late the
    generator itself was at each tick, `elapsed` runs from the first due time to the last answer,
    `cpu` is its share of one CPU meanwhile.
    """

    due: "array[float]" = field(default_factory=lambda: array("d"))
    latencies: "array[float]" = field(default_factory=lambda: array("d"))
    lags: "array[float]" = field(default_factory=lambda: array("d"))
    errors: Counter[str] = field(default_factory=Counter)
    elapsed: float = 0.0
    cpu: float = 0.0


async def generate(load: Load) -> Seen:
    """Put `load` on the server and return what came of it, at most `timeout` after the last."""
    run = _Run(load)
    await run.connect()
    cpu = time.process_time()
    began = await run.go()
    run.seen.elapsed = time.monotonic() - began
    run.seen.cpu = (time.process_time() - cpu) / run.seen.elapsed
    return run.seen


def request(path: str) -> bytes:
    """Return a GET of `path` as it goes over the wire."""
    return f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()


class Connection(asyncio.Protocol):
    """One kept connection with at most one request on it.

    On the level of `asyncio.Protocol`, since a client library would cost more than the server under
    test. It understands answers with a `Content-Length`, which are all that the contenders give.
    """

    sent_at: float | None
    """When the request that is on it was sent, null while it is free."""

    def __init__(self, owner: "_Run") -> None:
        self._owner = owner
        self._due = 0.0
        self._status = 0
        self._head = b""
        self._missing = 0
        self._why = "connection lost"
        self.sent_at = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be ready for a request."""
        # uvloop's transports are no subclass of asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        self._owner.opened(self)

    def send(self, due: float, request: bytes) -> None:
        """Send a request that was `due`."""
        self._due, self._head, self._status = due, b"", 0
        self.sent_at = time.monotonic()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Take a piece of the answer."""
        if self._status:
            self._missing -= len(data)
        else:
            self._head += data
            if (head := read_head(self._head)) is None:
                return
            self._status, self._missing = head
        if self._missing <= 0:
            self.sent_at = None
            self._owner.answered(self, self._status, self._due)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's name
        """Tell the owner."""
        self._owner.lost(self, None if self.sent_at is None else self._why)

    def abort(self, why: str = "connection lost") -> None:
        """End it at once; a request on it is lost, and `why`."""
        self._why = why
        self._transport.abort()


def read_head(data: bytes) -> tuple[int, int] | None:
    """Return status and bytes of the body still missing; null while the head is incomplete.

    Raises `ValueError` for what is no HTTP/1.1 answer with a known length.
    """
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    status = STATUS.match(data)
    if status is None:
        raise ValueError(f"no HTTP/1.1 answer: {data[:40]!r}")
    code = int(status[1])
    if code in BODILESS:
        return code, end + 4 - len(data)
    length = LENGTH.search(data, 0, end)
    if length is None:
        raise ValueError("an answer without Content-Length")
    return code, end + 4 + int(length[1]) - len(data)


class _Run:
    """The schedule, and which connections are free."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.seen = Seen()
        self.over = False
        self._idle: deque[Connection] = deque()
        self._waiting: deque[int] = deque()
        self._connections: set[Connection] = set()
        self._connecting: set[asyncio.Task[None]] = set()
        self._next = self._done = 0
        self._begin = 0.0
        self._all_done = asyncio.Event()

    async def connect(self) -> None:
        await asyncio.gather(*(self._open() for _ in range(self.load.connections)))

    async def go(self) -> float:
        """Send what is due at each tick, until all is answered or given up.

        Return when the first was due.
        """
        loop = asyncio.get_running_loop()
        ticker = Ticker(max(1 / self.load.rate, FINEST_TICK))
        self._begin = time.monotonic() + HEAD_START
        loop.add_reader(ticker.fileno, self._tick, ticker)
        minding = asyncio.create_task(self._mind())
        try:
            longest = HEAD_START + self.load.seconds + self.load.timeout
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._all_done.wait(), longest)
        finally:
            self.over = True
            loop.remove_reader(ticker.fileno)
            ticker.close()
            await self._close(minding)
        return self._begin

    async def _close(self, minding: "asyncio.Task[None]") -> None:
        for task in (minding, *self._connecting):
            task.cancel()
        await asyncio.gather(minding, *self._connecting, return_exceptions=True)
        for connection in tuple(self._connections):
            connection.abort()
        if left := self.load.total - self._done:
            self.seen.errors["unanswered at the end"] += left

    def _tick(self, ticker: Ticker) -> None:
        ticker.read()
        now, load = time.monotonic(), self.load
        if self._next >= load.total or now < self._due(self._next):
            return
        self.seen.lags.append(now - self._due(self._next))
        last = min(load.total, int((now - self._begin) * load.rate) + 1)
        self._waiting.extend(range(self._next, last))
        self._next = last
        while self._waiting and self._idle:
            self._send(self._idle.popleft())

    def _due(self, number: int) -> float:
        return self._begin + number / self.load.rate

    def _send(self, connection: Connection) -> None:
        number = self._waiting.popleft()
        requests = self.load.requests
        connection.send(self._due(number), requests[number % len(requests)])

    def answered(self, connection: Connection, status: int, due: float) -> None:
        """Note an answer and give its connection the request that has waited longest."""
        if status in GOOD:
            self.seen.due.append(due)
            self.seen.latencies.append(time.monotonic() - due)
        else:
            self.seen.errors[f"status {status}"] += 1
        self._finish_one()
        self.free(connection)

    def free(self, connection: Connection) -> None:
        """Take a connection that has nothing to do."""
        if self._waiting:
            self._send(connection)
        else:
            self._idle.append(connection)

    def opened(self, connection: Connection) -> None:
        """Take a new connection."""
        self._connections.add(connection)
        self.free(connection)

    def lost(self, connection: Connection, why: str | None) -> None:
        """Note a connection that is gone, `why` with a request on it, and open another."""
        self._connections.discard(connection)
        with contextlib.suppress(ValueError):
            self._idle.remove(connection)
        if self.over:
            return
        if why is not None:
            self.seen.errors[why] += 1
            self._finish_one()
        task = asyncio.get_running_loop().create_task(self._reopen())
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    def _finish_one(self) -> None:
        self._done += 1
        if self._done == self.load.total:
            self._all_done.set()

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: Connection(self), HOST, self.load.port)

    async def _reopen(self) -> None:
        while not self.over:
            await asyncio.sleep(RECONNECT_SECONDS)
            with contextlib.suppress(OSError):
                await self._open()
                return

    async def _mind(self) -> None:
        """Give up requests that take too long."""
        while True:
            await asyncio.sleep(self.load.timeout / 20)
            oldest = time.monotonic() - self.load.timeout
            for connection in tuple(self._connections):
                if connection.sent_at is not None and connection.sent_at < oldest:
                    connection.abort("timeout")
