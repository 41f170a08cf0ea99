"""`GET /health`: the instance's state, for operators and dashboards; answered from memory.

It is about the whole instance (protocol rule 24): its figures are the last merged ones, its level
and warnings the worst of the instance's and this worker's own at this moment, its freshness the
worse of both series' (protocol rule 27). Missing history degrades it alone.
"""

from datetime import datetime
from typing import Literal

from rates_api import __version__
from rates_api.dependencies import InstanceHealth
from rates_api.rates.current import freshness
from rates_api.snapshot.level import LEVELS, assess_whole
from rates_api.snapshot.snapshot import Snapshot
from rates_contracts.answers import Dependencies, Dependency, Health, Level, Performance
from rates_contracts.status import BreakerState, Upstream
from rates_contracts.warnings import in_order

HealthStatus = Literal["healthy", "degraded", "unhealthy"]

STATUS_OF: dict[Level, HealthStatus] = {
    "healthy": "healthy",
    "degraded": "degraded",
    "limited": "degraded",
    "critical": "unhealthy",
}
UPSTREAM_IS: dict[Upstream, Dependency] = {
    "unknown": "degraded",
    "ok": "healthy",
    "failing": "unhealthy",
    "rate_limited": "degraded",
    "bad_token": "unhealthy",
    "quota_exhausted": "degraded",
}


def answer(instance: InstanceHealth, snapshot: Snapshot | None, now: datetime) -> Health:
    """Answer with the state of the instance at `now`; `unhealthy` only without any data."""
    own = assess_whole(snapshot, now)
    level = max(own.level, instance.level, key=LEVELS.index)
    return Health(
        status=STATUS_OF[level],
        level=level,
        dependencies=_dependencies(instance, snapshot),
        performance=Performance(instance.response_time_p95, instance.cache_hit_ratio),
        freshness=None if snapshot is None else freshness(own),
        warnings=in_order((*own.warnings, *instance.warnings)),
        version=__version__,
        position=None if snapshot is None else snapshot.head.at.stream_id,
    )


def _dependencies(instance: InstanceHealth, snapshot: Snapshot | None) -> Dependencies:
    breaker: BreakerState = "closed" if snapshot is None else snapshot.status.breaker
    return Dependencies(instance.database, instance.redis, _banxico(snapshot), breaker)


def _banxico(snapshot: Snapshot | None) -> Dependency:
    """A Banxico that answers without confirming a series is not healthy (protocol rule 27)."""
    if snapshot is None:
        return UPSTREAM_IS["unknown"]
    status = snapshot.status
    unconfirmed = any(series.unconfirmed_since for series in status.series.values())
    return "degraded" if status.upstream == "ok" and unconfirmed else UPSTREAM_IS[status.upstream]
