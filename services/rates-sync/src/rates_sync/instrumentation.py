"""How the work goes, as metrics: what the leader's tasks tell of themselves.

`bootstrap` hands its methods to the tasks; each is synchronous and only sets or counts.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, time
from datetime import date as Day

from rates_contracts.calendar import LATE_FROM, mexico_day, mexico_instant
from rates_contracts.events import Event, Head
from rates_contracts.status import BreakerState
from rates_sync.cycle.backfill import Progress as BackfillProgress
from rates_sync.cycle.cycle import Poll
from rates_sync.cycle.recorder import Recorded
from rates_sync.errors import Outcome, RelayError, StoreUnavailable
from rates_sync.guard.quota import QuotaLedger
from rates_sync.liveness import Progress
from rates_sync.metrics import Metrics, seconds
from rates_sync.notify.dispatcher import Notice
from rates_sync.relay.relay import Step
from rates_sync.store.pruning import Pruned
from rates_sync.timetable.schedule import Known
from rates_sync.upstream import Rejected

POLL_WITHIN = 180.0
"""Seconds in which a living poll loop gets round; a cycle takes 45 s at the very most."""


class Watch:
    """One instance's watcher, the same for all its leaders."""

    def __init__(self, metrics: Metrics, progress: Progress, clock: Callable[[], datetime]) -> None:
        self._metrics, self._progress, self._clock = metrics, progress, clock
        self._head: Head | None = None
        self._lag: Callable[[Head], int] = lambda _: 0
        self._suspicious: Callable[[Sequence[Rejected]], None] = lambda _: None

    def follow(
        self, lag: Callable[[Head], int], suspicious: Callable[[Sequence[Rejected]], None]
    ) -> None:
        """Turn to a new leader: its relay's `lag`, and who is told of `suspicious` data."""
        self._lag, self._suspicious = lag, suspicious

    def asked(self, outcome: Outcome) -> None:
        """Count an attempt to ask Banxico."""
        self._metrics.requests.labels(outcome).inc()

    def polled(self, poll: Poll, duration: float) -> None:
        """Count a cycle that took `duration` seconds."""
        self._metrics.polls.labels(poll.outcome).inc()
        self._metrics.poll_seconds.observe(duration)
        if poll.outcome == "store_unavailable":
            self._metrics.store_failures.labels("poll").inc()

    def recorded(self, recorded: Recorded) -> None:
        """Count what a recording added."""
        metrics = self._metrics
        metrics.recorded.labels("new").inc(recorded.new)
        metrics.recorded.labels("correction").inc(recorded.corrections)
        metrics.quarantined.labels("rejected").inc(len(recorded.rejected))
        metrics.quarantined.labels("suspicious").inc(len(recorded.suspicious))
        self._suspicious(recorded.suspicious)

    def filled(self, progress: BackfillProgress) -> None:
        """Count a chunk of a backfill."""
        self._metrics.backfill_chunks.inc()
        self.recorded(progress.recorded)

    def breaker_changed(self, state: BreakerState) -> None:
        """Export a change of the breaker, before it is recorded."""
        self._metrics.breaker_changes.labels(state).inc()
        self._metrics.show_breaker(state)

    def looked(self, known: Known, next_cycle_at: datetime) -> None:
        """Export where the poll loop stands."""
        self._progress.beat("poll", within=POLL_WITHIN)
        metrics, day = self._metrics, known.newest_fix_day
        metrics.next_cycle.set(seconds(next_cycle_at))
        metrics.verified.set(seconds(known.verified_at))
        metrics.fix_late.set(_late(known, self._clock()))
        if day is not None:
            metrics.newest_fix.set(datetime.combine(day, time(), tzinfo=UTC).timestamp())

    def announced(self, event: Event) -> None:
        """Count an event once it is committed."""
        self._head = event.head
        self._metrics.events.labels(_kind(event)).inc()
        self._metrics.relay_lag.set(self.relay_lag())

    def relayed(self, step: Step | RelayError | StoreUnavailable) -> None:
        """Count a step of the relay."""
        self._metrics.relay_steps.labels(_step_outcome(step)).inc()
        if isinstance(step, Step):
            self._metrics.relayed.inc(step.relayed)
            self._metrics.events.labels("timeline_changed").inc(step.restarted)
        self._metrics.relay_lag.set(self.relay_lag())

    def relay_lag(self) -> int:
        """Return how many events of this leader's the stream lacks."""
        return 0 if self._head is None else max(0, self._lag(self._head))

    def notified(self, notice: Notice, sent: bool) -> None:
        """Count a notice that went out, or did not."""
        self._metrics.notices.labels(notice, "sent" if sent else "failed").inc()

    def pruned(self, pruned: Pruned) -> None:
        """Count what a night's pruning deleted."""
        for table, rows in asdict(pruned).items():
            self._metrics.pruned.labels(table).inc(rows)

    def store_failed(self, task: str) -> None:
        """Count what the database did not do for `task`."""
        self._metrics.store_failures.labels(task).inc()

    def leads(self, leading: bool) -> None:
        """Export whether this instance leads."""
        metrics = self._metrics
        metrics.leader.set(leading)
        # What the last leader here saw is none of a standby's: an alarm would outlive its cause.
        metrics.show_breaker("closed")
        if leading:
            metrics.takeovers.inc()
        else:
            self._head = None
            for gauge in (metrics.next_cycle, metrics.fix_late, metrics.relay_lag):
                gauge.set(0)
            self._progress.ended("poll")


def _kind(event: Event) -> str:
    tag = event.__struct_config__.tag
    return str(tag).partition(".")[0]


def _late(known: Known, now: datetime) -> bool:
    """Tell whether a FIX was due and ours is older: the outcome to watch, not the job."""
    day = mexico_day(now)
    due = day
    if not known.calendar.is_banking_day(day) or now < mexico_instant(day, LATE_FROM):
        due = known.calendar.previous_banking_day(day)
    return known.newest_fix_day is None or known.newest_fix_day < due


def _step_outcome(step: Step | RelayError | StoreUnavailable) -> str:
    if isinstance(step, StoreUnavailable):
        return "store_unavailable"
    if isinstance(step, RelayError):
        return "redis_unavailable"
    if step.restarted:
        return "restarted"
    return "refilled" if step.refilled else "done"


class CountedLedger:
    """The quota's ledger, exporting each count."""

    def __init__(self, inner: QuotaLedger, export: Callable[[float], None]) -> None:
        self._inner, self._export = inner, export

    async def spend(self, day: Day, *, limit: int) -> int:
        """Spend in the inner ledger, with what it raises."""
        used = await self._inner.spend(day, limit=limit)
        self._export(used)
        return used

    async def used(self, day: Day) -> int:
        """Read from the inner ledger, with what it raises."""
        return await self._inner.used(day)
