"""Who may act on the internal port: whoever has the operators' token, and who has not, how often.

After 10 refused calls within a minute a caller is not listened to until the oldest of them is a
minute old: nobody tries tokens at leisure, or fills the log. Others are not affected.
"""

import hmac
import math
from collections import deque
from collections.abc import Callable
from typing import Any

import structlog
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from rates_contracts.environment import Secret
from rates_sync.operate.problems import Problem
from rates_sync.store.recording import CALLER

log = structlog.get_logger(__name__)

MAX_REFUSALS = 10
REFUSAL_SECONDS = 60.0
MAX_CALLERS = 1000
"""Of so many callers refused calls are remembered; the one refused longest ago is forgotten."""


class RefusalLimit:
    """The refused calls of each caller in the last minute."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """Measure in `monotonic` seconds."""
        self._monotonic = monotonic
        self._refused_at: dict[str, deque[float]] = {}

    def seconds_to_wait(self, caller: str) -> float:
        """Return how long `caller` is not listened to, 0 if it is."""
        refused_at = self._refused_at.get(caller)
        if refused_at is None or len(refused_at) < MAX_REFUSALS:
            return 0.0
        return max(0.0, refused_at[0] + REFUSAL_SECONDS - self._monotonic())

    def note(self, caller: str) -> None:
        """Count a refused call of `caller`."""
        refused_at = self._refused_at.pop(caller, deque(maxlen=MAX_REFUSALS))
        refused_at.append(self._monotonic())
        self._refused_at[caller] = refused_at
        if len(self._refused_at) > MAX_CALLERS:
            del self._refused_at[next(iter(self._refused_at))]


async def require_operator(
    connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler
) -> None:
    """Refuse requests without the right token, compared in constant time; note their caller.

    Raises a `Problem`. A coroutine, since others run in a thread, where `CALLER` would stay behind.
    """
    caller = connection.client.host if connection.client else "unknown"
    service, refusals = connection.app.state.service, connection.app.state.refusals
    CALLER.set(caller)
    if wait := refusals.seconds_to_wait(caller):
        service.metrics.operator_refusals.inc()
        raise _too_many(wait)
    if not _has_token(connection, service.operator_token):
        service.metrics.operator_refusals.inc()
        refusals.note(caller)
        log.warning("operator_refused", caller=caller, path=connection.scope["path"])
        raise Problem(
            401,
            "not-authorized",
            "Operator actions need the bearer token of RATES_SYNC_OPERATOR_TOKEN.",
            headers={"WWW-Authenticate": "Bearer"},
        )


def _has_token(connection: ASGIConnection[Any, Any, Any, Any], expected: Secret) -> bool:
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    given, right = token.strip().encode(), expected.reveal().encode()
    return scheme.lower() == "bearer" and hmac.compare_digest(given, right)


def _too_many(wait: float) -> Problem:
    return Problem(
        429,
        "too-many-refusals",
        f"{MAX_REFUSALS} calls from this address were refused within a minute.",
        headers={"Retry-After": str(math.ceil(wait))},
    )
