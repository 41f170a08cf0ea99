"""Merges the workers' metrics and health into the instance's (protocol rule 24).

Once a second each worker writes its metrics and a small report into a directory that all share,
and merges all reports: `/health` answers from memory. From the same directory the main process
merges the metrics for `/metrics`. Nothing else rests on it: while it is lost or full each worker
speaks for itself, and it is made again as soon as that is possible (rule 38).
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import msgspec
from prometheus_client import CollectorRegistry, Gauge

from rates_api.dependencies import InstanceHealth
from rates_api.metrics import MIN_IS_WORST
from rates_api.request_counters import RequestTotals, hit_ratio, p95, summed
from rates_api.snapshot.level import LEVELS
from rates_api.snapshot.snapshot import Feed
from rates_contracts.answers import Dependency, Level
from rates_contracts.warnings import in_order
from rates_telemetry.exposition import (
    ENDED,
    SUFFIX,
    DirectoryCollector,
    read_files,
    replace_file,
    write,
)

FRESH_SECONDS = 10.0
"""A report older than this belongs to a worker that has ended."""

START_SECONDS = 10.0
"""A worker waits so long for others that are not there yet; they may not come (rule 39)."""
REPORT = ".json"
STATES: tuple[Dependency, ...] = ("healthy", "degraded", "unhealthy")


class WorkerReport(msgspec.Struct, frozen=True):
    """The state of one worker: level, warnings, feed, dependencies, and its last five minutes."""

    level: Level
    warnings: tuple[str, ...]
    feed: Feed
    position: str | None
    database: Dependency
    redis: Dependency
    figures: RequestTotals


class ReportExchange(Protocol):
    """One worker's access to the reports of all workers, exchanged every `interval` seconds."""

    interval: float

    def publish(self, report: WorkerReport | None) -> InstanceHealth | None:
        """Publish `report` if given; return the merged health, None before the first report.

        May block briefly. Raises `OSError` if that fails.
        """

    @property
    def others_warm(self) -> bool:
        """Tell whether every other worker that serves has data, as of the last exchange."""


class ReportDirectory:
    """The exchange through a directory, which also holds each worker's metrics."""

    interval = 1.0

    def __init__(
        self,
        directory: Path,
        name: str,
        registry: CollectorRegistry,
        *,
        workers: int,
        wall: Callable[[], float],
    ) -> None:
        """Write as `name`, one of `workers`; `wall` is Unix time, as the files' times are."""
        self._directory = directory
        self._name = name
        self._others = workers - 1
        self._registry = registry
        self._wall = wall
        self._began: float | None = None
        self._started = False
        self._others_warm = False

    def publish(self, report: WorkerReport | None) -> InstanceHealth | None:
        """Write the metrics and `report`, read the reports of workers that have not ended."""
        try:
            health = self._exchange(report)
            self._others_warm = self._do_others_report_data()
        except OSError:
            # Nobody knows of the others: a worker that is warm then serves.
            self._others_warm = True
            raise
        return health

    def _exchange(self, report: WorkerReport | None) -> InstanceHealth | None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The report first: who sees the metrics alone takes this worker for a cold one.
        if report is not None:
            replace_file(self._directory / f"{self._name}{REPORT}", msgspec.json.encode(report))
        write(self._registry, self._directory, self._name)
        reports = self._fresh_reports()
        return merged(reports) if reports else None

    @property
    def others_warm(self) -> bool:
        """Tell whether every other worker alive has data; at the start, as many as there should be.

        A load balancer's probe reaches any worker; the requests that follow may reach a cold one,
        also one that has replaced another: a worker alive has written its metrics. One that died
        and is not replaced yet gets no requests. Where reports can't be exchanged nobody knows: a
        worker that is warm then serves.
        """
        return self._others_warm

    def _do_others_report_data(self) -> bool:
        warm = {path.stem for path in self._directory.glob(f"*{REPORT}") if _has_data(path)}
        alive = {path.stem for path in self._directory.glob(f"*{SUFFIX}") if self._is_alive(path)}
        return alive <= warm | {self._name} and self._has_started(len(warm - {self._name}))

    def _has_started(self, others: int) -> bool:
        """Tell whether all the others were there once, or have had the time to come.

        Later the directory may be lost, with every report in it (rule 38): nobody is cold then.
        """
        self._began = self._began or self._wall()
        is_late = self._wall() - self._began >= START_SECONDS
        self._started = self._started or is_late or others >= self._others
        return self._started

    def _is_alive(self, path: Path) -> bool:
        """Tell whether the worker that wrote a file has not ended, nor been retired just now."""
        try:
            written_at = path.stat().st_mtime
        except FileNotFoundError:
            return False
        return path.name != ENDED and written_at >= self._wall() - FRESH_SECONDS

    def _fresh_reports(self) -> list[WorkerReport]:
        oldest = self._wall() - FRESH_SECONDS
        written = read_files(self._directory, REPORT)
        return [decode_report(text) for text, written_at in written if written_at >= oldest]


def _has_data(path: Path) -> bool:
    """Tell whether the report at `path` is of a worker with data; one that was retired is none."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return False
    return decode_report(text).position is not None


def decode_report(text: str) -> WorkerReport:
    """Return the report in `text`. Raises `OSError`: a report that can't be read was not shared."""
    try:
        return msgspec.json.decode(text, type=WorkerReport)
    except msgspec.MsgspecError as error:
        raise OSError(f"a worker's report can't be read: {error}") from error


def merged(reports: Sequence[WorkerReport]) -> InstanceHealth:
    """Return the health of the instance: the worst of its workers, their traffic summed.

    Raises `ValueError` without reports.
    """
    figures = summed([report.figures for report in reports])
    return InstanceHealth(
        level=max((report.level for report in reports), key=LEVELS.index),
        database=_worst([report.database for report in reports]),
        redis=_worst([report.redis for report in reports]),
        response_time_p95=p95(figures),
        cache_hit_ratio=hit_ratio(figures),
        warnings=in_order(code for report in reports for code in report.warnings),
    )


def _worst(states: Sequence[Dependency]) -> Dependency:
    return max(states, key=STATES.index)


class InstanceRegistry(CollectorRegistry):
    """A registry that shows the merged metrics of all workers of an instance."""

    def __init__(self, directory: Path, wall: Callable[[], float]) -> None:
        """Merge what workers write into `directory`; `wall` is Unix time."""
        super().__init__()
        self._directory = directory
        self._wall = wall
        self._workers = DirectoryCollector(
            directory, fresh_seconds=FRESH_SECONDS, least=MIN_IS_WORST, wall=wall
        )
        self.register(self._workers)
        Gauge(
            "rates_api_workers_reporting", "Workers whose report is new.", registry=self
        ).set_function(self._count_fresh_reports)

    def retire(self, pid: int) -> None:
        """Keep the counters of a worker that has ended, and remove its files. Raises `OSError`.

        Otherwise a worker that dies again and again would fill the directory.
        """
        self._workers.retire(worker_name(pid, "*"))
        for path in self._directory.glob(f"*{worker_name(pid, '*')}"):
            path.unlink(missing_ok=True)

    def _count_fresh_reports(self) -> int:
        oldest = self._wall() - FRESH_SECONDS
        return sum(at >= oldest for _, at in read_files(self._directory, REPORT))


def worker_name(pid: int, suffix: str) -> str:
    """Return the name that the worker with that process id writes as."""
    return f"worker-{pid}-{suffix}"
