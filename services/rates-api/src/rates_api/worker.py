"""One worker: what it holds, what runs beside its requests, and how it is.

Built by `bootstrap`, run and asked by `app`; to `serve` it is the port. Requests only read from
it (rule R6): everything that waits happens in `run`.
"""

import asyncio
import dataclasses
import uuid
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime

from rates_api.consume.head_monitor import HeadWatch
from rates_api.consume.reader import StreamReader
from rates_api.dependencies import Dependency
from rates_api.http.port import InstanceHealth
from rates_api.instance import Instance, WorkerReport, merged
from rates_api.metrics import Metrics
from rates_api.snapshot.current import CurrentSnapshot
from rates_api.snapshot.level import standing
from rates_api.snapshot.warmup import Sources, warm_up
from rates_telemetry.tracing import Tracing

PUBLISH_SECONDS = 1.0
READY_SECONDS = 10.0
"""After this a worker is ready even without data: it answers `critical` (protocol rule 22)."""
STUCK_SECONDS = 60.0
"""Longer than the slowest step of any loop with every timeout spent."""


class Progress:
    """When each background loop last got round; a loop that is stuck is not alive."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """Measure in `monotonic` seconds."""
        self._monotonic = monotonic
        self._at: dict[str, float] = {}

    def of(self, loop: str) -> Callable[[], None]:
        """Return what `loop` calls at each round; the count starts now."""

        def beat() -> None:
            self._at[loop] = self._monotonic()

        beat()
        return beat

    @property
    def stuck(self) -> tuple[str, ...]:
        """Return the loops that have not got round for too long."""
        oldest = self._monotonic() - STUCK_SECONDS
        return tuple(loop for loop, at in self._at.items() if at < oldest)


@dataclasses.dataclass
class Worker:
    """The parts of one worker; `closing` ends its connections, `settle` is called once warm."""

    clock: Callable[[], datetime]
    timestamp: Callable[[], float]
    monotonic: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    pause: Callable[[], Awaitable[None]]
    current: CurrentSnapshot
    metrics: Metrics
    sources: Sources
    reader: StreamReader
    watch: HeadWatch
    database: Dependency
    redis: Dependency
    instance: Instance
    tracing: Tracing
    closing: AsyncExitStack
    settle: Callable[[], None]

    def __post_init__(self) -> None:
        """Start the count of the readiness limit."""
        self.progress = Progress(self.monotonic)
        self._started = self.monotonic()
        self._health: InstanceHealth | None = None

    async def run(self) -> None:
        """Warm up and follow the record until cancelled; whatever it raises is a bug."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._publish_forever(), name="publish")
            tasks.create_task(self._follow_forever(), name="follow")

    async def close(self) -> None:
        """Close the connections."""
        await self.closing.aclose()

    @property
    def ready(self) -> bool:
        """Tell whether requests may come: not draining, all past the first warm-up (rule 22)."""
        instance = self.instance
        return self._past_warm_up and instance.others_warm and not instance.draining

    @property
    def _past_warm_up(self) -> bool:
        waited = self.monotonic() - self._started >= READY_SECONDS
        return self.current.snapshot is not None or waited

    def instance_health(self) -> InstanceHealth:
        """Return the health of the whole instance as last merged (protocol rule 24).

        It is this worker's own until one has reported: the first to warm up may be asked at once.
        """
        return merged([self._report()]) if self._health is None else self._health

    def new_request_id(self) -> str:
        """Return a fresh `X-Request-Id`."""
        return uuid.uuid4().hex

    async def publish(self) -> None:
        """Write what this worker has to say, and take in what all of them say.

        A worker in its warm-up has no say yet: each start of one would make the instance critical.
        """
        report = self._report()
        said = report if self._past_warm_up else None
        self._health = await asyncio.to_thread(self.instance.publish, said)

    async def _publish_forever(self) -> None:
        beat = self.progress.of("publish")
        while True:
            await self.publish()
            beat()
            await self.sleep(PUBLISH_SECONDS)

    async def _follow_forever(self) -> None:
        beat = self.progress.of("reader")

        async def pause() -> None:
            await self.pause()
            beat()

        await warm_up(self.sources, self.reader.adopt, pause)
        self.settle()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.reader.run(beat), name="reader")
            tasks.create_task(self.watch.run(self.progress.of("watch")), name="watch")

    def _report(self) -> WorkerReport:
        snapshot = self.current.snapshot
        level = standing(snapshot, self.clock()).level
        feed = snapshot.feed if snapshot else "database"
        head = snapshot.head if snapshot else None
        self.metrics.standing(level, feed, head)
        return WorkerReport(
            level=level,
            feed=feed,
            position=head.at.stream_id if head else None,
            database=self.database.state,
            redis=self.redis.state,
            figures=self.metrics.traffic.figures(),
        )
