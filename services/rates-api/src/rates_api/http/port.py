"""The worker as the answers need it: a port that the worker implements and tests fake.

A request waits for nothing but what takes long, and is done in a thread (rule R6), and for
evidence, which is read on demand.
"""

from collections.abc import Callable
from datetime import date as Day
from datetime import datetime
from typing import Protocol, TypeVar

from rates_api.dependencies import InstanceHealth
from rates_api.http.response import OpenStream
from rates_api.http.response_cache import ResponseCache
from rates_api.request_counters import RequestCounters
from rates_api.snapshot.current import CurrentSnapshot
from rates_contracts.answers import PublicKey
from rates_contracts.events import Position

T = TypeVar("T")


class Streams(Protocol):
    """The streams of a worker."""

    def open(self, last: Position | None) -> OpenStream:
        """Open a stream that continues after the change `last`. Raises `Refused`."""


class Evidence(Protocol):
    """What is read from the record on demand; each method raises `FallbackUnavailable`."""

    async def payload(self, sha256: str) -> bytes | None:
        """Return the raw answer with this hash, None if the record has none, or not all of it."""

    async def receipt(self, series: str, day: Day, revision: int) -> str | None:
        """Return the receipt of an observation, a compact JWS; None while it is not signed."""

    async def public_keys(self) -> tuple[PublicKey, ...]:
        """Return every key that was ever signed with, oldest first."""


class WorkerPort(Protocol):
    """The worker as an answer sees it."""

    @property
    def current(self) -> CurrentSnapshot[ResponseCache]:
        """Return the one reference to the snapshot that answers, and to its cache."""

    @property
    def counters(self) -> RequestCounters:
        """Return where requests are counted."""

    @property
    def streams(self) -> Streams:
        """Return the streams of what changes."""

    @property
    def evidence(self) -> Evidence:
        """Return where evidence is read."""

    def clock(self) -> datetime:
        """Return now, aware, in UTC."""

    def monotonic(self) -> float:
        """Return seconds of a clock that never steps."""

    def new_request_id(self) -> str:
        """Return a fresh `X-Request-Id`."""

    async def run_in_thread(self, work: Callable[[], T]) -> T:
        """Return what `work` returns, done in a thread: other requests don't wait for it."""

    def instance_health(self) -> InstanceHealth:
        """Return the last merged health of the instance."""
