"""Merges the workers' metrics and health into the instance's (protocol rule 24).

Once a second each worker writes its metrics and a small report into a directory that all share, and
merges all reports: `/health` answers from memory. From the same directory the main process merges
the metrics for `/metrics`; in it, it marks the instance as draining.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec
from prometheus_client import CollectorRegistry

from rates_api.dependencies import InstanceHealth
from rates_api.metrics import MIN_IS_WORST
from rates_api.request_counters import RequestTotals, hit_ratio, p95, summed
from rates_api.snapshot.level import LEVELS
from rates_api.snapshot.snapshot import Feed
from rates_contracts.answers import Dependency, Level
from rates_contracts.host_header import is_internal
from rates_contracts.warnings import in_order
from rates_telemetry.exposition import SUFFIX, DirectoryCollector, replace_file, write

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FRESH_SECONDS = 10.0
"""A report older than this belongs to a worker that has ended."""

DRAINING = "draining"
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
    """One worker's access to the reports of all workers of its instance."""

    def publish(self, report: WorkerReport | None) -> InstanceHealth | None:
        """Publish `report` if given; return the merged health, None before the first report.

        May block briefly. Raises `OSError` if that fails.
        """

    @property
    def others_warm(self) -> bool:
        """Tell whether every other worker has data."""

    @property
    def draining(self) -> bool:
        """Tell whether the instance is about to end."""


class ReportDirectory:
    """The exchange through a directory, which also holds each worker's metrics."""

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

    def publish(self, report: WorkerReport | None) -> InstanceHealth | None:
        """Write the metrics and `report`, read the reports of workers that have not ended."""
        write(self._registry, self._directory, self._name)
        if report is not None:
            replace_file(self._directory / f"{self._name}.json", msgspec.json.encode(report))
        reports = self._fresh_reports()
        return merged(reports) if reports else None

    @property
    def others_warm(self) -> bool:
        """Tell whether as many other workers as there should be have reported data, ever.

        A load balancer's probe reaches any worker; the requests that follow may reach a cold one,
        also one that has replaced another: a worker alive has written its metrics.
        """
        warm = {
            path.stem
            for path in self._directory.glob("*.json")
            if _decoded(path).position is not None
        }
        alive = {path.stem for path in self._fresh(f"*{SUFFIX}")}
        return alive <= warm | {self._name} and len(warm - {self._name}) >= self._others

    @property
    def draining(self) -> bool:
        """Tell whether the main process has marked the instance as draining."""
        return (self._directory / DRAINING).exists()

    def _fresh_reports(self) -> list[WorkerReport]:
        return [_decoded(path) for path in self._fresh("*.json")]

    def _fresh(self, pattern: str) -> list[Path]:
        """Return the files that workers have written that have not ended."""
        oldest = self._wall() - FRESH_SECONDS
        return [path for path in self._directory.glob(pattern) if path.stat().st_mtime >= oldest]


def _decoded(path: Path) -> WorkerReport:
    return msgspec.json.decode(path.read_bytes(), type=WorkerReport)


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


def announce_draining(directory: Path) -> None:
    """Mark the instance as draining: its workers are no longer ready."""
    (directory / DRAINING).touch()


def internal_only(app: "WSGIApplication") -> "WSGIApplication":
    """Return `app` for requests whose `Host` can name an internal port.

    Others come from a page in somebody's browser (`rates_contracts.host_header`).
    """

    def checked(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        host = environ.get("HTTP_HOST")
        if host is None or is_internal(host.encode("latin-1")):
            return app(environ, start_response)
        start_response("421 Misdirected Request", [("Content-Length", "0")])
        return [b""]

    return checked


def instance_registry(directory: Path, wall: Callable[[], float]) -> CollectorRegistry:
    """Return a registry that shows the merged metrics of all workers; `wall` is Unix time."""
    registry = CollectorRegistry()
    registry.register(
        DirectoryCollector(directory, fresh_seconds=FRESH_SECONDS, least=MIN_IS_WORST, wall=wall)
    )
    return registry
