"""Every metric and log event is on the page, and every metric is there from the start."""

import re
from pathlib import Path

import pytest

from rates_sync.metrics import Metrics

ROOT = Path(__file__).parents[4]
SOURCE = ROOT / "services" / "rates-sync" / "src"


@pytest.fixture(scope="module")
def page() -> str:
    """The page's section on rates-sync."""
    text = (ROOT / "docs" / "telemetry.md").read_text(encoding="utf-8")
    return text.partition("## rates-sync")[2].partition("\n## ")[0]


def test_page_lists_every_metric(page: str) -> None:
    """The page and the registry name the same metrics."""
    exported = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in Metrics(daily_quota=1000).registry.collect()
    }
    assert set(re.findall(r"`(rates_sync_\w+)", page)) == exported


def test_page_lists_every_log_event(page: str) -> None:
    """What the code logs is explained, and nothing else."""
    code = "".join(path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py"))
    logged = set(re.findall(r"log\.\w+\(\s*\"(\w+)\"", code))
    table = page.partition("| log event |")[2]
    explained = {
        name
        for line in table.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`(\w+)`", line.split("|")[1])
    }
    assert explained == logged


def test_every_label_is_exported_from_the_start() -> None:
    """Rule R9: a closed breaker, a fault that never was a notice never sent: all have a value."""
    registry = Metrics(daily_quota=1000).registry
    assert registry.get_sample_value("rates_sync_breaker_state", {"state": "closed"}) == 1
    assert registry.get_sample_value("rates_sync_breaker_state", {"state": "open"}) == 0
    assert registry.get_sample_value("rates_sync_polls_total", {"outcome": "html"}) == 0
    labels = {"notice": "second_purge", "outcome": "failed"}
    assert registry.get_sample_value("rates_sync_notices_total", labels) == 0
    assert registry.get_sample_value("rates_sync_quota_limit") == 1000


def test_two_instances_do_not_share_metrics() -> None:
    """Each instance has its own registry."""
    first, second = Metrics(daily_quota=1000), Metrics(daily_quota=1000)
    first.takeovers.inc()
    assert second.registry.get_sample_value("rates_sync_takeovers_total") == 0
