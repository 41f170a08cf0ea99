"""Instants and amounts between Python and a database."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import mysql, sqlite

from rates_sync.store.engine import open_engine
from rates_sync.store.lease import Lease
from rates_sync.store.schema import DecimalText, Instant, metadata

SQLITE = sqlite.dialect()


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=0, max_value=10**9, places=4))
def test_an_amount_keeps_its_digits(value: Decimal) -> None:
    """Rule R8: the string in is the string out, to the last zero."""
    kept = DecimalText().process_bind_param(value, SQLITE)
    assert kept == format(value, "f")
    assert str(DecimalText().process_result_value(kept, SQLITE)) == str(value)


def test_an_amount_never_becomes_an_exponent() -> None:
    """A tiny amount is kept in digits, as published."""
    assert DecimalText().process_bind_param(Decimal("0.00000001"), SQLITE) == "0.00000001"


def test_an_instant_is_kept_as_utc_whatever_its_zone() -> None:
    """What was said in another zone comes back as the same instant in UTC."""
    noon = datetime(2026, 8, 13, 12, tzinfo=timezone(timedelta(hours=-6)))
    kept = Instant().process_bind_param(noon, SQLITE)
    assert kept == datetime(2026, 8, 13, 18)  # noqa: DTZ001
    assert Instant().process_result_value(kept, SQLITE) == noon.astimezone(UTC)


def test_an_instant_without_a_zone_is_refused() -> None:
    """A naive instant would be somebody's local time."""
    with pytest.raises(ValueError, match="time zone"):
        Instant().process_bind_param(datetime(2026, 8, 13), SQLITE)  # noqa: DTZ001


def test_mysql_keeps_microseconds() -> None:
    """MySQL's DATETIME drops fractions by default: `recorded_at` would no longer rise."""
    kinds = {
        column.type.compile(mysql.dialect())
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, Instant)
    }
    assert kinds == {"DATETIME(6)"}


def test_another_driver_is_refused() -> None:
    """A URL of a driver that nobody tried is an error at start, not at the first query."""
    with pytest.raises(ValueError, match="postgresql"):
        open_engine("postgresql+asyncpg://localhost/rates")


def test_an_instance_needs_a_name() -> None:
    """The empty holder marks a free lease."""

    async def sleep(_: float) -> None:
        return

    engine = open_engine("sqlite+aiosqlite:///nowhere.db")
    with pytest.raises(ValueError, match="name"):
        Lease(engine, "", monotonic=lambda: 0.0, sleep=sleep, poll=2, patience=10)
