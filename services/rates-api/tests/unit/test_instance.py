"""The workers of an instance speak as one (protocol rule 24)."""

import os
import shutil
import time
from pathlib import Path

import pytest

from rates_api.dependencies import InstanceHealth
from rates_api.instance import InstanceRegistry, ReportDirectory, WorkerReport, worker_name
from rates_api.metrics import Metrics
from rates_contracts.answers import Level


def report(
    metrics: Metrics, level: Level = "healthy", *warnings: str, **changes: str | None
) -> WorkerReport:
    """Return the report of a worker at `level` because of `warnings`."""
    states = {"database": "healthy", "redis": "healthy", "position": "1-2"} | changes
    return WorkerReport(
        level=level,
        warnings=warnings,
        feed="redis",
        figures=metrics.traffic.totals(),
        **states,  # type: ignore[arg-type]
    )


def heard(worker: ReportDirectory, said: WorkerReport | None) -> InstanceHealth:
    """Have `worker` say `said` and return what it hears of the instance."""
    health = worker.publish(said)
    assert health is not None
    return health


class Now:
    """Unix time as the newest file tells it, and a little later."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def __call__(self) -> float:
        return max(path.stat().st_mtime for path in self.directory.iterdir())


@pytest.fixture
def metrics() -> list[Metrics]:
    """Give the metrics of two workers."""
    return [Metrics(lambda: 0.0) for _ in range(2)]


@pytest.fixture
def workers(tmp_path: Path, metrics: list[Metrics]) -> list[ReportDirectory]:
    """Give two workers of one instance."""
    now = Now(tmp_path)
    return [
        ReportDirectory(tmp_path, f"worker-{number}", each.registry, workers=2, wall=now)
        for number, each in enumerate(metrics)
    ]


def test_any_worker_tells_the_worst_level(
    workers: list[ReportDirectory], metrics: list[Metrics]
) -> None:
    """Protocol rule 24: level and dependencies are the worst of all workers."""
    workers[0].publish(report(metrics[0], "degraded", redis="unhealthy"))

    health = heard(workers[1], report(metrics[1]))

    assert (health.level, health.redis, health.database) == ("degraded", "unhealthy", "healthy")


def test_each_cause_of_the_level_is_told(
    workers: list[ReportDirectory], metrics: list[Metrics]
) -> None:
    """Protocol rule 24: the warnings are those of any worker, each once, worst first."""
    workers[0].publish(report(metrics[0], "degraded", "not_fed_by_redis", "simulated_data"))

    health = heard(workers[1], report(metrics[1], "degraded", "unverified", "simulated_data"))

    assert health.warnings == ("unverified", "not_fed_by_redis", "simulated_data")


def test_traffic_is_of_all_workers(workers: list[ReportDirectory], metrics: list[Metrics]) -> None:
    """Protocol rule 24: percentile and ratio cover the answers of every worker."""
    for each in metrics:
        each.requests.record("/api/v1/rates/current", 200, 0.150)
    metrics[0].requests.record_lookup("hit")
    metrics[1].requests.record_lookup("miss")
    workers[0].publish(report(metrics[0]))

    health = heard(workers[1], report(metrics[1]))

    assert health.cache_hit_ratio == 0.5
    assert health.response_time_p95 is not None
    assert 100 < health.response_time_p95 <= 150


def test_a_worker_that_has_ended_does_not_count(
    workers: list[ReportDirectory], metrics: list[Metrics], tmp_path: Path
) -> None:
    """A stale report is of a dead worker: it says nothing about the level now."""
    workers[0].publish(report(metrics[0], "critical"))
    os.utime(tmp_path / "worker-0.json", (1000, 1000))

    assert heard(workers[1], report(metrics[1])).level == "healthy"


def test_a_worker_in_its_warm_up_has_no_say_yet(
    workers: list[ReportDirectory], metrics: list[Metrics]
) -> None:
    """One worker that starts does not make the instance critical; it hears of the others."""
    workers[0].publish(report(metrics[0]))

    assert heard(workers[1], None).level == "healthy"
    assert heard(workers[0], report(metrics[0])).level == "healthy"


def test_an_instance_is_warm_once_every_worker_is(
    workers: list[ReportDirectory], metrics: list[Metrics], tmp_path: Path
) -> None:
    """Protocol rules 22 and 24: a warm worker waits for the other's report, however old."""
    workers[0].publish(report(metrics[0]))
    workers[1].publish(None)
    before = [worker.others_warm for worker in workers]

    workers[1].publish(report(metrics[1]))
    os.utime(tmp_path / "worker-1.json", (1000, 1000))
    workers[0].publish(report(metrics[0]))

    assert before == [False, True]
    assert [worker.others_warm for worker in workers] == [True, True]


def test_a_worker_that_reports_no_data_keeps_the_instance_cold(
    workers: list[ReportDirectory], metrics: list[Metrics]
) -> None:
    """Protocol rule 22: its report is about the health alone."""
    workers[1].publish(report(metrics[1], "critical", position=None))
    workers[0].publish(report(metrics[0]))

    assert not workers[0].others_warm


def test_a_cold_worker_in_the_place_of_a_dead_one_keeps_the_instance_cold(
    workers: list[ReportDirectory], metrics: list[Metrics], tmp_path: Path
) -> None:
    """Protocol rule 22: that the one before it was warm does not make it so."""
    for worker, each in zip(workers, metrics, strict=True):
        worker.publish(report(each))
    successor = ReportDirectory(
        tmp_path, "worker-2", metrics[1].registry, workers=2, wall=Now(tmp_path)
    )

    successor.publish(None)
    workers[0].publish(report(metrics[0]))

    assert not workers[0].others_warm
    assert successor.others_warm


def test_files_of_a_worker_that_is_retired_meanwhile_are_none(
    metrics: list[Metrics], tmp_path: Path
) -> None:
    """The main process removes them between the list of files and the look at each."""
    for suffix in ("json", "prom"):
        (tmp_path / f"worker-9.{suffix}").symlink_to(tmp_path / "removed")
    worker = ReportDirectory(tmp_path, "worker-1", metrics[0].registry, workers=2, wall=time.time)

    worker.publish(report(metrics[0]))

    assert not worker.others_warm


def test_the_instance_exports_the_worst_worker(
    workers: list[ReportDirectory], metrics: list[Metrics], tmp_path: Path
) -> None:
    """Protocol rule 24: counters are summed, a worker that lags or is cut off shows."""
    for each, position in zip(metrics, (7, 9), strict=True):
        each.on_entry("applied")
        each._position.set(position)
    metrics[0].redis_up.set(1)
    metrics[1].redis_up.set(0)
    for worker, each in zip(workers, metrics, strict=True):
        worker.publish(report(each))

    registry = InstanceRegistry(tmp_path, time.time)

    applied = registry.get_sample_value("rates_api_events_total", {"outcome": "applied"})
    assert applied == 2
    assert registry.get_sample_value("rates_api_snapshot_position") == 7
    assert registry.get_sample_value("rates_api_redis_up") == 0
    assert registry.get_sample_value("rates_api_level", {"level": "critical"}) == 1


def test_an_instance_that_was_warm_stays_so_when_the_directory_is_lost(
    workers: list[ReportDirectory], metrics: list[Metrics], tmp_path: Path
) -> None:
    """Protocol rule 38: also right after the start; whose report is gone has not become cold."""
    for _ in range(2):
        for worker, each in zip(workers, metrics, strict=True):
            worker.publish(report(each))

    shutil.rmtree(tmp_path)
    for worker, each in zip(workers, metrics, strict=True):
        worker.publish(report(each))

    assert [worker.others_warm for worker in workers] == [True, True]


def test_a_worker_that_does_not_come_leaves_the_instance_warm(
    metrics: list[Metrics], tmp_path: Path
) -> None:
    """Protocol rule 39: its replacement may wait for half a minute; the others serve after 10 s."""
    clock = [1000.0]
    survivor = ReportDirectory(
        tmp_path, "worker-0", metrics[0].registry, workers=2, wall=lambda: clock[0]
    )
    survivor.publish(report(metrics[0]))
    before = survivor.others_warm

    clock[0] += 10
    survivor.publish(report(metrics[0]))

    assert (before, survivor.others_warm) == (False, True)


def test_a_directory_that_was_removed_is_made_again(
    workers: list[ReportDirectory], metrics: list[Metrics], tmp_path: Path
) -> None:
    """Protocol rule 38: what workers share is derived; the next report brings it back."""
    for worker, each in zip((*workers, workers[0]), (*metrics, metrics[0]), strict=True):
        worker.publish(report(each))
    assert workers[0].others_warm
    registry = InstanceRegistry(tmp_path, lambda: 0.0)

    shutil.rmtree(tmp_path)
    lost = registry.get_sample_value("rates_api_workers_reporting")
    warm = workers[0].others_warm
    health = heard(workers[1], report(metrics[1]))

    assert (lost, warm, health.level) == (0, True, "healthy")
    assert registry.get_sample_value("rates_api_workers_reporting") == 1


def test_a_report_that_cannot_be_read_was_not_shared(
    workers: list[ReportDirectory], metrics: list[Metrics], tmp_path: Path
) -> None:
    """Protocol rule 38: whatever lies in the directory, it is a failure that is counted."""
    (tmp_path / "worker-9.json").write_bytes(b"\xff\x00")
    (tmp_path / "worker-9.prom").write_bytes(b"\xff is no metric")

    with pytest.raises(OSError, match="can't be read"):
        workers[0].publish(report(metrics[0]))
    registry = InstanceRegistry(tmp_path, lambda: 0.0)
    assert registry.get_sample_value("rates_api_workers_reporting") == 2


def test_a_worker_that_has_ended_leaves_its_counters_alone(
    workers: list[ReportDirectory], metrics: list[Metrics], tmp_path: Path
) -> None:
    """However often workers die, counters never fall and the directory does not grow."""
    registry = InstanceRegistry(tmp_path, time.time)
    counted = []
    for pid in (11, 12, 13):
        each = Metrics(lambda: 0.0)
        each.on_entry("applied")
        name = worker_name(pid, "abcd")
        ended = ReportDirectory(tmp_path, name, each.registry, workers=2, wall=time.time)
        ended.publish(report(each))
        registry.retire(pid)
        applied = {"outcome": "applied"}
        counted.append(registry.get_sample_value("rates_api_events_total", applied))

    assert counted == [1, 2, 3]
    assert [path.name for path in tmp_path.iterdir()] == ["ended.prom"]
    assert registry.get_sample_value("rates_api_snapshot_position") is None


def test_nobody_has_said_anything_yet(workers: list[ReportDirectory]) -> None:
    """A worker in its warm-up that is alone hears nothing, rather than the worst."""
    assert workers[0].publish(None) is None
