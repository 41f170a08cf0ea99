"""One worker: what it holds, its background tasks, and its health.

Requests only read from it (rule R6): everything that waits is in `run`.
"""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime
from typing import TypeVar

import structlog

from rates_api.consume.head_monitor import HeadMonitor
from rates_api.consume.reader import StreamReader
from rates_api.consume.signatures import Signatures
from rates_api.dependencies import DependencyMonitor, InstanceHealth
from rates_api.fallback.evidence import EvidenceReader
from rates_api.following.broadcast import Broadcast
from rates_api.http.response_cache import ResponseCache
from rates_api.instance import ReportExchange, WorkerReport, merged
from rates_api.metrics import Metrics
from rates_api.request_counters import RequestCounters
from rates_api.snapshot.current import CurrentSnapshot
from rates_api.snapshot.level import assess_whole
from rates_api.supervisor_link import SupervisorLink
from rates_telemetry.tracing import Tracing

T = TypeVar("T")

log = structlog.get_logger(__name__)

BEAT_SECONDS = 1.0
KEYS_SECONDS = 30.0
"""Between two looks at the record's signing keys."""
WARM_UP_SECONDS = 10.0
"""After this a worker without data counts for the health of its instance."""
STUCK_SECONDS = 60.0
"""Longer than the slowest round of any loop, all its timeouts included."""


class LoopLiveness:
    """When each background loop last completed a round; a loop that is stuck is not alive."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """Measure in `monotonic` seconds."""
        self._monotonic = monotonic
        self._at: dict[str, float] = {}

    def track(self, loop: str) -> Callable[[], None]:
        """Return the `on_round` of `loop`; its first round begins now."""

        def on_round() -> None:
            self._at[loop] = self._monotonic()

        on_round()
        return on_round

    @property
    def stuck(self) -> tuple[str, ...]:
        """Return the loops that have not completed a round for too long."""
        oldest = self._monotonic() - STUCK_SECONDS
        return tuple(loop for loop, at in self._at.items() if at < oldest)


@dataclasses.dataclass
class Worker:
    """The parts of one worker.

    `closing` closes its connections; `freeze_garbage` is called once the worker is warm.
    """

    clock: Callable[[], datetime]
    monotonic: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    new_request_id: Callable[[], str]
    current: CurrentSnapshot[ResponseCache]
    streams: Broadcast
    metrics: Metrics
    reader: StreamReader
    head_monitor: HeadMonitor
    evidence: EvidenceReader
    signatures: Signatures
    database: DependencyMonitor
    redis: DependencyMonitor
    link: SupervisorLink
    reports: ReportExchange
    tracing: Tracing
    closing: AsyncExitStack
    freeze_garbage: Callable[[], None]

    def __post_init__(self) -> None:
        """Start the count of the warm-up."""
        self.liveness = LoopLiveness(self.monotonic)
        self._started = self.monotonic()
        self._health: InstanceHealth | None = None
        self._exchange_failing = False
        self._one_thread = asyncio.Lock()

    async def run(self) -> None:
        """Warm up and follow the record until cancelled; whatever it raises is a bug."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._beat_forever(), name="beat")
            tasks.create_task(self._publish_forever(), name="publish")
            tasks.create_task(self._follow_forever(), name="follow")
            tasks.create_task(self.streams.run(self.liveness.track("streams")), name="streams")

    async def close(self) -> None:
        """Close the connections."""
        await self.closing.aclose()

    async def run_in_thread(self, work: Callable[[], T]) -> T:
        """Return what `work` returns, done in a thread.

        One at a time: whoever asks for much waits for others who do, and nobody else waits.
        """
        async with self._one_thread:
            return await asyncio.to_thread(work)

    @property
    def counters(self) -> RequestCounters:
        """Return where requests are counted."""
        return self.metrics.requests

    @property
    def ready(self) -> bool:
        """Tell whether to send it requests: not draining, every worker with data (rule 22)."""
        warm = self.current.snapshot is not None and self.reports.others_warm
        return warm and not self.link.draining

    @property
    def fed(self) -> bool:
        """Tell whether it has a source: the stream feeds it, or the record answers (rule 41)."""
        snapshot = self.current.snapshot
        by_stream = snapshot is not None and snapshot.feed == "redis"
        return by_stream or self.database.state != "unhealthy"

    def instance_health(self) -> InstanceHealth:
        """Return the health of the whole instance as last merged (protocol rule 24).

        Before the first merge, and while reports can't be exchanged, it is this worker's own.
        """
        return merged([self._report()]) if self._health is None else self._health

    async def publish(self) -> None:
        """Publish this worker's report, and merge those of all workers.

        During its warm-up a worker publishes none: the instance would be critical at each start.
        Where reports can't be exchanged, a worker speaks for itself (rule 38).
        """
        report = self._report()
        waited = self.monotonic() - self._started >= WARM_UP_SECONDS
        published = report if report.position is not None or waited else None
        try:
            self._health = await asyncio.to_thread(self.reports.publish, published)
        except OSError as error:
            self._health = None
            self.metrics.on_report_failure()
            self._show_exchange(error)
        else:
            self._show_exchange(None)

    def _show_exchange(self, error: OSError | None) -> None:
        """Log when the exchange of reports begins to fail, and when it works again."""
        if error and not self._exchange_failing:
            log.warning("reports_not_exchanged", error=str(error))
        if self._exchange_failing and not error:
            log.info("reports_exchanged")
        self._exchange_failing = error is not None

    async def _beat_forever(self) -> None:
        while True:
            self.link.beat()
            await self.sleep(BEAT_SECONDS)

    async def _publish_forever(self) -> None:
        on_round = self.liveness.track("publish")
        while True:
            await self.publish()
            on_round()
            await self.sleep(self.reports.interval)

    async def _follow_forever(self) -> None:
        on_round = self.liveness.track("reader")
        await self.signatures.learn()
        await self.reader.warm_up(on_round)
        self.freeze_garbage()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.reader.run(on_round), name="reader")
            tasks.create_task(self.head_monitor.run(self.liveness.track("watch")), name="watch")
            tasks.create_task(self._learn_forever(), name="keys")

    async def _learn_forever(self) -> None:
        """Follow the record's signing keys: new ones, and those revoked (protocol rule 45).

        What was taken before the first one was known, or by one that counts no more, is loaded
        anew.
        """
        required, trusted = self.signatures.required, self.signatures.trusted
        while True:
            await self.sleep(KEYS_SECONDS)
            await self.signatures.learn()
            if required < self.signatures.required or not trusted <= self.signatures.trusted:
                self.reader.distrust()
            required, trusted = self.signatures.required, self.signatures.trusted

    def _report(self) -> WorkerReport:
        snapshot = self.current.snapshot
        now = self.clock()
        whole = assess_whole(snapshot, now)
        feed = snapshot.feed if snapshot else "database"
        head = snapshot.head if snapshot else None
        self.metrics.show(whole.level, feed, head)
        ahead = (head.recorded_at - now).total_seconds() if head else 0.0
        self.metrics.on_record_ahead(max(ahead, 0.0))
        return WorkerReport(
            level=whole.level,
            warnings=whole.warnings,
            feed=feed,
            position=head.at.stream_id if head else None,
            database=self.database.state,
            redis=self.redis.state,
            figures=self.metrics.traffic.totals(),
        )
