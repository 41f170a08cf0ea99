"""The metrics of a worker in a registry of their own, with those of `request_counters`.

A new metric touches these places:

    metrics.py                     the metric, with a first value for each label
    request_counters.py            instead, if it is counted at each request
    metrics.py                     its `on_...` method (or `show`), and the call of it
    metrics.py                     `MIN_IS_WORST`, if a gauge's lowest value is the instance's
    docs/telemetry.md              its row; a test compares
    deploy/terraform/metrics.json  its entry, only if an alarm uses it

Every metric of this module has a value from the start (rule R9), and so has `rates_api_rendered`.
`rates_api_requests` and `rates_api_request_duration_seconds` have no sample of a route before its
first request.
"""

from collections.abc import Callable
from typing import Literal, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge

from rates_api.consume.head_monitor import LoadReason
from rates_api.consume.projection import Reason
from rates_api.consume.signatures import Carrier
from rates_api.request_counters import RequestCounters, Traffic
from rates_api.snapshot.level import LEVELS
from rates_api.snapshot.snapshot import Feed
from rates_contracts.answers import Level
from rates_contracts.events import Head

OUTCOMES = ("applied", "skipped", "foreign", *get_args(Reason))
RELOAD_REASONS = ("warm_up", *get_args(Reason), *get_args(LoadReason))
WITNESSES = ("database", "record")
SOURCES = ("documents", "database", "database_primary")
Death = Literal["died", "stopped", "hung"]
"""How a worker ended: by itself, or killed since its process or its event loop stood still."""

MIN_IS_WORST = frozenset(
    {
        "rates_api_redis_up",
        "rates_api_database_up",
        "rates_api_snapshot_timeline",
        "rates_api_snapshot_position",
    }
)
"""Gauges whose lowest value of all workers is the instance's; of the others it is the highest."""


class Metrics:
    """The metrics of one worker."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """Create every metric with its first value; `monotonic` seconds are for `traffic`."""
        self.registry = CollectorRegistry()
        self.requests = RequestCounters()
        self.registry.register(self.requests)
        self.traffic = Traffic(self.requests.totals, monotonic)
        self._create_snapshot_metrics()

    def _create_snapshot_metrics(self) -> None:
        def gauge(name: str, doc: str, *labels: str) -> Gauge:
            return Gauge(name, doc, labels, registry=self.registry)

        def counter(name: str, doc: str, *labels: str) -> Counter:
            return Counter(name, doc, labels, registry=self.registry)

        self._level = gauge(
            "rates_api_level", "1 at the level that a worker of the instance stands at.", "level"
        )
        self._feed = gauge("rates_api_feed", "1 at what feeds a worker.", "feed")
        self._timeline = gauge("rates_api_snapshot_timeline", "The snapshot's timeline.")
        self._position = gauge(
            "rates_api_snapshot_position", "The snapshot's position in the record."
        )
        self.redis_up = gauge("rates_api_redis_up", "1 if Redis answered when last asked.")
        self.database_up = gauge(
            "rates_api_database_up", "1 if the database answered when last asked."
        )
        self._clock_offset = gauge(
            "rates_api_clock_offset_seconds",
            "How far a worker's clock is from a witness for the time.",
            "witness",
        )
        self._events = counter(
            "rates_api_events_total", "Stream entries by what they led to.", "outcome"
        )
        self._reloads = counter(
            "rates_api_reloads_total",
            "Snapshots loaded whole, by source and reason.",
            "source",
            "reason",
        )
        self._load_failures = counter(
            "rates_api_load_failures_total",
            "Loads that a source could not serve, by source.",
            "source",
        )
        self.streams = gauge("rates_api_streams", "Streams that a worker has open.")
        self._streams_refused = counter(
            "rates_api_streams_refused_total", "Streams for which a worker had no place."
        )
        self._report_failures = counter(
            "rates_api_report_failures_total",
            "Reports that a worker could not exchange with the others.",
        )
        self._unverified = counter(
            "rates_api_unverified_total",
            "What Redis carried without a valid signature, and was not used.",
            "carrier",
        )
        for carrier in get_args(Carrier):
            self._unverified.labels(carrier)
        for witness in WITNESSES:
            self._clock_offset.labels(witness).set(0)
        for outcome in OUTCOMES:
            self._events.labels(outcome)
        for source in SOURCES:
            self._load_failures.labels(source)
            for reason in RELOAD_REASONS:
                self._reloads.labels(source, reason)
        self.show("critical", "database", None)

    def on_clock_offset(self, seconds: float) -> None:
        """Show how far the worker's clock and the database's are apart."""
        self._clock_offset.labels("database").set(seconds)

    def on_record_ahead(self, seconds: float) -> None:
        """Show how far the newest event was recorded ahead of the worker's clock."""
        self._clock_offset.labels("record").set(seconds)

    def on_entry(self, outcome: str) -> None:
        """Count a stream entry."""
        self._events.labels(outcome).inc()

    def on_loaded(self, source: str, reason: str) -> None:
        """Count a snapshot loaded whole."""
        self._reloads.labels(source, reason).inc()

    def on_refused(self, source: str) -> None:
        """Count a load that a source could not serve."""
        self._load_failures.labels(source).inc()

    def on_stream_refused(self) -> None:
        """Count a stream for which there was no place."""
        self._streams_refused.inc()

    def on_unverified(self, carrier: Carrier) -> None:
        """Count an event or a document that is not signed by a known key."""
        self._unverified.labels(carrier).inc()

    def on_report_failure(self) -> None:
        """Count a report that did not reach the other workers, or theirs that did not arrive."""
        self._report_failures.inc()

    def show(self, level: Level, feed: Feed, head: Head | None) -> None:
        """Show the level, the feed and the position of the snapshot."""
        for known in LEVELS:
            self._level.labels(known).set(known == level)
        for feeder in get_args(Feed):
            self._feed.labels(feeder).set(feeder == feed)
        self._timeline.set(head.timeline if head else 0)
        self._position.set(head.position if head else 0)


class InstanceMetrics:
    """The metrics that only the main process knows, in the registry that shows the instance's."""

    def __init__(self, registry: CollectorRegistry, wanted: int) -> None:
        """Create each in `registry` with its first value; `wanted` workers are to run."""
        Gauge("rates_api_workers_wanted", "Workers that are to run.", registry=registry).set(wanted)
        self._beating = Gauge(
            "rates_api_workers_beating", "Workers whose event loop runs.", registry=registry
        )
        self._deaths = Counter(
            "rates_api_worker_deaths_total",
            "Workers that died, or were killed because they were stopped or hung.",
            ["death"],
            registry=registry,
        )
        for death in get_args(Death):
            self._deaths.labels(death)

    def show_beating(self, workers: int) -> None:
        """Show how many workers beat."""
        self._beating.set(workers)

    def on_worker_death(self, death: Death) -> None:
        """Count a worker that is replaced."""
        self._deaths.labels(death).inc()
