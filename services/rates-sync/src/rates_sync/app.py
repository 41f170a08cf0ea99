"""The internal port: probes, health, metrics, operators' actions.

All answers come from memory, except `/health`, which also reads the database.
Nothing here is public.
"""

from typing import Any

from litestar import Litestar, Response, get
from litestar.datastructures import State
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from rates_sync.operate.access import RefusalLimit
from rates_sync.operate.health import InstanceHealth, health_of
from rates_sync.operate.keys import SigningKeys
from rates_sync.operate.operations import Operations
from rates_sync.operate.problems import EXCEPTION_HANDLERS, internal_only
from rates_sync.operate.review import Reviews
from rates_sync.service import Service

NO_STORE = {"Cache-Control": "no-store"}


def create_app(service: Service) -> ASGIApp:
    """Return the application for `service`, which it doesn't run."""
    app = Litestar(
        route_handlers=[*_probes(service), Operations, Reviews, SigningKeys],
        dependencies={"service": Provide(lambda: service, sync_to_thread=False)},
        exception_handlers=EXCEPTION_HANDLERS,
        state=State({"service": service, "refusals": RefusalLimit(service.monotonic)}),
        openapi_config=None,
        logging_config=None,
    )
    return internal_only(app)


def _probes(service: Service) -> list[HTTPRouteHandler]:
    @get("/livez", sync_to_thread=False)
    def livez() -> Response[dict[str, Any]]:
        """Tell whether every loop runs."""
        stuck = service.liveness.stuck
        return _probe(not stuck, {"alive": not stuck, "stuck": stuck})

    @get("/readyz", sync_to_thread=False)
    def readyz() -> Response[dict[str, Any]]:
        """Tell whether the database is prepared: a standby is also ready."""
        return _probe(service.ready, {"ready": service.ready})

    @get("/health")
    async def health() -> Response[InstanceHealth]:
        """Return the health of this instance."""
        return Response(await health_of(service), headers=NO_STORE)

    @get("/metrics", sync_to_thread=False)
    def metrics() -> Response[bytes]:
        """Return the metrics of this instance."""
        body = generate_latest(service.metrics.registry)
        return Response(body, media_type=CONTENT_TYPE_LATEST, headers=NO_STORE)

    return [livez, readyz, health, metrics]


def _probe(good: bool, content: dict[str, Any]) -> Response[dict[str, Any]]:
    return Response(content, status_code=200 if good else 503, headers=NO_STORE)
