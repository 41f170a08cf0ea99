"""sync's migrations and recordings under rates-api's queries: the read views are the contract."""

import sqlite3
from datetime import date as Day
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from rates_api.errors import NothingRecorded
from rates_contracts.observation import FIX, SETTLEMENT
from rates_contracts.views import VIEWS

pytestmark = pytest.mark.contract

JAN_2, JAN_3 = Day(2024, 1, 2), Day(2024, 1, 3)


async def test_every_view_has_the_columns_of_the_contract(sides: Any, tmp_path: Path) -> None:
    """Each read view exists after the migrations, with its columns in the contract's order."""
    connection = sqlite3.connect(tmp_path / "rates.db")
    for view, columns in VIEWS.items():
        described = connection.execute(f"SELECT * FROM {view}").description
        assert tuple(column[0] for column in described) == columns
    connection.close()


async def test_a_migrated_record_without_events_is_nothing_to_load(sides: Any) -> None:
    """Before the first recording the head can be read, and a load says that nothing is there."""
    _, reader = sides
    assert (await reader.head()).position == 0
    with pytest.raises(NothingRecorded):
        await reader.load()


async def test_what_sync_records_is_what_the_api_loads(sides: Any) -> None:
    """Head, status, averages, calendar and every revision arrive to the last digit."""
    sync, reader = sides
    await sync.declare_closed(Day(2024, 1, 5))
    await sync.observe({JAN_2: "17.0297", JAN_3: "17.0490"})
    await sync.observe({JAN_2: "17.0530"}, series=SETTLEMENT)
    event = await sync.observe({JAN_3: "17.0500"})

    loaded = await reader.load()
    assert loaded.head == event.head == await reader.head()
    assert loaded.status == event.status
    assert loaded.averages == event.averages
    assert loaded.calendar.declared[0].date == Day(2024, 1, 5)
    revisions = [(one.revision, str(one.value)) for one in loaded.series[FIX].revisions(JAN_3)]
    assert revisions == [(1, "17.0490"), (2, "17.0500")]
    assert [str(one.value) for one in loaded.series[SETTLEMENT].revisions(JAN_2)] == ["17.0530"]
    newest = loaded.series[FIX].on(JAN_3)
    assert newest == event.observations[0]


async def test_a_value_keeps_its_last_zero(sides: Any) -> None:
    """A rate goes from sync's string through the database to the API's string unchanged (R8)."""
    sync, reader = sides
    await sync.declare_closed(Day(2024, 1, 5))
    await sync.observe({JAN_2: "17.0000"})
    found = (await reader.load()).series[FIX].on(JAN_2)
    assert (str(found.value), found.value) == ("17.0000", Decimal("17.0000"))


async def test_the_api_sees_nothing_of_an_open_recording(sides: Any) -> None:
    """While sync records, a load gives the record as of the last commit, as a whole (rule 12)."""
    sync, reader = sides
    await sync.declare_closed(Day(2024, 1, 5))
    before = await sync.observe({JAN_2: "17.0297"})
    async with sync.record.recording(sync.fence) as recording:
        await recording.keep_payload("b" * 64, b"{}", recording.recorded_at)
        loaded = await reader.load()
        await recording.announce_later()
    assert loaded.head == before.head
