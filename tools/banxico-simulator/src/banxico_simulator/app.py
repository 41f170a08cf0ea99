"""The Litestar application: Banxico's API, the control API and the liveness probe."""

import asyncio
import datetime as dt
import time
from typing import cast

from litestar import Litestar, Request, Response, asgi, get
from litestar.datastructures import State
from litestar.di import Provide
from litestar.types import HTTPScope, Receive, Scope, Send

from banxico_simulator.clock import Clock, utcnow
from banxico_simulator.control import control
from banxico_simulator.errors import SimulatorError
from banxico_simulator.front import Front, Sleep
from banxico_simulator.limits import Monotonic
from banxico_simulator.published.publication import ANNOUNCED_AT
from banxico_simulator.settings import DEVELOPMENT_TOKEN
from banxico_simulator.simulator import Simulator


def create_app(
    clock: Clock = utcnow,
    token: str = DEVELOPMENT_TOKEN,
    announced_at: dt.time = ANNOUNCED_AT,
    monotonic: Monotonic = time.monotonic,
    sleep: Sleep = asyncio.sleep,
) -> Litestar:
    """One application with its own state.

    `clock` is the real time, from which the control API moves away and to which it comes back;
    `announced_at` is when a day's FIX shows, in Mexico City; `monotonic` times the rate limits.
    """
    simulator = Simulator(clock, monotonic, token, announced_at)
    front = Front(simulator, sleep)

    @asgi("/SieAPIRest", is_mount=True, copy_scope=True)
    async def sie(scope: Scope, receive: Receive, send: Send) -> None:
        await front(cast("HTTPScope", scope), receive, send)

    return Litestar(
        route_handlers=[sie, livez, control],
        dependencies={"simulator": Provide(lambda: simulator, sync_to_thread=False)},
        exception_handlers={SimulatorError: _refuse},
        openapi_config=None,
    )


@get("/livez")
async def livez() -> dict[str, str]:
    """Answers while the process does."""
    return {"status": "ok"}


def _refuse(
    _request: Request[object, object, State], error: SimulatorError
) -> Response[dict[str, str | int]]:
    return Response({"status_code": 400, "detail": str(error)}, status_code=400)
