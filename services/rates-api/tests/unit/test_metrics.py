"""Every metric is there from start-up, and on the page that lists them."""

import re
from pathlib import Path

import pytest

from rates_api.metrics import MIN_IS_WORST, Metrics

PAGE = Path(__file__).parents[4] / "docs" / "telemetry.md"


@pytest.fixture
def metrics() -> Metrics:
    """Give the metrics of a worker that has just started."""
    return Metrics(lambda: 0.0)


def names(metrics: Metrics) -> set[str]:
    """Return the names of all metrics as Prometheus shows them."""
    return {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in metrics.registry.collect()
    }


def test_the_page_lists_every_metric(metrics: Metrics) -> None:
    """The telemetry page and the registry name the same metrics of rates-api."""
    page = PAGE.read_text(encoding="utf-8")

    assert set(re.findall(r"`(rates_api_\w+)", page)) == names(metrics)


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("rates_api_level", {"level": "critical"}),
        ("rates_api_feed", {"feed": "redis"}),
        ("rates_api_events_total", {"outcome": "gap"}),
        ("rates_api_reloads_total", {"source": "database", "reason": "record_ahead"}),
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
    assert names(metrics) >= MIN_IS_WORST


def test_an_answer_is_counted_by_route_and_status(metrics: Metrics) -> None:
    """Requests and their time are told apart by path template."""
    metrics.requests.record("/health", 200, 0.002)

    count = {"route": "/health", "status": "200"}
    assert metrics.registry.get_sample_value("rates_api_requests_total", count) == 1
    seconds = metrics.registry.get_sample_value(
        "rates_api_request_duration_seconds_sum", {"route": "/health"}
    )
    assert seconds == 0.002
