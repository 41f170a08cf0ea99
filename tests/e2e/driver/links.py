"""TCP links that a scenario can cut, hang or listen on while both ends live.

One thread with its own event loop carries the bytes of all links of a platform. A *cut* link
refuses new connections and drops the ones it has; a *hung* link accepts and never answers, which
is what a dead host behind a firewall looks like. A *trip wire* acts once when certain bytes pass.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

T = TypeVar("T")
Mode = Literal["open", "cut", "hung"]
Way = Literal["there", "back"]


@dataclass(frozen=True)
class TripWire:
    """Calls `act` once, when `needle` has come one way and is not yet carried on.

    With `way="back"` the next bytes of the answer to the needle trip it: they are not carried on
    either.
    """

    needle: bytes
    way: Way
    act: Callable[[], None]


class Links:
    """The thread that carries all links; a context manager."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._links: list[Link] = []

    def __enter__(self) -> "Links":
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        for link in self._links:
            link.cut()
        self._call(_cancel_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def add(self, listen: int, target: int) -> "Link":
        """Open a link from the port `listen` to the port `target`, both of this machine."""
        link = Link(self._call, listen, target)
        self._links.append(link)
        link.restore()
        return link

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)


class Link:
    """One link; `mode` says how it is."""

    def __init__(self, call: Callable[..., Any], listen: int, target: int) -> None:
        self._call = call
        self.port, self._target = listen, target
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._wire: TripWire | None = None
        self.mode: Mode = "cut"

    def cut(self) -> None:
        """Drop every connection and refuse new ones."""
        self.mode = "cut"
        self._call(self._close())

    def hang(self) -> None:
        """Leave connections standing, accept new ones, and carry nothing any more."""
        self.mode = "hung"

    def restore(self) -> None:
        """Carry again; connections that hung are dropped, their bytes are lost."""
        self._call(self._close())
        self.mode = "open"
        self._call(self._listen_again())

    def trip(self, wire: TripWire) -> None:
        """Set the trip wire."""
        self._wire = wire

    async def _listen_again(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        if self.mode != "open":
            return
        with contextlib.suppress(OSError):
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
            self._writers.add(far_writer)
            carried = _Carried()
            await asyncio.gather(
                self._copy("there", reader, far_writer, carried),
                self._copy("back", far_reader, writer, carried),
            )
            self._writers.discard(far_writer)
        writer.transport.abort()
        self._writers.discard(writer)

    async def _copy(
        self,
        way: Way,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        carried: "_Carried",
    ) -> None:
        """Carry bytes one way until an end closes; what comes while hung is swallowed."""
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if self._trips(way, data, carried):
                    break
                if self.mode == "open":
                    writer.write(data)
                    await writer.drain()
        writer.transport.abort()

    def _trips(self, way: Way, data: bytes, carried: "_Carried") -> bool:
        """Act on the trip wire if these bytes touch it, and tell whether they did."""
        wire = self._wire
        if wire is None:
            return False
        if way == "there":
            carried.awaiting = wire.needle in carried.tail + data
            carried.tail = data[-len(wire.needle) :]
        if not carried.awaiting or way != wire.way:
            return False
        self._wire = None
        wire.act()
        return True


@dataclass
class _Carried:
    """What a trip wire must know of a connection: its last bytes, and that the needle passed."""

    tail: bytes = b""
    awaiting: bool = False


async def _cancel_all() -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
