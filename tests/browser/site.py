"""The service's pages on a port of this machine, around a worker whose record and clock are set.

The world is that of rates-api's unit tests: the real record on Friday 2026-08-14 at ten.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from types import ModuleType
from typing import Any

import uvicorn

from rates_api.following.broadcast import Broadcast, Timing
from rates_dev.ports import HOST, free_port
from rates_dev.processes import wait_for

MAX_STREAMS = 50


class Site:
    """Pages that a browser can open at `url`; each method may be called from any thread."""

    def __init__(self, world: ModuleType) -> None:
        self.world = world
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.asked: list[str] = []
        self.away: tuple[str, ...] = ()
        """The beginnings of paths that are answered 503 by something before the service."""
        self._worker = world.Worker(world.snapshot())
        self._loop = asyncio.new_event_loop()
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._app,
                host=HOST,
                port=self.port,
                log_level="warning",
                interface="asgi3",
                lifespan="off",
                timeout_graceful_shutdown=1,
            )
        )

    def show(self, now: datetime | None = None, **changes: Any) -> None:
        """Answer from the world's record at `now`; `changes` as those of `world.snapshot`."""
        at = now or self.world.NOW
        self.become(self.world.snapshot(now=at, **changes), at)

    def become(self, snapshot: Any, now: datetime) -> None:
        """Answer from this snapshot, with None from none at all."""

        def become() -> None:
            self._worker.now = now
            if snapshot is None:
                self._worker.current = self.world.current_snapshot(None)
            else:
                self._worker.current.replace(snapshot)

        self._in_loop(become)

    def restart(self) -> None:
        """Forget everything: a healthy worker at the world's hour, nobody in its way."""
        self.away = ()
        self.asked.clear()

        def restart() -> None:
            self._worker = worker = self.world.Worker(None)
            timing = Timing(worker.clock, self._loop.time, asyncio.sleep, lambda: 0.0)
            worker.broadcast = worker.streams = Broadcast(
                MAX_STREAMS,
                timing,
                is_draining=lambda: False,
                on_count=lambda _: None,
                on_refused=lambda: None,
            )
            worker.current = self.world.CurrentSnapshot(
                self.world.ResponseCache, worker.broadcast.on_snapshot
            )
            worker.current.replace(self.world.snapshot())
            self._pages = self.world.cached(worker)
            self._running = self._loop.create_task(worker.broadcast.run(lambda: None))

        self._in_loop(restart)

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"]
        self.asked.append(path)
        if self.away and path.startswith(self.away):
            await send({"type": "http.response.start", "status": 503, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await self._pages(scope, receive, send)

    def _in_loop(self, work: Any) -> None:
        done = threading.Event()

        def run() -> None:
            try:
                work()
            finally:
                done.set()

        self._loop.call_soon_threadsafe(run)
        assert done.wait(10)

    @contextmanager
    def served(self) -> Iterator["Site"]:
        """Serve until the block ends."""
        thread = threading.Thread(target=self._serve, daemon=True)
        thread.start()
        assert wait_for(lambda: self._server.started, 20)
        self.restart()
        try:
            yield self
        finally:
            self._server.should_exit = True
            thread.join(10)

    def _serve(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._server.serve())
