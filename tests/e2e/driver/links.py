"""TCP links that a scenario can cut or hang while both ends live.

One thread with its own event loop carries the bytes of all links of a platform. A *cut* link
refuses new connections and drops the ones it has; a *hung* link accepts and never answers, which
is what a dead host behind a firewall looks like.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Literal, TypeVar

T = TypeVar("T")
Mode = Literal["open", "cut", "hung"]


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

    async def _listen_again(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in tuple(self._writers):
            self._abort(writer)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry both ways until an end closes; nothing is left open, however this ends."""
        self._writers.add(writer)
        try:
            if self.mode == "hung":
                await asyncio.Event().wait()
            if self.mode == "open":  # else it was taken before the server closed
                await self._join(reader, writer)
        finally:
            self._abort(writer)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
            self._writers.add(far_writer)
            try:
                await asyncio.gather(self._copy(reader, far_writer), self._copy(far_reader, writer))
            finally:
                self._abort(far_writer)

    def _abort(self, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()
        self._writers.discard(writer)

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry bytes one way until an end closes; what comes while hung is swallowed."""
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if self.mode == "open":
                    writer.write(data)
                    await writer.drain()
        writer.transport.abort()


async def _cancel_all() -> None:
    for _ in range(3):  # what was just taken gets to know that its link is cut
        await asyncio.sleep(0)
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
