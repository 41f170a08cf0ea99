"""What one leader is made of: every task of a lease, wired over what the instance shares.

`bootstrap` hands it to `leadership`, which calls it at each take-over. It opens no client and reads
no environment.
"""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import random as chance

from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from rates_contracts.events import Event
from rates_contracts.status import BreakerState
from rates_sync.cycle.backfill import Backfill
from rates_sync.cycle.cycle import Cycle
from rates_sync.cycle.recorder import Recorder
from rates_sync.errors import RelayError, StoreUnavailable
from rates_sync.guard.chain import Guarded, Limits, Surroundings, guarded
from rates_sync.instrumentation import CountedLedger, Watch
from rates_sync.leader.leader import Leader, Task
from rates_sync.leader.loops import BreakerLog, Nightly, Renewal
from rates_sync.leader.poller import Poller, Timing
from rates_sync.liveness import Progress
from rates_sync.metrics import Metrics
from rates_sync.notify.alerts import Alerts
from rates_sync.notify.cdn import EdgeCache
from rates_sync.notify.dispatcher import Courier, Outlets
from rates_sync.relay.relay import Relay, Step
from rates_sync.settings import Settings
from rates_sync.store.cursors import Notices
from rates_sync.store.fence import Fence
from rates_sync.store.lease import Lease
from rates_sync.store.outbox import Outbox
from rates_sync.store.pruning import prune
from rates_sync.store.quota import RequestLedger
from rates_sync.store.record import Record
from rates_sync.timetable.schedule import Pace, polls_until_closing
from rates_sync.timetable.status import Origin
from rates_sync.upstream import Banxico
from rates_telemetry.tracing import Tracing

Sleep = Callable[[float], Awaitable[None]]


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


def build_leader(own: Instance, fence: Fence) -> Leader:
    """Build the work of one lease; its breaker starts closed."""
    settings, clock, sleep = own.settings, own.seams.clock, own.seams.sleep
    watch = own.watch
    relay_wake, courier_wake = asyncio.Event(), asyncio.Event()

    def told(event: Event) -> None:
        watch.announced(event)
        relay_wake.set()

    recorder = Recorder(
        own.record, fence, Origin(settings.source, own.edge.configured), clock, told
    )
    breaker_log = BreakerLog(recorder.note, sleep, watch.store_failed)
    poller = _poller(own, recorder, _guards(own, fence, recorder, breaker_log))
    courier = _courier(own, fence)

    def relayed(step: Step | RelayError | StoreUnavailable) -> None:
        watch.relayed(step)
        courier.redis_seen(away=isinstance(step, RelayError))
        courier_wake.set()
        if isinstance(step, Step) and step.restarted:
            poller.ask_now()

    outbox = Outbox(own.engine, own.record, fence)
    relay = Relay(own.redis, outbox, observe=relayed, interval=settings.relay_interval)
    watch.follow(relay.lag, courier.suspicious)

    async def prune_record(now: datetime) -> None:
        watch.pruned(await prune(own.engine, fence, now, relayed=await relay.cursor()))

    async def renew() -> None:
        await own.lease.renew(fence)

    renewal = Renewal(renew, own.lease_sleep, watch.store_failed, interval=settings.lease_renewal)
    nightly = Nightly(prune_record, recorder.renew_calendar, clock, sleep, watch.store_failed)
    tasks: dict[str, Task] = {
        "renewal": renewal.run,
        "breaker": breaker_log.run,
        "relay": lambda: relay.run(relay_wake),
        "courier": lambda: courier.run(courier_wake),
        "nightly": nightly.run,
    }
    return Leader(recorder, poller, tasks)


def _poller(own: Instance, recorder: Recorder, guards: Guarded) -> Poller:
    settings, seams = own.settings, own.seams
    retry = timedelta(seconds=settings.store_retry)
    return Poller(
        Cycle(guards.banxico, recorder, seams.clock, own.tracing.span),
        Backfill(guards.banxico, recorder),
        recorder,
        guards.breaker,
        Timing(seams.clock, seams.sleep, _pace(settings), retry),
        own.watch,
    )


def _courier(own: Instance, fence: Fence) -> Courier:
    return Courier(
        lambda notice: Notices(own.engine, fence, notice),
        Outlets(own.alerts, own.edge, own.watch.notified),
        own.seams.clock,
        interval=own.settings.notice_interval,
        second_purge=timedelta(seconds=own.settings.second_purge),
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
