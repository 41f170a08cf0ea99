"""Builds the leader of one lease: every task, wired to what the instance shares.

Opens no client and reads no environment.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date as Day
from datetime import datetime, timedelta
from pathlib import Path

from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from rates_contracts.calendar import mexico_instant
from rates_contracts.events import Event
from rates_contracts.status import BreakerState
from rates_sync.clock import Clock, Monotonic, Sleep, SteadyClock
from rates_sync.cycle.backfill import Backfill
from rates_sync.cycle.cycle import Cycle
from rates_sync.cycle.receipts import Receipts, Signer
from rates_sync.cycle.recorder import Recorder
from rates_sync.cycle.slices import SliceCheck
from rates_sync.errors import RelayError, SigningKeyUnusable, StoreUnavailable
from rates_sync.guard.chain import GuardDependencies, GuardedBanxico, Ledgers, guard_banxico
from rates_sync.instrumentation import Instrumentation
from rates_sync.leader.backfills import BackfillRunner
from rates_sync.leader.clock_check import ClockCheck
from rates_sync.leader.leader import Leader, Task
from rates_sync.leader.loops import (
    NIGHTLY_AT,
    BreakerLog,
    NightConditions,
    NightlyMaintenance,
    NightlyTask,
    Renewal,
)
from rates_sync.leader.poller import Poller, Timing
from rates_sync.leader.witnesses import Witnesses
from rates_sync.liveness import Liveness
from rates_sync.metrics import Metrics
from rates_sync.notify.alerts import Alerts, AlertSender
from rates_sync.notify.cdn import EdgeCache
from rates_sync.notify.dispatcher import (
    PURGES,
    AlertDispatcher,
    AlertRecord,
    Edge,
    PurgeDispatcher,
)
from rates_sync.relay.relay import Relay, RelayStep
from rates_sync.relay.repair import Restarts
from rates_sync.relay.signing import UNSIGNED, CarrierSigning
from rates_sync.settings import Settings
from rates_sync.signing import load_signing_key
from rates_sync.store.cursors import FinishedNights, NoticeCursor, OpenAlertsTable
from rates_sync.store.fence import Fence
from rates_sync.store.lease import Lease
from rates_sync.store.outbox import Outbox
from rates_sync.store.pruning import Pruning
from rates_sync.store.quota import RequestLedger
from rates_sync.store.record import Record
from rates_sync.timetable.schedule import fix_awaited, polls_until_closing
from rates_sync.timetable.status import StatusOrigin
from rates_sync.upstream import Banxico
from rates_telemetry.tracing import Tracing


@dataclass(frozen=True)
class Instance:
    """What an instance's leaders share; `lease_sleep` also reports that the lease loop runs.

    `clock` is this machine's, which `witnesses` are heard about: only waits and questions to
    Banxico go by it, what is recorded by the time of `witnesses.now`.
    """

    settings: Settings
    clock: Clock
    monotonic: Monotonic
    sleep: Sleep
    lease_sleep: Sleep
    random: Callable[[], float]
    first_fix_day: Day
    engine: AsyncEngine
    redis: Redis
    banxico: Banxico
    alerts: Alerts
    alert_sender: AlertSender
    edge: EdgeCache
    tracing: Tracing
    record: Record
    lease: Lease
    witnesses: Witnesses
    metrics: Metrics
    liveness: Liveness
    instrumentation: Instrumentation


def build_leader(instance: Instance, fence: Fence) -> Leader:
    """Build the work of one lease; its breaker starts closed."""
    settings, clock, sleep = instance.settings, instance.clock, instance.sleep
    instrumentation = instance.instrumentation
    relay_wake, alerts_wake, purges_wake = asyncio.Event(), asyncio.Event(), asyncio.Event()

    def on_event(event: Event) -> None:
        instrumentation.on_event(event)
        relay_wake.set()

    def on_restored() -> None:
        instrumentation.on_restored()
        relay_wake.set()
        poller.ask_now()

    origin = StatusOrigin(
        settings.source,
        instance.edge.configured,
        settings.poll_intervals(),
        instance.first_fix_day,
    )
    witnesses = instance.witnesses
    witnesses.forget()
    recorder = Recorder(
        instance.record,
        fence,
        origin,
        witnesses.now,
        on_event,
        on_restored,
        hear=witnesses.hear,
    )
    receipts = recorder.receipts = _receipts(instance, fence)
    on_failure = instrumentation.on_store_failure
    breaker_log = BreakerLog(recorder.note, sleep, on_failure)
    alerts = _alert_dispatcher(instance, fence)
    purges = _purge_dispatcher(instance, fence, recorder)
    guards = _guards(instance, fence, recorder, breaker_log)

    def on_jump(jump: timedelta) -> None:
        instrumentation.on_clock_jump(jump)
        alerts.on_clock_jump(jump)

    cycle = Cycle(guards.banxico, recorder, clock, instance.tracing.span)
    lock = asyncio.Lock()
    backfills = _backfills(instance, recorder, guards, lock)
    poller = _poller(instance, cycle, backfills, recorder, guards, on_jump=on_jump, lock=lock)

    restarts = Restarts(instance.monotonic)

    def on_relay_step(step: RelayStep | RelayError | StoreUnavailable) -> None:
        instrumentation.on_relay_step(step)
        _alert_of_redis(step, alerts)
        _wake_on_news(step, alerts_wake, purges_wake)

    def on_restart() -> None:
        instrumentation.on_restored()
        follow_restart(restarts, alerts, poller)

    outbox = Outbox(instance.engine, instance.record, fence)
    relay = Relay(
        instance.redis,
        outbox,
        interval=settings.relay_interval,
        on_step=on_relay_step,
        on_restart=on_restart,
        signing=UNSIGNED if receipts is None else CarrierSigning(lambda: receipts.key),
        monotonic=instance.monotonic,
    )
    instrumentation.attach(
        relay.lag,
        alerts.on_quarantined,
        alerts.on_history_hole,
        alerts.on_pause,
        alerts.on_signing_key,
    )

    check = ClockCheck(
        witnesses,
        recorder,
        instrumentation.on_clock_offset,
        alerts.on_clock_wrong,
        poller.plan_again,
    )

    async def renew() -> None:
        await check.run(await instance.lease.renew(fence))
        if "banxico" in witnesses.offsets and witnesses.confirmed:
            alerts.on_clock_right()

    renewal = Renewal(
        renew,
        instance.lease_sleep,
        lambda: instance.lease.age,
        interval=settings.lease_renewal,
        max_age=settings.lease_max_age,
    )
    nightly = NightlyMaintenance(
        _nightly_tasks(instance, fence, recorder, poller, relay),
        FinishedNights(instance.engine, fence),
        NightConditions(lambda: recorder.begun, lambda: witnesses.confirmed),
        SteadyClock(clock, instance.monotonic),
        sleep,
        on_failure=on_failure,
        on_finished=instrumentation.on_night,
    )
    tasks: dict[str, Task] = {
        "renewal": renewal.run,
        "breaker": breaker_log.run,
        "relay": lambda: relay.run(relay_wake),
        "alerts": lambda: alerts.run(alerts_wake),
        "purges": lambda: purges.run(purges_wake),
        "nightly": nightly.run,
    }
    return Leader(recorder, poller, backfills, tasks)


def _alert_of_redis(
    step: RelayStep | RelayError | StoreUnavailable, alerts: AlertDispatcher
) -> None:
    """Note whether Redis answered, and a stream that nobody of ours has written (rule 38)."""
    alerts.on_redis_step(unavailable=isinstance(step, RelayError))
    if isinstance(step, RelayStep) and step.foreign is not None:
        alerts.on_foreign_stream(step.foreign)


def _wake_on_news(step: RelayStep | RelayError | StoreUnavailable, *wakes: asyncio.Event) -> None:
    """Wake who sends notices, unless the relay found nothing new."""
    if isinstance(step, RelayStep) and step.idle:
        return
    for wake in wakes:
        wake.set()


def _receipts(instance: Instance, fence: Fence) -> Receipts | None:
    """Return what signs, None where nothing is to be signed."""
    settings, instrumentation = instance.settings, instance.instrumentation
    if not settings.signing_key_file:
        return None

    def load() -> Signer:
        if not settings.signs_as:
            raise SigningKeyUnusable("RATES_SYNC_ISSUER is missing")
        key = load_signing_key(Path(settings.signing_key_file))
        return Signer(key, settings.signs_as, settings.source)

    return Receipts(
        instance.engine,
        fence,
        load,
        instance.witnesses.now,
        instance.sleep,
        on_key=instrumentation.on_signing_key,
        on_receipts=instrumentation.on_receipts,
    )


def _backfills(
    instance: Instance, recorder: Recorder, guards: GuardedBanxico, lock: asyncio.Lock
) -> BackfillRunner:
    backfill = Backfill(
        guards.background,
        recorder,
        instance.first_fix_day,
        instance.monotonic,
        instance.instrumentation.on_hole,
    )
    return BackfillRunner(
        backfill,
        recorder,
        lambda: guards.bypass.admits,
        instance.clock,
        instance.instrumentation,
        lock=lock,
    )


def follow_restart(restarts: Restarts, alerts: AlertDispatcher, poller: Poller) -> None:
    """Ask Banxico after a new timeline of the relay's (protocol rules 38, 42).

    New timelines in a row are a foreign record's doing: one alert, and Banxico is not asked again.
    """
    match restarts.on_restart():
        case 1:
            poller.ask_now()
        case 2:
            alerts.on_foreign_stream("another record relays to this Redis, by turns with ours")


def _poller(
    instance: Instance,
    cycle: Cycle,
    backfills: BackfillRunner,
    recorder: Recorder,
    guards: GuardedBanxico,
    *,
    on_jump: Callable[[timedelta], None],
    lock: asyncio.Lock,
) -> Poller:
    timing = Timing(
        clock=instance.clock,
        monotonic=instance.monotonic,
        sleep=instance.sleep,
        intervals=instance.settings.poll_intervals(),
        breaker_retry_in=lambda: guards.breaker.retry_in,
        store_retry=timedelta(seconds=instance.settings.store_retry),
        on_jump=on_jump,
        hear_database=instance.witnesses.hear_database,
    )
    return Poller(
        cycle,
        backfills,
        SliceCheck(guards.background, recorder, instance.first_fix_day),
        recorder,
        timing,
        instance.instrumentation,
        lock=lock,
    )


def _nightly_tasks(
    instance: Instance, fence: Fence, recorder: Recorder, poller: Poller, relay: Relay
) -> tuple[NightlyTask, ...]:
    """Return the tasks of a night; only the outbox waits for Redis (protocol rule 46)."""
    pruning = Pruning(instance.engine, fence, instance.sleep, instance.instrumentation.on_pruned)

    async def renew_calendar(_night: Day) -> None:
        await recorder.renew_calendar()

    async def sign(_night: Day) -> None:
        await recorder.sign_history()

    async def prune_record(night: Day) -> None:
        await pruning.prune_record(mexico_instant(night, NIGHTLY_AT))

    async def prune_outbox(night: Day) -> None:
        await pruning.prune_outbox(mexico_instant(night, NIGHTLY_AT), await relay.cursor())

    return (
        NightlyTask("calendar", renew_calendar),
        NightlyTask("slice", poller.check_slice, each=True),
        NightlyTask("receipts", sign),
        NightlyTask("pruning", prune_record),
        NightlyTask("outbox", prune_outbox),
    )


def _alert_dispatcher(instance: Instance, fence: Fence) -> AlertDispatcher:
    return AlertDispatcher(
        AlertRecord(
            NoticeCursor(instance.engine, fence, "alert"), OpenAlertsTable(instance.engine, fence)
        ),
        instance.alert_sender,
        instance.witnesses.now,
        instance.monotonic,
        interval=instance.settings.notice_interval,
    )


def _purge_dispatcher(instance: Instance, fence: Fence, recorder: Recorder) -> PurgeDispatcher:
    async def on_accepted(accepts: bool) -> None:
        if recorder.health.purge_refused == accepts:
            await recorder.note(purge_refused=not accepts)

    return PurgeDispatcher(
        {notice: NoticeCursor(instance.engine, fence, notice) for notice in PURGES},
        Edge(
            instance.edge,
            instance.instrumentation.on_notice,
            may_purge=lambda: recorder.begun,
            on_accepted=on_accepted,
        ),
        instance.monotonic,
        interval=instance.settings.notice_interval,
        second_purge=instance.settings.second_purge,
    )


def _guards(
    instance: Instance, fence: Fence, recorder: Recorder, breaker_log: BreakerLog
) -> GuardedBanxico:
    clock, intervals = instance.witnesses.now, instance.settings.poll_intervals()

    def on_change(_old: BreakerState, new: BreakerState, at: datetime) -> None:
        instance.instrumentation.on_breaker_change(new)
        breaker_log.on_change(new, at)

    dependencies = GuardDependencies(
        clock=clock,
        monotonic=instance.monotonic,
        sleep=instance.sleep,
        random=instance.random,
        planned=lambda: polls_until_closing(recorder.schedule_inputs, clock(), intervals),
        # While they differ nobody knows which of the clocks is right.
        awaited=lambda: any(
            fix_awaited(recorder.schedule_inputs, at) for at in (clock(), instance.clock())
        ),
        on_change=on_change,
        on_attempt=instance.instrumentation.on_attempt,
        on_spent=instance.instrumentation.on_spent,
        on_backfill_spent=instance.instrumentation.on_backfill_spent,
    )
    ledgers = Ledgers(
        polls=RequestLedger(instance.engine, fence),
        background=RequestLedger(instance.engine, fence, "backfill_used"),
    )
    return guard_banxico(instance.banxico, ledgers, instance.settings.guard_limits(), dependencies)
