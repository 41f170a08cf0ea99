"""Builds one instance of rates-sync from its settings: the only module that opens clients.

Nothing connects or runs before `Service.run`, which closes in reverse order what is opened here.
"""

import asyncio
import os
import secrets
import socket
import time
import uuid
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from datetime import date as Day
from random import random as chance

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from sqlalchemy.ext.asyncio import AsyncEngine

from rates_contracts.calendar import mexico_day
from rates_contracts.observation import FIRST_FIX_DAY
from rates_sync import __version__
from rates_sync.assembly import Instance, build_leader
from rates_sync.banxico.client import BanxicoClient, open_client
from rates_sync.clock import Clock, Monotonic, Sleep
from rates_sync.errors import StoreUnavailable
from rates_sync.instrumentation import Instrumentation
from rates_sync.leader.clock_check import Abstention
from rates_sync.leader.election import Election
from rates_sync.leader.witnesses import Witnesses
from rates_sync.liveness import Liveness
from rates_sync.metrics import Metrics
from rates_sync.migrations import migrate, migrate_with
from rates_sync.notify.alerts import Alerts, AlertSender, LogAlerts
from rates_sync.notify.cdn import EdgeCache, NoEdgeCache
from rates_sync.notify.pairs import DatabaseOutage
from rates_sync.relay.document_ttl import keep_documents
from rates_sync.relay.stream import translated
from rates_sync.service import Service
from rates_sync.settings import Settings
from rates_sync.store.engine import DatabaseUtc, open_engine, utc_of
from rates_sync.store.lease import Lease
from rates_sync.store.origin import claim
from rates_sync.store.quota import requests_used
from rates_sync.store.record import Record
from rates_sync.upstream import Banxico
from rates_telemetry.tracing import Tracing, current_traceparent, open_tracing

LEASE_WITHIN = 60.0
"""Seconds within which a running lease loop beats, even while the database hangs."""


@dataclass(frozen=True)
class Overrides:
    """Replacements for the real parts; None means the part that the settings describe.

    The caller closes what it passes: the instance closes only what it opened itself. `engine` must
    reach an existing database; `name` must be unique to the instance, also across its restarts.
    """

    clock: Clock = lambda: datetime.now(UTC)
    monotonic: Monotonic = time.monotonic
    sleep: Sleep = asyncio.sleep
    random: Callable[[], float] = chance
    new_event_id: Callable[[], str] = lambda: uuid.uuid4().hex
    first_fix_day: Day = FIRST_FIX_DAY
    name: str | None = None
    engine: AsyncEngine | None = None
    database_utc: DatabaseUtc = utc_of
    redis: Redis | None = None
    banxico: Banxico | None = None
    alerts: Alerts | None = None
    edge: EdgeCache | None = None
    tracing: Tracing | None = None


NO_OVERRIDES = Overrides()


def bootstrap(settings: Settings, overrides: Overrides = NO_OVERRIDES) -> Service:
    """Build an instance; the parts in `overrides` replace the real ones."""
    closing = AsyncExitStack()
    redis = overrides.redis or _open_redis(settings, closing)

    async def keep() -> None:
        await keep_documents(redis)

    instance = _instance(settings, overrides, redis, closing)
    outage = _outage(instance)

    async def prepare() -> None:
        if overrides.engine is None:
            await migrate(settings.database_url.reveal())
        else:
            await migrate_with(overrides.engine)
        await claim(instance.engine, settings.source)

    async def on_unprepared(error: StoreUnavailable) -> None:
        instance.lease.on_outcome(error)
        await keep()
        await outage.step()

    async def holder() -> str:
        return (await instance.lease.observe()).holder

    async def quota_used() -> int:
        return await requests_used(instance.engine, mexico_day(overrides.clock()))

    async def ping_redis() -> None:
        with translated():
            await instance.redis.ping()

    return Service(
        clock=overrides.clock,
        sleep=overrides.sleep,
        monotonic=overrides.monotonic,
        metrics=instance.metrics,
        liveness=instance.liveness,
        record=instance.record,
        lease=instance.lease,
        instrumentation=instance.instrumentation,
        outage=outage,
        ping_redis=ping_redis,
        election=Election(
            lambda: instance.lease.contend(keep),
            instance.lease.release,
            lambda fence: build_leader(instance, fence),
            instance.instrumentation.on_leading,
            _abstention(instance).wait,
        ),
        prepare=prepare,
        on_unprepared=on_unprepared,
        holder=holder,
        quota_used=quota_used,
        operator_token=settings.operator_token,
        daily_quota=settings.daily_quota,
        first_fix_day=overrides.first_fix_day,
        closing=closing,
    )


def _instance(
    settings: Settings, overrides: Overrides, redis: Redis, closing: AsyncExitStack
) -> Instance:
    metrics, liveness = Metrics(daily_quota=settings.daily_quota), Liveness(overrides.monotonic)
    tracing = overrides.tracing or _open_tracing(settings, overrides, closing)
    engine = overrides.engine or _open_engine(settings, closing)

    async def lease_sleep(seconds: float) -> None:
        liveness.beat("lease", within=LEASE_WITHIN)
        await overrides.sleep(seconds)

    lease = Lease(
        engine,
        overrides.name or _unique_name(),
        monotonic=overrides.monotonic,
        sleep=lease_sleep,
        poll=settings.lease_poll,
        patience=settings.lease_patience,
        database_utc=overrides.database_utc,
    )
    witnesses = Witnesses(overrides.clock, overrides.monotonic, lease.utc)
    instrumentation = Instrumentation(metrics, liveness, overrides.clock)
    alerts = overrides.alerts or _alerts(settings)
    return Instance(
        settings=settings,
        clock=overrides.clock,
        monotonic=overrides.monotonic,
        sleep=overrides.sleep,
        lease_sleep=lease_sleep,
        random=overrides.random,
        first_fix_day=overrides.first_fix_day,
        engine=engine,
        redis=redis,
        banxico=overrides.banxico or _open_banxico(settings, overrides.clock, closing),
        alerts=alerts,
        alert_sender=AlertSender(alerts, overrides.monotonic, instrumentation.on_alert),
        edge=overrides.edge or _edge(settings),
        tracing=tracing,
        record=Record(
            engine,
            witnesses.now,
            overrides.new_event_id,
            current_traceparent,
            on_outcome=instrumentation.on_recording,
        ),
        lease=lease,
        witnesses=witnesses,
        metrics=metrics,
        liveness=liveness,
        instrumentation=instrumentation,
    )


def _outage(instance: Instance) -> DatabaseOutage:
    """Feed the alerts by the lease, which every instance reads or writes every few seconds."""
    outage = DatabaseOutage(instance.alert_sender, instance.witnesses.now, instance.monotonic)

    def on_lease(error: StoreUnavailable | None) -> None:
        instance.instrumentation.on_lease(error)
        outage.on_outcome(error)

    instance.lease.on_outcome = on_lease
    return outage


def _abstention(instance: Instance) -> Abstention:
    """Without the lease only reads tell whether the database is available."""
    lease = instance.lease

    async def database_utc() -> datetime | None:
        try:
            now = await lease.utc()
        except StoreUnavailable as error:
            lease.on_outcome(error)
            raise
        lease.on_outcome(None)
        return now

    return Abstention(
        database_utc,
        instance.clock,
        instance.lease_sleep,
        instance.alerts,
        interval=instance.settings.lease_poll,
        now=instance.witnesses.now,
    )


def _open_tracing(settings: Settings, overrides: Overrides, closing: AsyncExitStack) -> Tracing:
    tracing = open_tracing(
        "rates-sync",
        version=__version__,
        endpoint=settings.otlp_endpoint or None,
        sampled=settings.trace_share,
        chance=overrides.random,
        monotonic=overrides.monotonic,
    )
    closing.push_async_callback(asyncio.to_thread, tracing.close)
    return tracing


def _open_engine(settings: Settings, closing: AsyncExitStack) -> AsyncEngine:
    engine = open_engine(settings.database_url.reveal())
    closing.push_async_callback(engine.dispose)
    return engine


def _open_redis(settings: Settings, closing: AsyncExitStack) -> Redis:
    """The client doesn't retry: the relay's loop does."""
    redis = Redis.from_url(
        settings.redis_url.reveal(),
        retry=Retry(NoBackoff(), 0),
        socket_timeout=settings.redis_timeout,
        socket_connect_timeout=settings.redis_timeout,
        client_name="rates-sync",
        # RESP3 is the client's default, and the embedded server can't encode its null.
        protocol=2,
    )
    closing.push_async_callback(redis.aclose)
    return redis


def _open_banxico(settings: Settings, clock: Clock, closing: AsyncExitStack) -> Banxico:
    http = open_client(settings.banxico_url, read_timeout=settings.request_timeout)
    closing.push_async_callback(http.aclose)
    return BanxicoClient(http, settings.banxico_token, clock)


def _alerts(settings: Settings) -> Alerts:
    if not settings.sns_topic_arn:
        return LogAlerts()
    from rates_sync.notify.aws import SnsAlerts, open_client  # noqa: PLC0415  needs boto3

    sns = open_client("sns", settings.aws_region)
    return SnsAlerts(sns.publish, settings.sns_topic_arn)


def _edge(settings: Settings) -> EdgeCache:
    if not settings.cloudfront_distribution_id:
        return NoEdgeCache()
    from rates_sync.notify.aws import CloudFrontPurge, open_client  # noqa: PLC0415  needs boto3

    cloudfront = open_client("cloudfront", settings.aws_region)
    return CloudFrontPurge(
        cloudfront.create_invalidation,
        settings.cloudfront_distribution_id,
        reference=lambda: uuid.uuid4().hex,
    )


def _unique_name() -> str:
    """Name this process in the lease, unique also across its restarts."""
    return f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"
