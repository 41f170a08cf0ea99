"""The answer of `/health`, for operators and `rates-sync status`.

Reads the database for at most a second; what can't be read is None.
"""

import asyncio
from collections.abc import Awaitable
from datetime import datetime
from typing import Literal, TypeVar

import msgspec

from rates_contracts.events import Head
from rates_contracts.status import BreakerState, SeriesStatus, SyncStatus, Upstream
from rates_sync.errors import StoreUnavailable
from rates_sync.service import Service

T = TypeVar("T")

READ_SECONDS = 1.0


class QuotaUsage(msgspec.Struct, frozen=True):
    """Requests of the Mexico City day; None if the database does not answer."""

    limit: int
    used: int | None
    left: int | None


class InstanceHealth(msgspec.Struct, frozen=True):
    """The state of an instance; instants are UTC, None if unknown.

    `role` is `starting` until the database is migrated; `leader` names the holder of the lease.
    `last_outcome` and `next_cycle_at` are this instance's own, None on a standby. It is degraded
    while a series is unverified, unconfirmed or under review.
    """

    status: Literal["healthy", "degraded"]
    role: Literal["leader", "standby", "starting"]
    leader: str | None
    source: str | None
    breaker: BreakerState | None
    upstream: Upstream | None
    verified_at: datetime | None
    fresh_until: datetime | None
    clock_suspect: bool | None
    last_outcome: str | None
    next_cycle_at: datetime | None
    head: Head | None
    relay_lag: int
    quota: QuotaUsage
    series: dict[str, SeriesStatus]


async def health_of(service: Service) -> InstanceHealth:
    """Return the health of `service`. Never fails."""
    status, head, holder, used = await asyncio.gather(
        _read(service.record.status()),
        _read(service.record.head()),
        _read(service.holder()),
        _read(service.quota_used()),
    )
    poller = service.leader.poller if service.leader else None
    last = poller.last if poller else None
    limit = service.daily_quota
    return InstanceHealth(
        status="healthy" if _is_well(status, service.clock()) else "degraded",
        role=_role(service),
        leader=holder or None,
        source=status.source if status else None,
        breaker=status.breaker if status else None,
        upstream=status.upstream if status else None,
        verified_at=status.verified_at if status else None,
        fresh_until=status.fresh_until if status else None,
        clock_suspect=status.clock_suspect if status else None,
        last_outcome=last.outcome if last else None,
        next_cycle_at=poller.next_cycle_at if poller else None,
        head=head,
        relay_lag=service.relay_lag(),
        quota=QuotaUsage(limit, used, None if used is None else max(0, limit - used)),
        series=dict(status.series) if status else {},
    )


def _is_well(status: SyncStatus | None, now: datetime) -> bool:
    if status is None or status.breaker != "closed":
        return False
    return bool(status.series) and all(
        series.fresh_until is not None
        and now <= series.fresh_until
        and series.unconfirmed_since is None
        and not series.under_review
        for series in status.series.values()
    )


def _role(service: Service) -> Literal["leader", "standby", "starting"]:
    if not service.ready:
        return "starting"
    return "leader" if service.leader else "standby"


async def _read(reading: Awaitable[T]) -> T | None:
    try:
        async with asyncio.timeout(READ_SECONDS):
            return await reading
    except (StoreUnavailable, TimeoutError):
        return None
