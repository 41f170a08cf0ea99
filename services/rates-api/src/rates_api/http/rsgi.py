"""The application of one worker as Granian calls it: cached responses first, ASGI for all else.

RSGI, Granian's own interface, takes a response in one call, without a message or a task for it. It
decides nothing of its own: what is not in the cache of the current snapshot is answered by the
endpoint, at a path without parameters, or by the ASGI application, as are requests of a sampled
trace and all of them while the instance drains. That answers by itself, too, to the same byte.
"""

import asyncio
from collections.abc import Callable, Mapping

from litestar.types import ASGIApp

from rates_api.http.api_request import ApiRequest
from rates_api.http.asgi_bridge import Lifespan, serve
from rates_api.http.port import WorkerPort
from rates_api.http.response import HttpResponse, StreamedResponse
from rates_api.http.response_cache import CachedResponse, is_valid_host
from rates_api.http.routes import METHODS, Respond
from rates_api.http.rsgi_types import RequestHeaders, RsgiProtocol, RsgiScope
from rates_api.http.tracing_middleware import traced, tracing_middleware
from rates_api.supervisor_link import SupervisorLink
from rates_telemetry.tracing import Tracing


class RsgiApplication:
    """Cached responses, and `asgi` behind them, which serves all by itself, too."""

    def __init__(
        self,
        app: ASGIApp,
        port: WorkerPort,
        link: SupervisorLink,
        tracing: Tracing | None,
        direct: Mapping[str, Respond],
        timestamp: Callable[[], float],
    ) -> None:
        """Serve `app`, traced by `tracing`, and `direct` what responds at which paths.

        `timestamp` gives the worker's time in POSIX seconds.
        """
        self.asgi = app if tracing is None else tracing_middleware(app, tracing)
        self._app, self._lifespan, self._tracing = app, Lifespan(app), tracing
        self._current, self._record, self._link = port.current, port.counters.record, link
        self._direct, self._monotonic, self._timestamp = direct, port.monotonic, timestamp

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start the application. Raises `LifespanFailed`, which ends the process."""
        loop.run_until_complete(self._lifespan.start())

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """End the application."""
        loop.run_until_complete(self._lifespan.end())

    async def __rsgi__(self, scope: RsgiScope, protocol: RsgiProtocol) -> None:
        """Answer a request."""
        started, headers = self._monotonic(), scope.headers
        if self._tracing is not None:
            context = self._tracing.chosen(headers.get("traceparent"))
            if context is not None:
                await serve(traced(self._app, self._tracing, context), scope, protocol)
                return
        path = scope.path
        # Without a `Host` that is seen there may be one that is no ASCII, which RSGI does not show.
        hosts = headers.get_all("host")
        if not hosts or not is_valid_host(hosts) or self._link.draining:
            await serve(self._app, scope, protocol)
            return
        cached = self._current.cache.responses.get((path, scope.query_string))
        response = None if cached is None else self._choose(cached, scope.method, headers)
        if cached is not None and response is not None:
            protocol.response_bytes(response.status, response.headers, response.content)
            self._record(cached.route, response.status, self._monotonic() - started, hits=1)
            return
        respond = self._direct.get(path) if scope.method in METHODS else None
        if respond is None:
            await serve(self._app, scope, protocol)
            return
        query = scope.query_string.encode()
        response = await respond(ApiRequest(scope.method, path, query, {}, headers.get_all))
        if isinstance(response, StreamedResponse):
            await response.send_over_rsgi(protocol)
            return
        protocol.response_bytes(response.status, response.headers, response.content)

    def _choose(
        self, cached: CachedResponse, method: str, headers: RequestHeaders
    ) -> HttpResponse | None:
        """Return the cached response to a request, None where it has to be made."""
        if not cached.valid_from <= self._timestamp() < cached.valid_until:
            return None
        return cached.choose(method, headers.get_all)
