"""What an instance exports of its work as leader, and what it no longer says as a standby."""

from datetime import UTC, datetime
from datetime import date as Day

import pytest

from rates_contracts.calendar import BankCalendar
from rates_contracts.events import Head
from rates_sync.instrumentation import Instrumentation
from rates_sync.liveness import Liveness
from rates_sync.metrics import Metrics
from rates_sync.timetable.schedule import ScheduleInputs

NOW = datetime(2024, 1, 2, 21, tzinfo=UTC)
"""A banking day, 15:00 in Mexico City: its FIX is overdue."""


@pytest.fixture
def metrics() -> Metrics:
    """The metrics of an instance."""
    return Metrics(daily_quota=1000)


@pytest.fixture
def instrumentation(metrics: Metrics) -> Instrumentation:
    """The watcher of an instance that has taken the lease."""
    instrumentation = Instrumentation(metrics, Liveness(lambda: 0.0), lambda: NOW)
    instrumentation.on_leading(True)
    return instrumentation


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    """Return the value of a metric."""
    return metrics.registry.get_sample_value(f"rates_sync_{name}", labels)


def test_a_standby_tells_nothing_of_what_it_saw_as_leader(
    instrumentation: Instrumentation, metrics: Metrics, calendar: BankCalendar
) -> None:
    """An alarm on the breaker, a late FIX or the relay ends with the leader that raised it."""
    known = ScheduleInputs(calendar, Day(2023, 12, 29), verified_at=NOW)
    instrumentation.attach(lambda _: 3, lambda _: None, lambda *_: None, lambda _: None)
    instrumentation.on_holes(2)
    instrumentation.on_breaker_change("open")
    instrumentation.on_tick(known, NOW)
    instrumentation._head = Head(1, 7, "5b1f", NOW)
    metrics.relay_lag.set(instrumentation.relay_lag())
    assert value(metrics, "breaker_state", state="open") == 1
    assert value(metrics, "fix_late") == 1
    assert value(metrics, "relay_lag_events") == 3
    assert value(metrics, "history_holes") == 2

    instrumentation.on_leading(False)

    assert value(metrics, "leader") == 0
    assert value(metrics, "breaker_state", state="open") == 0
    assert value(metrics, "breaker_state", state="closed") == 1
    assert value(metrics, "fix_late") == 0
    assert value(metrics, "relay_lag_events") == 0
    assert value(metrics, "history_holes") == 0
    assert instrumentation.relay_lag() == 0
