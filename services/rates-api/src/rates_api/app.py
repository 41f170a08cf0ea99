"""The application of one worker: cached responses, routes, probes and background tasks.

`http` has all that clients see; here are the probes, and a worker's start and stop.
"""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import structlog
from litestar import Litestar, Response, get
from litestar.handlers import HTTPRouteHandler

from rates_api import settings as environment
from rates_api.bootstrap import NO_OVERRIDES, Overrides, bootstrap, timestamp_of
from rates_api.endpoints import ENDPOINTS
from rates_api.http.draining_middleware import draining_middleware
from rates_api.http.endpoint import Endpoint, with_headers
from rates_api.http.problems import WARM_UP_RETRY_SECONDS
from rates_api.http.response import COMMON_HEADERS
from rates_api.http.response_cache import response_cache_middleware
from rates_api.http.routes import (
    canonical_path_middleware,
    direct,
    exception_handlers,
    host_middleware,
    route_handlers,
)
from rates_api.http.rsgi import RsgiApplication
from rates_api.pages.endpoints import PAGES
from rates_api.settings import Settings
from rates_api.supervisor_link import SupervisorLink, end_process
from rates_api.worker import Worker
from rates_telemetry.logging import set_up_logging

log = structlog.get_logger(__name__)

NO_STORE = {"Cache-Control": "no-store"}


def create(
    settings: Settings | None = None,
    overrides: Overrides = NO_OVERRIDES,
    *,
    link: SupervisorLink | None = None,
) -> RsgiApplication:
    """Build the application of a worker process, and set up its log.

    Without `settings` they are read from the environment; without `link` the worker runs alone. Its
    `asgi` serves the same under any ASGI server.
    """
    settings = settings or environment.load()
    set_up_logging(settings.log_level, settings.log_style, service="rates-api")
    worker = bootstrap(settings, overrides, link)
    timestamp = timestamp_of(worker.clock)
    endpoints = with_headers((*ENDPOINTS, *PAGES), _edge_policy(settings))
    canonical = canonical_path_middleware(create_app(worker, endpoints), endpoints, worker)
    app = response_cache_middleware(
        host_middleware(canonical, worker),
        worker.current,
        worker.counters,
        monotonic=worker.monotonic,
        timestamp=timestamp,
    )
    app = draining_middleware(app, worker.link)
    _enable_garbage_collector()
    _let_requests_pass()
    tracing = worker.tracing if settings.otlp_endpoint else None
    directly = direct(endpoints, worker)
    return RsgiApplication(app, worker, worker.link, tracing, directly, timestamp)


def _edge_policy(settings: Settings) -> tuple[tuple[str, str], ...]:
    """Return the header that names the edge's limit, where there is one.

    What a client has left of it is another one's in a cached answer: that is said on a 429 alone.
    """
    if not settings.edge_limit:
        return ()
    policy = f'"edge";q={settings.edge_limit};w={settings.edge_limit_window}'
    return (("ratelimit-policy", policy),)


def _let_requests_pass() -> None:
    """Let the event loop take its turn after a millisecond of a thread that renders.

    By default it would wait for five, with each request.
    """
    sys.setswitchinterval(0.001)


def _enable_garbage_collector() -> None:
    """Enable the garbage collector, for objects made after the start only (see `__main__`)."""
    gc.freeze()
    gc.enable()


def create_app(
    worker: Worker,
    endpoints: Sequence[Endpoint] = (*ENDPOINTS, *PAGES),
    *,
    end: Callable[[], None] = end_process,
) -> Litestar:
    """Put the routes on `worker`; `end` is called if its background work dies."""

    @asynccontextmanager
    async def background(_: Litestar) -> AsyncIterator[None]:
        # Not a task group around the application: if it failed, the server would take that for an
        # application without a lifespan, and continue to serve a snapshot that nothing updates.
        running = asyncio.create_task(worker.run(), name="background")
        running.add_done_callback(lambda task: _report_death(task, end))
        try:
            yield
        finally:
            running.cancel()
            await asyncio.wait({running})
            await worker.close()

    return Litestar(
        route_handlers=[*_probes(worker), *route_handlers(endpoints, worker)],
        exception_handlers=exception_handlers(worker),
        lifespan=[background],
        openapi_config=None,
        logging_config=None,
    )


def _report_death(task: "asyncio.Task[None]", end: Callable[[], None]) -> None:
    """Log what ended the background work, and end the worker, unless it was cancelled."""
    if task.cancelled():
        return
    log.critical("background_died", exc_info=task.exception())
    end()


def _probes(worker: Worker) -> list[HTTPRouteHandler]:
    """Return `/livez` (no loop is stuck), `/readyz` and `/readyz/fed` (protocol rules 22, 41)."""

    @get("/livez", sync_to_thread=False)
    def livez() -> Response[dict[str, Any]]:
        stuck = worker.liveness.stuck
        return _probe(not stuck, {"alive": not stuck, "stuck": stuck})

    @get("/readyz", sync_to_thread=False)
    def readyz() -> Response[dict[str, Any]]:
        ready = worker.ready
        return _probe(ready, {"ready": ready})

    @get("/readyz/fed", sync_to_thread=False)
    def readyz_fed() -> Response[dict[str, Any]]:
        ready, fed = worker.ready, worker.fed
        return _probe(ready and fed, {"ready": ready, "fed": fed})

    return [livez, readyz, readyz_fed]


def _probe(good: bool, content: dict[str, Any]) -> Response[dict[str, Any]]:
    headers = {**dict(COMMON_HEADERS), **NO_STORE}
    if not good:
        headers["Retry-After"] = str(WARM_UP_RETRY_SECONDS)
    return Response(content, status_code=200 if good else 503, headers=headers)
