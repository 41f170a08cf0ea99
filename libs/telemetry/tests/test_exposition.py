"""Several processes' metrics as one: what is summed, what is the worst, what the dead may say."""

import os
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from rates_telemetry.exposition import DirectoryCollector, merge, write

LEAST = frozenset({"up"})


def worker(answers: int, level: float, up: float, seconds: float) -> CollectorRegistry:
    """Return the registry of a worker with these figures."""
    registry = CollectorRegistry()
    Counter("answers_total", "Answers.", ["status"], registry=registry).labels("200").inc(answers)
    Gauge("level", "Level.", registry=registry).set(level)
    Gauge("up", "Up.", registry=registry).set(up)
    histogram = Histogram("seconds", "Seconds.", buckets=(0.1, 1.0), registry=registry)
    histogram.observe(seconds)
    return registry


def figures(collected: list[object]) -> dict[str, float]:
    """Return the samples by name and labels as Prometheus would show them."""
    shown: dict[str, float] = {}
    for family in collected:
        for sample in family.samples:  # type: ignore[attr-defined]
            labels = ",".join(f"{key}={value}" for key, value in sorted(sample.labels.items()))
            shown[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return shown


@pytest.fixture
def two_workers(tmp_path: Path) -> Path:
    """Return a directory into which two workers have written."""
    write(worker(answers=3, level=0, up=1, seconds=0.05), tmp_path, "a")
    write(worker(answers=4, level=2, up=0, seconds=0.5), tmp_path, "b")
    return tmp_path


def collect(directory: Path, *, wall: float | None = None) -> dict[str, float]:
    """Merge what lies in the directory, seen at Unix time `wall`, by default as just written."""
    at = wall if wall is not None else max(path.stat().st_mtime for path in directory.iterdir())
    collector = DirectoryCollector(directory, fresh_seconds=10, least=LEAST, wall=lambda: at)
    return figures(list(collector.collect()))


def test_counters_and_histograms_are_summed(two_workers: Path) -> None:
    """Counters and histogram buckets of all workers add up (protocol rule 24)."""
    shown = collect(two_workers)

    assert shown["answers_total{status=200}"] == 7
    assert shown["seconds_bucket{le=0.1}"] == 1
    assert shown["seconds_bucket{le=+Inf}"] == 2
    assert shown["seconds_count"] == 2
    assert shown["seconds_sum"] == pytest.approx(0.55)


def test_the_worst_gauge_counts(two_workers: Path) -> None:
    """Of a gauge the greatest value counts, or the least where less is worse."""
    shown = collect(two_workers)

    assert shown["level"] == 2
    assert shown["up"] == 0


def test_an_ended_process_keeps_its_counters_and_loses_its_gauges(two_workers: Path) -> None:
    """A stale file still counts what happened and says nothing about now."""
    os.utime(two_workers / "b.prom", (1000, 1000))
    os.utime(two_workers / "a.prom", (2000, 2000))

    shown = collect(two_workers, wall=2001)

    assert shown["answers_total{status=200}"] == 7
    assert shown["level"] == 0
    assert shown["up"] == 1


def test_creation_times_are_left_out(two_workers: Path) -> None:
    """The instants at which counters were created are no metric of the instance."""
    assert not [name for name in collect(two_workers) if "_created" in name]


def test_a_merged_exposition_reads_like_a_single_one(two_workers: Path) -> None:
    """The collector serves as the registry of an HTTP exposition."""
    registry = CollectorRegistry()
    registry.register(
        DirectoryCollector(two_workers, fresh_seconds=10, least=LEAST, wall=lambda: 0.0)
    )

    text = generate_latest(registry).decode()

    assert "# TYPE answers_total counter" in text
    assert 'answers_total{status="200"} 7.0' in text


def test_nothing_written_yet_is_an_empty_exposition(tmp_path: Path) -> None:
    """Before the first worker has written there is nothing to say, and no error."""
    assert collect(tmp_path, wall=0.0) == {}


def test_merging_one_text_changes_no_value() -> None:
    """A single process is shown as it is."""
    text = generate_latest(worker(answers=3, level=1, up=1, seconds=0.05)).decode()

    shown = figures(list(merge([text], [text], LEAST)))

    assert shown["answers_total{status=200}"] == 3
    assert shown["level"] == 1


def test_no_unfinished_file_is_left_behind(two_workers: Path) -> None:
    """A write is one step: only whole files lie in the directory."""
    assert sorted(path.name for path in two_workers.iterdir()) == ["a.prom", "b.prom"]
