"""Wires one instance of rates-sync: the one place that knows every concrete class.

Called by `__main__` and by tests, which pass their own clock, sleep or chance. Nothing connects and
nothing runs until `Service.run`; what is opened here is closed there, in reverse order.
"""

import asyncio
import os
import secrets
import socket
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import random as chance
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from sqlalchemy.ext.asyncio import AsyncEngine

from rates_contracts.calendar import mexico_day
from rates_contracts.events import Event
from rates_contracts.status import BreakerState
from rates_sync import __version__
from rates_sync.backfill import Backfill
from rates_sync.banxico.client import BanxicoClient, open_client
from rates_sync.courier import Courier, Outlets
from rates_sync.cycle import Cycle
from rates_sync.errors import RelayError, StoreUnavailable
from rates_sync.guard.chain import Guarded, Limits, Surroundings, guarded
from rates_sync.leader import BreakerLog, Leader, Nightly, Renewal
from rates_sync.leadership import Leadership
from rates_sync.metrics import Metrics
from rates_sync.migrations import migrate
from rates_sync.notify.alerts import Alerts, LogAlerts
from rates_sync.notify.cdn import EdgeCache, NoEdge
from rates_sync.poller import Poller, Timing
from rates_sync.recorder import Recorder
from rates_sync.relay.relay import Relay, Step
from rates_sync.schedule import Pace, polls_until_closing
from rates_sync.service import Service
from rates_sync.settings import Settings
from rates_sync.status import Origin
from rates_sync.store.engine import open_engine
from rates_sync.store.fence import Fence
from rates_sync.store.lease import Lease
from rates_sync.store.notices import Notices
from rates_sync.store.outbox import Outbox
from rates_sync.store.pruning import prune
from rates_sync.store.quota import RequestLedger
from rates_sync.store.record import Record
from rates_sync.store.upstream import claim
from rates_sync.upstream import Banxico
from rates_sync.waiting import Progress
from rates_sync.watch import CountedLedger, Watch
from rates_telemetry.tracing import Tracing, current_traceparent, open_tracing

Sleep = Callable[[float], Awaitable[None]]
LEASE_WITHIN = 60.0
"""Seconds in which a living lease loop gets round, also while the database hangs."""


def utc_now() -> datetime:
    """Return now, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Seams:
    """Whatever touches time, chance or names."""

    clock: Callable[[], datetime] = utc_now
    monotonic: Callable[[], float] = time.monotonic
    sleep: Sleep = asyncio.sleep
    random: Callable[[], float] = chance
    new_event_id: Callable[[], str] = lambda: uuid.uuid4().hex


@dataclass(frozen=True)
class Instance:
    """What all leaders of a process share."""

    settings: Settings
    seams: Seams
    engine: AsyncEngine
    redis: Redis
    client: Banxico
    alerts: Alerts
    edge: EdgeCache
    tracing: Tracing
    record: Record
    lease: Lease
    metrics: Metrics
    progress: Progress
    lease_sleep: Sleep
    watch: Watch


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
            instance.lease, lambda fence: _leader(instance, fence), instance.watch.leads
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


def _leader(own: Instance, fence: Fence) -> Leader:
    """Build the work of one lease; its breaker starts closed."""
    settings, clock, sleep = own.settings, own.seams.clock, own.seams.sleep
    relay_wake, courier_wake = asyncio.Event(), asyncio.Event()

    def told(event: Event) -> None:
        own.watch.announced(event)
        relay_wake.set()

    origin = Origin(settings.source, own.edge.configured)
    recorder = Recorder(own.record, fence, origin, clock, told)
    breaker_log = BreakerLog(recorder.note, sleep, own.watch.store_failed)
    guards = _guards(own, fence, recorder, breaker_log)
    courier = Courier(
        lambda notice: Notices(own.engine, fence, notice),
        Outlets(own.alerts, own.edge, own.watch.notified),
        clock,
        interval=settings.notice_interval,
        second_purge=timedelta(seconds=settings.second_purge),
    )

    def relayed(step: Step | RelayError | StoreUnavailable) -> None:
        own.watch.relayed(step)
        courier.redis_seen(away=isinstance(step, RelayError))
        courier_wake.set()

    outbox = Outbox(own.engine, own.record, fence)
    relay = Relay(own.redis, outbox, observe=relayed, interval=settings.relay_interval)
    own.watch.follow(relay.lag, courier.suspicious)

    async def prune_record(now: datetime) -> None:
        own.watch.pruned(await prune(own.engine, fence, now, relayed=await relay.cursor()))

    poller = Poller(
        Cycle(guards.banxico, recorder, clock, own.tracing.span),
        Backfill(guards.banxico, recorder),
        recorder,
        guards.breaker,
        Timing(clock, sleep, _pace(settings), timedelta(seconds=settings.store_retry)),
        own.watch,
    )
    renewal = Renewal(
        lambda: own.lease.renew(fence),
        own.lease_sleep,
        own.watch.store_failed,
        interval=settings.lease_renewal,
    )
    return Leader(
        recorder,
        poller,
        {
            "renewal": renewal.run,
            "breaker": breaker_log.run,
            "relay": lambda: relay.run(relay_wake),
            "courier": lambda: courier.run(courier_wake),
            "nightly": Nightly(
                prune_record, recorder.renew_calendar, clock, sleep, own.watch.store_failed
            ).run,
        },
    )


def _guards(own: Instance, fence: Fence, recorder: Recorder, breaker_log: BreakerLog) -> Guarded:
    settings, seams = own.settings, own.seams
    limits = Limits(
        deadline=settings.request_timeout,
        fail_max=settings.breaker_fail_max,
        reset_after=timedelta(seconds=settings.breaker_reset),
        daily_requests=settings.daily_quota,
        reserve=settings.quota_reserve,
        retry_pause=settings.retry_pause,
    )
    pace = _pace(settings)

    def on_change(_old: BreakerState, new: BreakerState, at: datetime) -> None:
        own.watch.breaker_changed(new)
        breaker_log.changed(new, at)

    around = Surroundings(
        clock=seams.clock,
        sleep=seams.sleep,
        random=seams.random,
        planned=lambda: polls_until_closing(recorder.known, seams.clock(), pace),
        on_change=on_change,
        observe=own.watch.asked,
    )
    ledger = CountedLedger(RequestLedger(own.engine, fence), own.metrics.quota_used.set)
    return guarded(own.client, ledger, limits, around)


def _pace(settings: Settings) -> Pace:
    return Pace(
        regular=timedelta(seconds=settings.poll_regular),
        noon_rush=timedelta(seconds=settings.poll_noon),
        awaiting=timedelta(seconds=settings.poll_awaiting),
        closing=timedelta(seconds=settings.poll_closing),
        late=timedelta(seconds=settings.poll_late),
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
