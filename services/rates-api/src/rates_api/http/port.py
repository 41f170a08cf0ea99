"""What the answers need of the worker, as a port: the worker implements it, tests fake it.

Nothing here is awaited: a request waits for nothing (rule R6).
"""

from datetime import datetime
from typing import Protocol

from rates_api.dependencies import InstanceHealth
from rates_api.http.response_cache import ResponseCache
from rates_api.request_counters import RequestCounters
from rates_api.snapshot.current import CurrentSnapshot


class WorkerPort(Protocol):
    """The worker as an answer sees it."""

    @property
    def current(self) -> CurrentSnapshot[ResponseCache]:
        """Return the one reference to the snapshot that answers, and to its cache."""

    @property
    def counters(self) -> RequestCounters:
        """Return where requests are counted."""

    def clock(self) -> datetime:
        """Return now, aware, in UTC."""

    def monotonic(self) -> float:
        """Return seconds of a clock that never steps."""

    def new_request_id(self) -> str:
        """Return a fresh `X-Request-Id`."""

    def instance_health(self) -> InstanceHealth:
        """Return the last known figures of the instance, without asking anything."""
