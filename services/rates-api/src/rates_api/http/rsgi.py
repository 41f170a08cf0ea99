"""The application of one worker as Granian calls it: cached responses first, ASGI for all else.

RSGI, Granian's own interface, takes a response in one call, without a message or a task for it. It
decides nothing of its own: what it does not find in the cache of the current snapshot, a request of
a sampled trace and every request while the instance drains go to the ASGI application, which
answers by itself, too, to the same byte.
"""

import asyncio
from collections.abc import Callable

from litestar.types import ASGIApp

from rates_api.http.asgi_bridge import Lifespan, serve
from rates_api.http.response import HttpResponse
from rates_api.http.response_cache import CachedResponse, ResponseCache, is_sound
from rates_api.http.rsgi_types import RsgiProtocol, RsgiScope
from rates_api.http.tracing_middleware import traced, tracing_middleware
from rates_api.request_counters import RequestCounters
from rates_api.snapshot.current import CurrentSnapshot
from rates_api.supervisor_link import SupervisorLink
from rates_telemetry.tracing import Tracing


class RsgiApplication:
    """Cached responses, and `asgi` behind them, which serves all by itself, too."""

    def __init__(
        self,
        app: ASGIApp,
        current: CurrentSnapshot[ResponseCache],
        counters: RequestCounters,
        link: SupervisorLink,
        tracing: Tracing | None,
        *,
        monotonic: Callable[[], float],
        timestamp: Callable[[], float],
    ) -> None:
        """Serve `app`, traced by `tracing`; `monotonic` and `timestamp` give seconds, the latter
        POSIX.
        """
        self.asgi = app if tracing is None else tracing_middleware(app, tracing)
        self._app, self._lifespan, self._tracing = app, Lifespan(app), tracing
        self._current, self._record, self._link = current, counters.record, link
        self._monotonic, self._timestamp = monotonic, timestamp

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start the application. Raises `LifespanFailed`, which ends the process."""
        loop.run_until_complete(self._lifespan.start())

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """End the application."""
        loop.run_until_complete(self._lifespan.end())

    async def __rsgi__(self, scope: RsgiScope, protocol: RsgiProtocol) -> None:
        """Answer a request."""
        started = self._monotonic()
        if self._tracing is not None:
            context = self._tracing.chosen(scope.headers.get("traceparent"))
            if context is not None:
                await serve(traced(self._app, self._tracing, context), scope, protocol)
                return
        cached = self._current.cache.responses.get((scope.path, scope.query_string))
        response = None if cached is None else self._choose(cached, scope)
        if cached is None or response is None:
            await serve(self._app, scope, protocol)
            return
        protocol.response_bytes(response.status, response.headers, response.content)
        self._record(cached.route, response.status, self._monotonic() - started, hits=1)

    def _choose(self, cached: CachedResponse, scope: RsgiScope) -> HttpResponse | None:
        """Return what answers a request, None where the ASGI application must."""
        if not cached.valid_from <= self._timestamp() < cached.valid_until or self._link.draining:
            return None
        headers = scope.headers
        hosts = headers.get_all("host")
        # Without one there may still be one that is no ASCII, which RSGI does not show.
        if not hosts or not is_sound(hosts):
            return None
        return cached.choose(
            scope.method, headers.get_all("accept-encoding"), headers.get_all("if-none-match")
        )
