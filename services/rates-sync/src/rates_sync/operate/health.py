"""The answer of `/health`, for operators and `rates-sync status`.

Reads the database and asks Redis for at most a second, a distant database for its round trips
besides; what can't be read is None. Whether the database takes writes is known from the last ones:
the lease is renewed every two seconds, and a standby sees that.
"""

import asyncio
from collections.abc import Awaitable
from datetime import datetime, timedelta
from typing import Literal, TypeVar

import msgspec

from rates_contracts.answers import Dependency
from rates_contracts.events import Head
from rates_contracts.status import BreakerState, SeriesStatus, SyncStatus, Upstream
from rates_sync.errors import RelayError, StoreUnavailable
from rates_sync.service import Service

T = TypeVar("T")

ASK_SECONDS = 1.0
READ_ROUND_TRIPS = 10
"""Of a read: to connect and log in, the pool's ping, the statement, the end of the transaction."""


class QuotaUsage(msgspec.Struct, frozen=True):
    """Requests of the Mexico City day; None if the database does not answer."""

    limit: int
    used: int | None
    left: int | None


class InstanceHealth(msgspec.Struct, frozen=True):
    """The state of an instance; instants are UTC, None if unknown.

    `role` is `starting` until the database is migrated; `leader` names the holder of the lease.
    `last_outcome` and `next_cycle_at` are this instance's own, None on a standby. It is degraded
    while a series is unverified, unconfirmed or under review, or while a dependency is not healthy.

    `database` is `unhealthy` while it refuses this instance, `degraded` while the lease is not
    renewed, by whichever instance: `lease_renewed_at` is when it last was, as far as this one has
    seen. `redis` is `unhealthy` while it does not answer or refuses the relay. `causes` are the
    dependencies' own words, by what they refused.
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
    database: Dependency
    redis: Dependency
    lease_renewed_at: datetime
    causes: dict[str, str]


async def health_of(service: Service) -> InstanceHealth:
    """Return the health of `service`. Never fails."""
    causes = dict(service.instrumentation.database_errors)
    within = ASK_SECONDS + READ_ROUND_TRIPS * service.record.distance
    status, head, holder, used, redis_error = await asyncio.gather(
        _read(service.record.status(), within, causes),
        _read(service.record.head(), within, causes),
        _read(service.holder(), within, causes),
        _read(service.quota_used(), within, causes),
        _redis_error(service),
    )
    database = _database(service, causes)
    if redis_error is not None:
        causes["redis"] = redis_error
    poller = service.leader.poller if service.leader else None
    last = poller.last if poller else None
    limit = service.daily_quota
    return InstanceHealth(
        status="healthy" if not causes and _is_well(status, service.clock()) else "degraded",
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
        relay_lag=service.instrumentation.relay_lag(),
        quota=QuotaUsage(limit, used, None if used is None else max(0, limit - used)),
        series=dict(status.series) if status else {},
        database=database,
        redis="healthy" if redis_error is None else "unhealthy",
        lease_renewed_at=service.clock() - timedelta(seconds=service.lease.age),
        causes=causes,
    )


def _database(service: Service, causes: dict[str, str]) -> Dependency:
    """Return the state of the database; a lease that nobody renews is added to `causes`."""
    if causes:
        return "unhealthy"
    if not service.lease.is_overdue:
        return "healthy"
    causes["lease"] = f"not renewed for {service.lease.age:.0f} s"
    return "degraded"


async def _redis_error(service: Service) -> str | None:
    try:
        async with asyncio.timeout(ASK_SECONDS):
            await service.ping_redis()
    except (RelayError, TimeoutError) as error:
        return str(error) or "no answer"
    return service.instrumentation.redis_error


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


async def _read(reading: Awaitable[T], within: float, causes: dict[str, str]) -> T | None:
    try:
        async with asyncio.timeout(within):
            return await reading
    except (StoreUnavailable, TimeoutError) as error:
        causes["read"] = str(error) or "no answer"
        return None
