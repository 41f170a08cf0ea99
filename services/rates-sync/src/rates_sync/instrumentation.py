"""Callbacks that turn the leader's work into metrics.

Each is synchronous and only sets or counts.
"""

from collections.abc import Callable, Sequence
from datetime import date as Day
from datetime import datetime, timedelta

import structlog

from rates_contracts.calendar import LATE_FROM
from rates_contracts.events import Event, Head
from rates_contracts.observation import SERIES_OF
from rates_contracts.status import BreakerState, SeriesStatus, SyncStatus
from rates_sync.clock import Clock
from rates_sync.cycle.backfill import Progress
from rates_sync.cycle.cycle import CycleResult
from rates_sync.cycle.receipts import SigningOutcome
from rates_sync.cycle.recorder import Additions
from rates_sync.errors import HoleCause, Outcome, RelayError, StoreUnavailable
from rates_sync.leader.loops import NIGHTLY_TASKS, NightlyTaskName
from rates_sync.leader.witnesses import Witness
from rates_sync.liveness import Liveness
from rates_sync.metrics import Metrics, midnight, seconds
from rates_sync.notify.alerts import NoticeOutcome
from rates_sync.notify.dispatcher import Notice
from rates_sync.relay.relay import RelayStep
from rates_sync.store.coverage import Span
from rates_sync.store.pruning import PrunedTable
from rates_sync.timetable.calendar import fix_missing
from rates_sync.timetable.schedule import ScheduleInputs
from rates_sync.upstream import IN_DOUBT, Rejected

log = structlog.get_logger(__name__)

POLL_WITHIN = 180.0
"""Seconds within which a running poll loop ticks; far more than a cycle with its retry takes."""

OnHole = Callable[[Day, Day, HoleCause], None]
"""Called with the first and last of days that stay unknown, and with the cause."""


class Instrumentation:
    """One instance's instrumentation, the same for each of its terms as leader."""

    def __init__(self, metrics: Metrics, liveness: Liveness, clock: Clock) -> None:
        self._metrics, self._liveness, self._clock = metrics, liveness, clock
        metrics.calendar_read.set(seconds(clock()))
        self._head: Head | None = None
        self._lag: Callable[[Head], int] = lambda _: 0
        self._on_quarantined: Callable[[Sequence[Rejected]], None] = lambda _: None
        self._on_hole: OnHole = lambda _first, _last, _cause: None
        self._on_pause: Callable[[timedelta | None], None] = lambda _: None
        self._on_signing_key: Callable[[str | None], None] = lambda _: None
        self.database_errors: dict[str, str] = {}
        """What the database last refused, and why: the lease, a recording, the relay's read."""
        self.redis_error: str | None = None
        """Why the relay's last step failed at Redis, None if it did not."""

    def attach(
        self,
        lag: Callable[[Head], int],
        on_quarantined: Callable[[Sequence[Rejected]], None],
        on_hole: OnHole,
        on_pause: Callable[[timedelta | None], None],
        on_signing_key: Callable[[str | None], None] = lambda _: None,
    ) -> None:
        """Attach to a new leader: its relay's `lag`, its callbacks for alerts."""
        self._lag, self._on_quarantined, self._on_hole = lag, on_quarantined, on_hole
        self._on_pause, self._on_signing_key = on_pause, on_signing_key

    def on_attempt(self, outcome: Outcome) -> None:
        """Count a request to Banxico."""
        self._metrics.requests.labels(outcome).inc()

    def on_spent(self, used: int) -> None:
        """Export how many requests were spent today."""
        self._metrics.quota_used.set(used)

    def on_backfill_spent(self, used: int) -> None:
        """Export how many requests backfills and slices have spent today."""
        self._metrics.backfill_quota_used.set(used)

    def on_poll(self, result: CycleResult, duration: float) -> None:
        """Count a cycle that took `duration` seconds."""
        self._metrics.polls.labels(result.outcome).inc()
        self._metrics.poll_seconds.observe(duration)
        if result.outcome in ("store_unavailable", "store_refused"):
            self.on_store_failure("poll")
        self._on_pause(result.asked_pause)

    def on_recorded(self, additions: Additions) -> None:
        """Count what a recording added."""
        metrics = self._metrics
        metrics.recorded.labels("new").inc(additions.new)
        metrics.recorded.labels("correction").inc(additions.corrections)
        for datum in additions.quarantined:
            reason = "suspicious" if datum.kind in IN_DOUBT else "rejected"
            metrics.quarantined.labels(reason).inc()
        self._on_quarantined(additions.quarantined)

    def on_chunk(self, progress: Progress) -> None:
        """Count a chunk of a backfill, and pass on the holes that it leaves."""
        self._metrics.backfill_chunks.inc()
        self.on_recorded(progress.additions)
        for hole in progress.holes:
            self._on_hole(hole.first, hole.last, "implausible")

    def on_hole(self, span: Span, cause: HoleCause) -> None:
        """Log and pass on days whose questions keep failing."""
        first, last = span.first.isoformat(), span.last.isoformat()
        log.warning("history_hole", first=first, last=last, cause=cause)
        self._on_hole(span.first, span.last, cause)

    def on_holes(self, count: int) -> None:
        """Export how many ranges of the history are unknown."""
        self._metrics.history_holes.set(count)

    def on_restored(self) -> None:
        """Count the event of a record that was found restored."""
        self._metrics.events.labels("timeline_changed").inc()

    def on_breaker_change(self, state: BreakerState) -> None:
        """Export a change of the breaker, before it is recorded."""
        self._metrics.breaker_changes.labels(state).inc()
        self._metrics.show_breaker(state)

    def on_tick(self, inputs: ScheduleInputs, next_cycle_at: datetime) -> None:
        """Export the poll loop's state, and note that it runs."""
        self._liveness.beat("poll", within=POLL_WITHIN)
        metrics, day = self._metrics, inputs.newest_fix_day
        metrics.next_cycle.set(seconds(next_cycle_at))
        metrics.verified.set(seconds(inputs.verified_at))
        metrics.fix_late.set(_late(inputs, self._clock()))
        metrics.calendar_last_day.set(midnight(inputs.calendar.last))
        if day is not None:
            metrics.newest_fix.set(midnight(day))

    def on_clock_jump(self, jump: timedelta) -> None:
        """Count and log a jump of the wall clock (protocol rule 32)."""
        log.warning("clock_jumped", seconds=round(jump.total_seconds(), 3))
        self._metrics.clock_jumps.inc()

    def on_clock_offset(self, witness: Witness, offset: timedelta) -> None:
        """Export how far this instance's clock is ahead of a witness's (protocol rule 33)."""
        self._metrics.clock_offset.labels(witness).set(offset.total_seconds())

    def on_event(self, event: Event) -> None:
        """Count an event that was committed."""
        self._head = event.head
        self._metrics.events.labels(_kind(event)).inc()
        self._show_series(event.status)
        self._metrics.relay_lag.set(self.relay_lag())

    def _show_series(self, status: SyncStatus) -> None:
        metrics = self._metrics
        for kind, name in SERIES_OF.items():
            series = status.series.get(name, SeriesStatus())
            metrics.series_verified.labels(kind).set(seconds(series.verified_at))
            metrics.series_unconfirmed.labels(kind).set(seconds(series.unconfirmed_since))
            metrics.under_review.labels(kind).set(series.under_review_count)
            metrics.withdrawn.labels(kind).set(series.withdrawn_count)
            metrics.complete_from.labels(kind).set(midnight(series.complete_from))

    def on_relay_step(self, step: RelayStep | RelayError | StoreUnavailable) -> None:
        """Count a step of the relay."""
        self._metrics.relay_steps.labels(_step_outcome(step)).inc()
        if isinstance(step, RelayStep):
            self._metrics.relayed.inc(step.relayed)
            self._metrics.unreadable_documents.inc(len(step.unreadable))
        self._metrics.relay_lag.set(self.relay_lag())
        self._note_database("relay", step if isinstance(step, StoreUnavailable) else None)
        if not isinstance(step, StoreUnavailable):
            self.redis_error = str(step) if isinstance(step, RelayError) else None

    def relay_lag(self) -> int:
        """Return how many of this leader's events the stream lacks."""
        return 0 if self._head is None else max(0, self._lag(self._head))

    def on_notice(self, notice: Notice, outcome: NoticeOutcome) -> None:
        """Count how sending a notice ended."""
        self._metrics.notices.labels(notice, outcome).inc()

    def on_alert(self, outcome: NoticeOutcome) -> None:
        """Count how sending an alert ended."""
        self.on_notice("alert", outcome)

    def on_signing_key(self, reason: str | None) -> None:
        """Export whether there is a key to sign with, and pass on why there is none."""
        self._metrics.signing_key.set(reason is None)
        self._on_signing_key(reason)

    def on_receipts(self, outcome: SigningOutcome, count: int) -> None:
        """Count observations that were signed, or recorded without a signature."""
        self._metrics.receipts.labels(outcome).inc(count)

    def on_pruned(self, table: PrunedTable, rows: int) -> None:
        """Count the rows that a pruning deleted."""
        self._metrics.pruned.labels(table).inc(rows)

    def on_night(self, task: NightlyTaskName, night: Day) -> None:
        """Export the last night that a task has finished."""
        self._metrics.night.labels(task).set(midnight(night))

    def on_store_failure(self, task: str) -> None:
        """Count a database failure, by the task that failed."""
        self._metrics.store_failures.labels(task).inc()

    def on_lease(self, error: StoreUnavailable | None) -> None:
        """Count an access to the lease that the database refused; None once the lease moves."""
        if error is not None:
            self.on_store_failure("lease")
        self._note_database("lease", error)

    def on_recording(self, error: StoreUnavailable | None) -> None:
        """Note whether the database refused a recording."""
        self._note_database("recording", error)

    def _note_database(self, task: str, error: StoreUnavailable | None) -> None:
        if error is None:
            self.database_errors.pop(task, None)
        else:
            self.database_errors[task] = str(error)

    def on_leading(self, leading: bool) -> None:
        """Export whether this instance leads."""
        metrics = self._metrics
        metrics.leader.set(leading)
        # A standby has no breaker: the last term's state would keep an alarm firing.
        metrics.show_breaker("closed")
        if leading:
            metrics.takeovers.inc()
        else:
            self._head = self.redis_error = None
            self.on_recording(None)
            self._note_database("relay", None)
            gauges = (metrics.next_cycle, metrics.fix_late, metrics.relay_lag, metrics.signing_key)
            nights = [metrics.night.labels(task) for task in NIGHTLY_TASKS]
            for gauge in (*gauges, metrics.history_holes, *nights):
                gauge.set(0)
            self._liveness.forget("poll")


def _kind(event: Event) -> str:
    tag = event.__struct_config__.tag
    return str(tag).partition(".")[0]


def _late(inputs: ScheduleInputs, now: datetime) -> bool:
    """Tell whether a FIX was due and the newest recorded one is older."""
    newest = inputs.newest_fix_day
    return newest is None or fix_missing(inputs.calendar, newest, now, LATE_FROM)


def _step_outcome(step: RelayStep | RelayError | StoreUnavailable) -> str:
    if isinstance(step, StoreUnavailable):
        return "store_unavailable"
    if isinstance(step, RelayError):
        return "redis_unavailable"
    if step.restarted:
        return "restarted"
    if step.foreign is not None:
        return "foreign"
    return "refilled" if step.refilled else "done"
