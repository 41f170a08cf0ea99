"""The ASGI application of one worker: routes, probes, and the background beside them.

`http` has all that clients see; here are the probes and the life of a worker.
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
from rates_api.bootstrap import NO_OVERRIDES, Overrides, bootstrap, timestamp_of
from rates_api.endpoints import ENDPOINTS
from rates_api.http.response_cache import response_cache_middleware
from rates_api.http.routes import exception_handlers, route_handlers
from rates_api.http.tracing_middleware import tracing_middleware
from rates_api.settings import Settings
from rates_api.worker import Worker
from rates_telemetry.logging import set_up_logging

log = structlog.get_logger(__name__)

NO_STORE = {"Cache-Control": "no-store"}


def create(settings: Settings | None = None, overrides: Overrides = NO_OVERRIDES) -> ASGIApp:
    """Build the application of a worker process, and set up its log.

    Without `settings` they are read from the environment.
    """
    settings = settings or environment.load()
    set_up_logging(settings.log_level, settings.log_style, service="rates-api")
    worker = bootstrap(settings, overrides)
    app = response_cache_middleware(
        create_app(worker),
        worker.current,
        worker.counters,
        monotonic=worker.monotonic,
        timestamp=timestamp_of(worker.clock),
    )
    _collect_from_now_on()
    return tracing_middleware(app, worker.tracing) if settings.otlp_endpoint else app


def _collect_from_now_on() -> None:
    """Have the garbage collector look at what is made after the start alone (`__main__`)."""
    gc.freeze()
    gc.enable()


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
        route_handlers=[*_probes(worker), *route_handlers(ENDPOINTS, worker)],
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
    """Return `/livez` (no loop is stuck) and `/readyz` (protocol rule 22)."""

    @get("/livez", sync_to_thread=False)
    def livez() -> Response[dict[str, Any]]:
        stuck = worker.liveness.stuck
        return _probe(not stuck, {"alive": not stuck, "stuck": stuck})

    @get("/readyz", sync_to_thread=False)
    def readyz() -> Response[dict[str, Any]]:
        return _probe(worker.ready, {"ready": worker.ready})

    return [livez, readyz]


def _probe(good: bool, content: dict[str, Any]) -> Response[dict[str, Any]]:
    return Response(content, status_code=200 if good else 503, headers=NO_STORE)
