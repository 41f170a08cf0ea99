"""Alerts that have an end, told by one leader after another (protocol rule 44)."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from rates_sync.errors import NotificationFailed, StoreUnavailable
from rates_sync.notify.alerts import Alert, AlertSender
from rates_sync.notify.pairs import REDIS, Finding, PairedAlerts

BEGAN = datetime(2026, 8, 13, 18, 0, tzinfo=UTC)
LATER = datetime(2026, 8, 13, 18, 5, tzinfo=UTC)
HOLDS, IS_OVER = Finding(REDIS, BEGAN), Finding(REDIS, None)


class Topic:
    """Accepts alerts, or refuses them."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.refuses = False

    async def publish(self, alert: Alert) -> None:
        """Take an alert in."""
        if self.refuses:
            raise NotificationFailed("refused")
        self.ids.append(alert.id)


class Table:
    """The alerts in the record, which may be away; `writes_left` more writes succeed."""

    def __init__(self) -> None:
        self.rows: dict[str, datetime] = {}
        self.writes_left = 100

    async def read(self) -> Mapping[str, datetime]:
        """Return the rows."""
        return dict(self.rows)

    async def replace(self, opened: Mapping[str, datetime]) -> None:
        """Keep these rows."""
        if not self.writes_left:
            raise StoreUnavailable("away")
        self.writes_left -= 1
        self.rows = dict(opened)


@pytest.fixture
def topic() -> Topic:
    """Give a topic that accepts."""
    return Topic()


@pytest.fixture
def table() -> Table:
    """Give an empty table."""
    return Table()


async def _leader(topic: Topic, table: Table) -> PairedAlerts:
    pairs = PairedAlerts(AlertSender(topic, lambda: 0.0, lambda _: None), table)
    await pairs.load()
    return pairs


async def test_a_beginning_that_can_not_be_recorded_is_not_sent(topic: Topic, table: Table) -> None:
    """Its end would be lost with this leader."""
    table.writes_left = 0
    with pytest.raises(StoreUnavailable):
        await (await _leader(topic, table)).settle(HOLDS, LATER)
    table.writes_left = 100
    await (await _leader(topic, table)).settle(IS_OVER, LATER)

    assert topic.ids == []


async def test_a_beginning_that_was_refused_is_sent_by_the_next_leader(
    topic: Topic, table: Table
) -> None:
    """It is recorded as open, but not as accepted."""
    topic.refuses = True
    assert not await (await _leader(topic, table)).settle(HOLDS, LATER)
    topic.refuses = False
    successor = await _leader(topic, table)
    await successor.settle(HOLDS, LATER)
    await successor.settle(IS_OVER, LATER)

    began = BEGAN.isoformat()
    assert topic.ids == [f"redis_unavailable-{began}", f"redis_available-{began}"]


async def test_the_end_is_sent_where_only_the_acceptance_was_not_recorded(
    topic: Topic, table: Table
) -> None:
    """The beginning then comes once more, under its own ID."""
    table.writes_left = 1
    with pytest.raises(StoreUnavailable):
        await (await _leader(topic, table)).settle(HOLDS, LATER)
    table.writes_left = 100
    for finding in (HOLDS, IS_OVER):
        await (await _leader(topic, table)).settle(finding, LATER)

    began = BEGAN.isoformat()
    beginning = f"redis_unavailable-{began}"
    assert topic.ids == [beginning, beginning, f"redis_available-{began}"]
    assert table.rows == {}
