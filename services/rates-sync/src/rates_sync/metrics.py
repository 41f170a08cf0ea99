"""Every metric of one rates-sync instance; `docs/telemetry.md` lists them, a test compares.

Each instance has its own registry. All metrics and their labels exist from the start, so that an
alarm never waits for a first event. A new metric touches:

- this module: the metric, with its help and labels;
- `instrumentation`: the `on_...` callback that sets or counts it;
- the code that calls the callback, when the thing happens;
- `docs/telemetry.md`: its row;
- `deploy/terraform/metrics.json`: only if an alarm uses it.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, time
from datetime import date as Day
from itertools import product
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from rates_contracts.observation import SERIES_OF
from rates_contracts.status import BreakerState
from rates_sync.cycle.cycle import CYCLE_OUTCOMES
from rates_sync.cycle.receipts import SigningOutcome
from rates_sync.errors import OUTCOMES
from rates_sync.leader.loops import NIGHTLY_TASKS
from rates_sync.leader.witnesses import WITNESSES
from rates_sync.notify.alerts import NoticeOutcome
from rates_sync.store.pruning import PrunedTable

BREAKER_STATES: tuple[BreakerState, ...] = get_args(BreakerState)
EVENTS = (
    "observations_recorded",
    "status_changed",
    "calendar_changed",
    "history_reload",
    "timeline_changed",
)
POLL_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 45)


class Metrics:
    """The registry and its metrics."""

    def __init__(self, *, daily_quota: int) -> None:
        self.registry = CollectorRegistry()
        self._of_banxico()
        self._of_the_quotas(daily_quota)
        self._of_the_record()
        self._of_the_series()
        self._of_the_relay()
        self._of_the_instance()

    def _of_banxico(self) -> None:
        self.requests = self._counter(
            "rates_sync_requests", "Attempts to ask Banxico, by how they ended.", outcome=OUTCOMES
        )
        self.polls = self._counter(
            "rates_sync_polls", "Cycles, by how they ended.", outcome=CYCLE_OUTCOMES
        )
        self.poll_seconds = Histogram(
            "rates_sync_poll_seconds",
            "Duration of a cycle, its recording included.",
            buckets=POLL_SECONDS,
            registry=self.registry,
        )
        self.breaker_state = Gauge(
            "rates_sync_breaker_state",
            "1 for the state that the breaker is in.",
            ["state"],
            registry=self.registry,
        )
        self.show_breaker("closed")
        self.breaker_changes = self._counter(
            "rates_sync_breaker_changes", "Changes of the breaker.", to=BREAKER_STATES
        )
        self.verified = self._gauge(
            "rates_sync_verified_timestamp_seconds", "Last good answer of Banxico, 0 before any."
        )
        self.next_cycle = self._gauge(
            "rates_sync_next_cycle_timestamp_seconds", "When Banxico is asked next; 0 on a standby."
        )
        self.fix_late = self._gauge(
            "rates_sync_fix_late", "1 while a FIX was due and the newest is older."
        )

    def _of_the_quotas(self, daily_quota: int) -> None:
        self.quota_used = self._gauge(
            "rates_sync_quota_used", "Requests spent on the day of the last cycle."
        )
        self._gauge("rates_sync_quota_limit", "Requests that a day allows.").set(daily_quota)
        self.backfill_quota_used = self._gauge(
            "rates_sync_backfill_quota_used",
            "Requests for missing history and the nightly check on the day of the last of them.",
        )

    def _of_the_record(self) -> None:
        self.recorded = self._counter(
            "rates_sync_observations_recorded",
            "Observations recorded: of new days, and corrections of known ones.",
            kind=("new", "correction"),
        )
        self.receipts = self._counter(
            "rates_sync_receipts",
            "Observations that were signed, and that were recorded without a signature.",
            outcome=get_args(SigningOutcome),
        )
        self.signing_key = self._gauge(
            "rates_sync_signing_key", "1 while this instance leads and has a key to sign with."
        )
        self.quarantined = self._counter(
            "rates_sync_quarantined",
            "Data set aside: unusable, or a move to be reviewed.",
            reason=("rejected", "suspicious"),
        )
        self.events = self._counter(
            "rates_sync_events", "Events recorded by this instance.", type=EVENTS
        )
        self.newest_fix = self._gauge(
            "rates_sync_newest_fix_timestamp_seconds",
            "Midnight (UTC) of the day of the newest FIX, 0 without one.",
        )
        self.backfill_chunks = self._counter(
            "rates_sync_backfill_chunks", "Chunks of history asked for and recorded."
        )
        self.history_holes = self._gauge(
            "rates_sync_history_holes", "Ranges of the history that no answer has covered."
        )
        self.pruned = self._counter(
            "rates_sync_pruned_rows",
            "Rows that were kept long enough.",
            table=get_args(PrunedTable),
        )
        self.night = Gauge(
            "rates_sync_night_timestamp_seconds",
            "Midnight (UTC) of the last night that a task has finished, 0 on a standby.",
            ["task"],
            registry=self.registry,
        )
        for task in NIGHTLY_TASKS:
            self.night.labels(task)
        self.calendar_read = self._gauge(
            "rates_sync_calendar_read_timestamp_seconds",
            "When this process read its version of the bank calendar.",
        )
        self.calendar_last_day = self._gauge(
            "rates_sync_calendar_last_day_timestamp_seconds",
            "Midnight (UTC) of the last day that the bank calendar covers, 0 before a leader.",
        )
        self.store_failures = self._counter(
            "rates_sync_store_failures",
            "What the database did not do, by who had asked.",
            task=("lease", "poll", "breaker", "nightly"),
        )

    def _of_the_series(self) -> None:
        """What is known of each series, as the newest event told it."""
        self.series_verified = self._by_kind(
            "rates_sync_series_verified_timestamp_seconds",
            "Last answer that confirmed the series, 0 before any.",
        )
        self.series_unconfirmed = self._by_kind(
            "rates_sync_series_unconfirmed_timestamp_seconds",
            "First of the answers since then that did not confirm it, 0 while the last one did.",
        )
        self.under_review = self._by_kind(
            "rates_sync_under_review_days", "Days whose newest published value is set aside."
        )
        self.withdrawn = self._by_kind(
            "rates_sync_withdrawn_days", "Recorded days that Banxico no longer publishes."
        )
        self.complete_from = self._by_kind(
            "rates_sync_complete_from_timestamp_seconds",
            "Midnight (UTC) of the day since which every day was asked for, 0 while none was.",
        )

    def _of_the_relay(self) -> None:
        self.relay_steps = self._counter(
            "rates_sync_relay_steps",
            "Steps of the relay.",
            outcome=(
                *("done", "refilled", "foreign", "restarted"),
                *("redis_unavailable", "store_unavailable"),
            ),
        )
        self.relayed = self._counter(
            "rates_sync_relayed_events", "Events written to the stream, refills included."
        )
        self.unreadable_documents = self._counter(
            "rates_sync_unreadable_documents",
            "Documents in Redis that could not be read, or were forged, and were written again.",
        )
        self.relay_lag = self._gauge(
            "rates_sync_relay_lag_events", "Events of the record that the stream lacks."
        )
        self.notices = self._counter(
            "rates_sync_notices",
            "Alerts, purges and second purges, by how sending them ended.",
            notice=("alert", "purge", "second_purge"),
            outcome=get_args(NoticeOutcome),
        )

    def _of_the_instance(self) -> None:
        self.leader = self._gauge("rates_sync_leader", "1 while this instance holds the lease.")
        self.takeovers = self._counter(
            "rates_sync_takeovers", "Times that this instance took the lease."
        )
        self.clock_offset = Gauge(
            "rates_sync_clock_offset_seconds",
            "How far this instance's clock is ahead of a witness's.",
            ["witness"],
            registry=self.registry,
        )
        for witness in WITNESSES:
            self.clock_offset.labels(witness)
        self.clock_jumps = self._counter(
            "rates_sync_clock_jumps",
            "Times that the wall clock moved by more than 5 s against the monotonic one.",
        )
        self.operator_actions = self._counter(
            "rates_sync_operator_actions",
            "Operator actions that this instance ran.",
            action=(
                "sync",
                "backfill",
                "close-day",
                "reopen-day",
                "quarantine",
                "withdrawal",
                "history-accept",
                "signing-keys",
                "revoke-key",
            ),
        )
        self.operator_refusals = self._counter(
            "rates_sync_operator_refusals", "Operator requests without the right token."
        )

    def show_breaker(self, state: BreakerState) -> None:
        """Export the breaker's state."""
        for name in BREAKER_STATES:
            self.breaker_state.labels(name).set(name == state)

    def _by_kind(self, name: str, doc: str) -> Gauge:
        """Create a gauge that exports 0 for each kind of rate."""
        gauge = Gauge(name, doc, ["kind"], registry=self.registry)
        for kind in SERIES_OF:
            gauge.labels(kind).set(0)
        return gauge

    def _gauge(self, name: str, doc: str) -> Gauge:
        return Gauge(name, doc, registry=self.registry)

    def _counter(self, name: str, doc: str, **labels: Iterable[str]) -> Counter:
        """Create a counter that exports 0 for each combination of its labels' values."""
        counter = Counter(name, doc, list(labels), registry=self.registry)
        for values in product(*labels.values()) if labels else ():
            counter.labels(*values)
        return counter


def midnight(day: Day | None) -> float:
    """Return midnight (UTC) of a day as Unix time, 0 for None."""
    return 0.0 if day is None else datetime.combine(day, time(), tzinfo=UTC).timestamp()


def seconds(instant: datetime | None) -> float:
    """Return the instant as Unix time, 0 for None."""
    return 0.0 if instant is None else instant.timestamp()
