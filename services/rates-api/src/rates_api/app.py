"""The ASGI application of one worker: routes, probes, and the background beside them.

`create` is what Granian's workers call (`python -m rates_api`) and what a launcher of tests calls
with its own clock. `serve` has all that clients see; here are the probes and the life of a worker.
"""

import asyncio
import gc
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import structlog
from litestar import Litestar, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp

from rates_api import settings as environment
from rates_api.bootstrap import bootstrap
from rates_api.http.front import in_front
from rates_api.http.routes import exception_handlers, route_handlers
from rates_api.http.tracing_middleware import traced
from rates_api.settings import Settings
from rates_api.worker import Worker
from rates_telemetry.logging import set_up_logging

log = structlog.get_logger(__name__)

NO_STORE = {"Cache-Control": "no-store"}


def create(settings: Settings | None = None, **seams: Any) -> ASGIApp:
    """Build the application of a worker process, and set up its log.

    Without `settings` they are read from the environment. `seams` are those of `bootstrap`:
    `clock`, `monotonic`, `sleep`, `random`, `settle`.
    """
    settings = settings or environment.load()
    set_up_logging(settings.log_level, settings.log_style, service="rates-api")
    worker = bootstrap(settings, **{"settle": settle, **seams})
    app = in_front(create_app(worker), worker)
    _collect_from_now_on()
    return traced(app, worker.tracing) if settings.otlp_endpoint else app


def _collect_from_now_on() -> None:
    """Have the garbage collector look at what is made after the start alone (`__main__`)."""
    gc.freeze()
    gc.enable()


def settle() -> None:
    """Keep the garbage collector from looking again at what a warm worker holds for good.

    A full collection over modules and routes stops every answer for some 60 ms.
    """
    gc.collect()
    gc.freeze()


def end_process() -> None:
    """End this worker in good order: what is being answered is, then the main process decides."""
    signal.raise_signal(signal.SIGTERM)


def create_app(worker: Worker, *, end: Callable[[], None] = end_process) -> Litestar:
    """Put the routes on `worker`; `end` is called if its background work dies."""

    @asynccontextmanager
    async def background(_: Litestar) -> AsyncIterator[None]:
        # Not a task group around the application: the server would take its end for an
        # application without background work, and serve on from a snapshot that nobody feeds.
        running = asyncio.create_task(worker.run(), name="background")
        running.add_done_callback(lambda task: _report_death(task, end))
        try:
            yield
        finally:
            running.cancel()
            await asyncio.wait({running})
            await worker.close()

    return Litestar(
        route_handlers=[*_probes(worker), *route_handlers(worker)],
        exception_handlers=exception_handlers(worker),
        lifespan=[background],
        openapi_config=None,
        logging_config=None,
    )


def _report_death(task: "asyncio.Task[None]", end: Callable[[], None]) -> None:
    """Log what killed the background work, and end the worker; a cancelled one is no death."""
    if task.cancelled():
        return
    log.critical("background_died", exc_info=task.exception())
    end()


def _probes(worker: Worker) -> list[HTTPRouteHandler]:
    """Return `/livez` (the loops get round) and `/readyz` (protocol rule 22)."""

    @get("/livez", sync_to_thread=False)
    def livez() -> Response[dict[str, Any]]:
        stuck = worker.progress.stuck
        return _probe(not stuck, {"alive": not stuck, "stuck": stuck})

    @get("/readyz", sync_to_thread=False)
    def readyz() -> Response[dict[str, Any]]:
        return _probe(worker.ready, {"ready": worker.ready})

    return [livez, readyz]


def _probe(good: bool, content: dict[str, Any]) -> Response[dict[str, Any]]:
    return Response(content, status_code=200 if good else 503, headers=NO_STORE)
