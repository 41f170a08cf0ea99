"""Every metric is there from start-up, and on the page that lists them."""

import re
from pathlib import Path
from typing import get_args

import pytest
from prometheus_client import CollectorRegistry

from rates_api.instance import InstanceRegistry
from rates_api.metrics import MIN_IS_WORST, Death, InstanceMetrics, Metrics

PAGE = Path(__file__).parents[4] / "docs" / "telemetry.md"


@pytest.fixture
def metrics() -> Metrics:
    """Give the metrics of a worker that has just started."""
    return Metrics(lambda: 0.0)


@pytest.fixture
def instance(tmp_path: Path) -> CollectorRegistry:
    """Give the registry of a main process that has just started, before any worker."""
    registry = InstanceRegistry(tmp_path, lambda: 0.0)
    InstanceMetrics(registry, wanted=2)
    return registry


def names(registry: CollectorRegistry) -> set[str]:
    """Return the names of all metrics as Prometheus shows them."""
    return {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in registry.collect()
    }


def test_the_page_lists_every_metric(metrics: Metrics, instance: CollectorRegistry) -> None:
    """The telemetry page and the registries name the same metrics of rates-api."""
    page = PAGE.read_text(encoding="utf-8")
    shown = names(metrics.registry) | names(instance)

    assert set(re.findall(r"`(rates_api_\w+)", page)) == shown


def test_what_the_main_process_counts_exists_from_its_start(instance: CollectorRegistry) -> None:
    """Rule R9: wanted and beating workers are there before the first of them."""
    assert instance.get_sample_value("rates_api_workers_wanted") == 2
    assert instance.get_sample_value("rates_api_workers_beating") == 0
    for death in get_args(Death):
        counted = instance.get_sample_value("rates_api_worker_deaths_total", {"death": death})
        assert counted == 0


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("rates_api_level", {"level": "critical"}),
        ("rates_api_feed", {"feed": "redis"}),
        ("rates_api_events_total", {"outcome": "gap"}),
        ("rates_api_reloads_total", {"source": "database", "reason": "record_ahead"}),
        ("rates_api_load_failures_total", {"source": "documents"}),
        ("rates_api_rendered_total", {"result": "miss"}),
        ("rates_api_redis_up", {}),
        ("rates_api_database_up", {}),
        ("rates_api_snapshot_position", {}),
    ],
)
def test_a_metric_exists_before_anything_happened(
    metrics: Metrics, name: str, labels: dict[str, str]
) -> None:
    """Rule R9: a state that has not occurred exports 0, it is not absent."""
    assert metrics.registry.get_sample_value(name, labels) is not None


def test_gauges_merged_by_their_minimum_exist(metrics: Metrics) -> None:
    """The names by which the merge knows the gauges are those of the registry."""
    assert names(metrics.registry) >= MIN_IS_WORST


def test_an_answer_is_counted_by_route_and_status(metrics: Metrics) -> None:
    """Requests and their time are told apart by path template."""
    metrics.requests.record("/health", 200, 0.002)

    count = {"route": "/health", "status": "200"}
    assert metrics.registry.get_sample_value("rates_api_requests_total", count) == 1
    seconds = metrics.registry.get_sample_value(
        "rates_api_request_duration_seconds_sum", {"route": "/health"}
    )
    assert seconds == 0.002
