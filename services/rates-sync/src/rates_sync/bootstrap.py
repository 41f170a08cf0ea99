"""Builds one instance of rates-sync from its settings: the one place that opens clients.

Called by `__main__` and by tests, which pass their own clock, sleep or chance; `assembly` wires
what a lease adds. Nothing connects and nothing runs until `Service.run`; what is opened here is
closed there, in reverse order.
"""

import asyncio
import os
import secrets
import socket
import uuid
from contextlib import AsyncExitStack
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from rates_contracts.calendar import mexico_day
from rates_sync import __version__
from rates_sync.assembly import Instance, Seams, build_leader
from rates_sync.banxico.client import BanxicoClient, open_client
from rates_sync.instrumentation import Watch
from rates_sync.leader.election import Leadership
from rates_sync.liveness import Progress
from rates_sync.metrics import Metrics
from rates_sync.migrations import migrate
from rates_sync.notify.alerts import Alerts, LogAlerts
from rates_sync.notify.cdn import EdgeCache, NoEdge
from rates_sync.service import Service
from rates_sync.settings import Settings
from rates_sync.store.engine import open_engine
from rates_sync.store.fence import Fence
from rates_sync.store.lease import Lease
from rates_sync.store.origin import claim
from rates_sync.store.quota import RequestLedger
from rates_sync.store.record import Record
from rates_telemetry.tracing import current_traceparent, open_tracing

LEASE_WITHIN = 60.0
"""Seconds in which a living lease loop gets round, also while the database hangs."""


def bootstrap(settings: Settings, **seams: Any) -> Service:
    """Build an instance; `seams` are the fields of `Seams` that a test replaces."""
    closing = AsyncExitStack()
    instance = _instance(settings, Seams(**seams), closing)
    url = settings.database_url.reveal()

    async def prepare() -> None:
        await migrate(url)
        await claim(instance.engine, settings.source)

    async def holder() -> str:
        return (await instance.lease.observe()).holder

    async def quota_used() -> int:
        today = mexico_day(instance.seams.clock())
        return await RequestLedger(instance.engine, Fence("", 0)).used(today)

    return Service(
        clock=instance.seams.clock,
        sleep=instance.seams.sleep,
        metrics=instance.metrics,
        progress=instance.progress,
        record=instance.record,
        leadership=Leadership(
            instance.lease, lambda fence: build_leader(instance, fence), instance.watch.leads
        ),
        prepare=prepare,
        holder=holder,
        quota_used=quota_used,
        relay_lag=instance.watch.relay_lag,
        operator_token=settings.operator_token,
        daily_quota=settings.daily_quota,
        closing=closing,
    )


def _instance(settings: Settings, seams: Seams, closing: AsyncExitStack) -> Instance:
    metrics = Metrics(daily_quota=settings.daily_quota)
    progress = Progress(seams.monotonic)
    tracing = open_tracing(
        "rates-sync",
        version=__version__,
        endpoint=settings.otlp_endpoint or None,
        sampled=settings.trace_share,
    )
    closing.push_async_callback(asyncio.to_thread, tracing.close)
    engine = open_engine(settings.database_url.reveal())
    closing.push_async_callback(engine.dispose)
    redis = _open_redis(settings)
    closing.push_async_callback(redis.aclose)
    http = open_client(settings.banxico_url, read_timeout=settings.request_timeout)
    closing.push_async_callback(http.aclose)

    async def lease_sleep(seconds: float) -> None:
        progress.beat("lease", within=LEASE_WITHIN)
        await seams.sleep(seconds)

    return Instance(
        settings=settings,
        seams=seams,
        engine=engine,
        redis=redis,
        client=BanxicoClient(http, settings.banxico_token, seams.clock),
        alerts=_alerts(settings),
        edge=_edge(settings),
        tracing=tracing,
        record=Record(engine, seams.clock, seams.new_event_id, current_traceparent),
        lease=Lease(
            engine,
            _name(),
            monotonic=seams.monotonic,
            sleep=lease_sleep,
            poll=settings.lease_poll,
            patience=settings.lease_patience,
        ),
        metrics=metrics,
        progress=progress,
        lease_sleep=lease_sleep,
        watch=Watch(metrics, progress, seams.clock),
    )


def _open_redis(settings: Settings) -> Redis:
    """No retries of the client's own: the relay's loop is the retry."""
    return Redis.from_url(
        settings.redis_url.reveal(),
        retry=Retry(NoBackoff(), 0),
        socket_timeout=settings.redis_timeout,
        socket_connect_timeout=settings.redis_timeout,
        client_name="rates-sync",
        # RESP3 is the client's default, and the embedded server can't write its null.
        protocol=2,
    )


def _alerts(settings: Settings) -> Alerts:
    if not settings.sns_topic_arn:
        return LogAlerts()
    from rates_sync.notify.aws import SnsAlerts, open_client  # noqa: PLC0415  needs boto3

    return SnsAlerts(open_client("sns", settings.aws_region), settings.sns_topic_arn)


def _edge(settings: Settings) -> EdgeCache:
    if not settings.cloudfront_distribution_id:
        return NoEdge()
    from rates_sync.notify.aws import CloudFrontPurge, open_client  # noqa: PLC0415  needs boto3

    return CloudFrontPurge(
        open_client("cloudfront", settings.aws_region),
        settings.cloudfront_distribution_id,
        reference=lambda: uuid.uuid4().hex,
    )


def _name() -> str:
    """Name this process in the lease, unique also across its restarts."""
    return f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"
