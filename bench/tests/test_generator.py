"""The generator against a server whose stalls are known, so that arithmetic says what to see."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvloop

from bench.cpus import layout
from bench.generator import Load, Seen, generate, read_head
from bench.latency import Latency, latency
from bench.load import under_load
from rates_dev.ports import HOST
from support.programs import require

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
REQUEST = b"GET / HTTP/1.1\r\nHost: stub\r\n\r\n"
EVERY, STALL = 1.0, 0.1
RATE, SECONDS = 1000.0, 3.0
ATTEMPTS, LATE = 3, 0.005
"""Only a run in which the generator, and the stub beside it, was never late has no other waits."""


class Stalling(asyncio.Protocol):
    """Answers at once, but in the first 100 ms of each second only when these are over."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        within = time.monotonic() % EVERY
        wait = STALL - within if within < STALL else 0.0
        asyncio.get_running_loop().call_later(wait, self.answer)

    def answer(self) -> None:
        self.transport.write(ANSWER)  # type: ignore[attr-defined]


@asynccontextmanager
async def served(protocol: type[asyncio.Protocol]) -> AsyncIterator[int]:
    """Serve on a free port and yield it."""
    server = await asyncio.get_running_loop().create_server(protocol, HOST, 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def sees_the_stalls(seen: Latency) -> bool:
    """Tell whether it is at least what 100 ms of stall in each second give to even requests.

    A tenth of them come in a stall and wait for what is left of it, 0 to 100 ms evenly: 5 % wait
    more than half of a stall, 1 % more than nine tenths. Whatever else this machine does can only
    add to that.
    """
    stall = STALL * 1000
    return seen.p95 > 0.45 * stall and seen.p99 > 0.87 * stall and seen.max > 0.95 * stall


def sees_nothing_else(seen: Latency) -> bool:
    """Tell whether it is no more than that: half of the requests wait for nothing."""
    stall = STALL * 1000
    return seen.p50 < 0.2 * stall and seen.p95 < 0.75 * stall and seen.p99 < 1.2 * stall


async def one_after_the_other(port: int, clients: int = 4) -> Latency:
    """Measure as a closed loop does: the next request leaves when the last was answered."""
    until, seconds = time.monotonic() + SECONDS, list[float]()

    async def client() -> None:
        reader, writer = await asyncio.open_connection(HOST, port)
        while (sent := time.monotonic()) < until:
            writer.write(REQUEST)
            await reader.readexactly(len(ANSWER))
            seconds.append(time.monotonic() - sent)
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(client() for _ in range(clients)))
    return latency(seconds)


def test_every_request_of_a_stall_is_in_the_percentiles() -> None:
    """Requests that were due while the server stalled count with all of their wait."""

    async def measured() -> Seen:
        async with served(Stalling) as port:
            return await generate(Load(port, RATE, SECONDS, (REQUEST,), connections=8))

    for _ in range(ATTEMPTS):
        seen = uvloop.run(measured())
        assert not seen.errors
        assert len(seen.latencies) == RATE * SECONDS
        assert sees_the_stalls(latency(seen.latencies)), latency(seen.latencies)
        if max(seen.lags) < LATE:
            assert sees_nothing_else(latency(seen.latencies)), latency(seen.latencies)
            break


async def test_a_closed_loop_does_not_see_the_stalls() -> None:
    """The prediction tells a generator with coordinated omission from one without."""
    async with served(Stalling) as port:
        seen = await one_after_the_other(port)
    assert not sees_the_stalls(seen), seen


class Failing(Stalling):
    """Answers 503."""

    def answer(self) -> None:
        self.transport.write(ANSWER.replace(b"200 OK", b"503 Nope"))  # type: ignore[attr-defined]


class Dropping(Stalling):
    """Ends the connection where an answer should come."""

    def answer(self) -> None:
        self.transport.close()


class Silent(Stalling):
    """Never answers."""

    def answer(self) -> None:
        """Do nothing."""


@pytest.mark.parametrize(
    ("protocol", "error"),
    [(Failing, "status 503"), (Dropping, "connection lost"), (Silent, "timeout")],
)
async def test_each_failure_is_an_error_and_no_latency(
    protocol: type[asyncio.Protocol], error: str
) -> None:
    """What was not answered well is counted by its kind, once for each request."""
    async with served(protocol) as port:
        load = Load(port, rate=100, seconds=0.2, requests=(REQUEST,), connections=50, timeout=0.4)
        seen = await generate(load)
    assert not seen.latencies
    assert sum(seen.errors.values()) == 20
    assert set(seen.errors) <= {error, "unanswered at the end"}
    assert seen.errors[error] > 0


async def test_the_generator_says_how_late_it_was_itself() -> None:
    """A generator that is kept from its schedule reports the lag as its own."""
    async with served(Stalling) as port:
        load = Load(port, rate=500, seconds=0.5, requests=(REQUEST,))
        asyncio.get_running_loop().call_later(0.3, _block, 0.08)
        seen = await generate(load)
    assert max(seen.lags) > 0.05


async def test_the_process_of_its_own_sees_the_same() -> None:
    """What the generator's process reports is the distribution, with due times of this clock."""
    require("setpriv", "taskset")
    begun = time.monotonic()
    async with served(Stalling) as port:
        cpus = layout().load
        measured = await asyncio.to_thread(under_load, port, ["/a", "/b"], 200.0, 1.0, cpus)
    assert (measured.answered, measured.failed) == (200, 0)
    assert 0 < measured.latency.p50 <= measured.latency.p99 <= measured.latency.max
    first = min(measured.seen.due)
    assert begun < first
    assert len(measured.between([first], 0.4975)) == 100


def _block(seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass


@pytest.mark.parametrize(
    ("data", "head"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Le", None),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab", (200, 3)),
        (b"HTTP/1.1 304 Not Modified\r\n\r\n", (304, 0)),
    ],
)
def test_a_head_tells_status_and_what_is_missing(data: bytes, head: tuple[int, int] | None) -> None:
    """An answer may come in pieces; a 304 has no body."""
    assert read_head(data) == head


def test_an_answer_of_unknown_length_is_refused() -> None:
    """Nothing is guessed about where an answer ends."""
    with pytest.raises(ValueError, match="Content-Length"):
        read_head(b"HTTP/1.1 200 OK\r\n\r\n")
