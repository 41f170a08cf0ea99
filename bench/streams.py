"""Ten thousand streams on one worker: its memory, until all have a change, what requests feel.

The clients are sockets on a thread of their own, with an event loop that does nothing else.
"""

import asyncio
import resource
import threading
import time
from collections.abc import Coroutine
from functools import partial
from typing import Any, NamedTuple, TypeVar

from bench.cases import EVERYDAY
from bench.cpus import Layout
from bench.errors import BenchRefused
from bench.footprint import memory_of
from bench.latency import figure, latency
from bench.load import start_load
from bench.platform import Platform
from bench.processes import wait_until
from bench.report import Section, Table
from bench.stream import StreamWatch
from rates_dev.ports import HOST

T = TypeVar("T")

PATH = "/api/v1/stream"
REST_RATE = 500
AT_ONCE = 50
"""Connections that are made at a time."""
SETTLED_SECONDS = 2.0
MEANWHILE_SECONDS = 1.0
ALL_SECONDS = 60.0
SPARE_DESCRIPTORS = 512
CHANGE = b"event: change\n"
MB = 1e6


class Change(NamedTuple):
    """When an event came, and when the last client had its change: on the monotonic clock."""

    came_at: float
    last_at: float


class StreamClient(asyncio.Protocol):
    """One stream, which notes when changes come."""

    def __init__(self) -> None:
        """Have heard nothing."""
        self.has_begun = False
        self.changed_at: float | None = None

    def connection_made(self, transport: Any) -> None:
        """Ask for the stream."""
        self.transport = transport
        transport.write(f"GET {PATH} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())

    def data_received(self, data: bytes) -> None:
        """Note the beginning, and the first change; a message comes in one piece."""
        self.has_begun = self.has_begun or b"event: state\n" in data
        if self.changed_at is None and CHANGE in data:
            self.changed_at = time.monotonic()


class StreamClients:
    """A context manager that holds so many streams open."""

    def __init__(self, port: int, number: int) -> None:
        """Open `number` streams at `port`."""
        self._port, self._number = port, number
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.clients: list[StreamClient] = []

    def __enter__(self) -> "StreamClients":
        _raise_descriptors(self._number)
        self._thread.start()
        self._do(self._connect())
        wait_until(self._have_begun, ALL_SECONDS, f"{self._number} streams began")
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def last_changed_at(self) -> float | None:
        """Return when the last client had its change, None while one has none."""
        instants = [client.changed_at for client in self.clients if client.changed_at is not None]
        return max(instants) if len(instants) == self._number else None

    def forget(self) -> None:
        """Have every client wait for another change."""
        for client in self.clients:
            client.changed_at = None

    def _have_begun(self) -> bool:
        return sum(client.has_begun for client in self.clients) == self._number

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(ALL_SECONDS)

    async def _connect(self) -> None:
        for begun in range(0, self._number, AT_ONCE):
            connecting = [
                self._loop.create_connection(StreamClient, HOST, self._port)
                for _ in range(min(AT_ONCE, self._number - begun))
            ]
            self.clients += [client for _, client in await asyncio.gather(*connecting)]

    async def _close(self) -> None:
        for client in self.clients:
            client.transport.abort()


def _raise_descriptors(streams: int) -> None:
    """Allow for so many sockets. Raises `BenchRefused` where the machine does not."""
    needed = streams + SPARE_DESCRIPTORS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise BenchRefused(f"{streams} streams need {needed} open files, {hard} are allowed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))


def measure(
    platform: Platform, streams: int, publications: int, seconds: float, cpus: Layout
) -> Section:
    """Hold `streams` streams on one worker, publish, and ask for the everyday answers meanwhile."""
    platform.start_api(1, cpus.every, {"RATES_API_STREAMS": str(streams)})
    port = platform.plan.port("api")
    (worker,) = platform.workers()
    with StreamClients(port, streams) as clients, StreamWatch(platform.plan.port("redis")) as watch:
        with start_load(port, EVERYDAY, REST_RATE, seconds, cpus.load) as load:
            sent = [_publish(platform, clients, watch) for _ in range(publications)]
            seen = load.result()
        memory = memory_of(worker)["rss"] / MB
    meanwhile = latency(seen.between([change.came_at for change in sent], MEANWHILE_SECONDS))
    figures = {
        "streams/rss": figure([memory], "MB"),
        "streams/served": figure([change.last_at - change.came_at for change in sent], "s"),
        "streams/p95": figure([meanwhile.p95], "ms"),
        "streams/errors": figure([float(seen.failed)], ""),
    }
    rows = [
        ("memory of the worker (RSS), MB", str(figures["streams/rss"])),
        ("from the stream to the last client, s", str(figures["streams/served"])),
        (f"p95 of answers at {REST_RATE}/s due meanwhile, ms", str(figures["streams/p95"])),
        ("errors among them", str(figures["streams/errors"])),
    ]
    note = (
        f"{streams:,} streams, {publications} publications; meanwhile is the second after an event;"
        " the clients share CPUs."
    )
    return Section([Table("Streams", ("what", "measured"), rows, [note])], figures)


def _publish(platform: Platform, clients: StreamClients, watch: StreamWatch) -> Change:
    """Publish, and wait until every client has the change."""
    clients.forget()
    value = platform.publish()
    last = wait_until(lambda: clients.last_changed_at, ALL_SECONDS, "every stream has the change")
    came = wait_until(partial(watch.first_with, value), ALL_SECONDS, f"{value} is an event")
    time.sleep(SETTLED_SECONDS)
    return Change(came, last)
