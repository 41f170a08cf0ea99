"""The real series, and instants written as people in Mexico City say them."""

import csv
from collections.abc import Callable
from datetime import date as Day
from datetime import datetime, time
from decimal import Decimal
from pathlib import Path

import pytest

from rates_contracts.calendar import BankCalendar
from rates_sync.calendar import bank_calendar, mexico_instant

DATA = Path(__file__).parent.parent / "data"


def _series(name: str) -> dict[Day, Decimal]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return {Day.fromisoformat(r["date"]): Decimal(r["rate"]) for r in csv.DictReader(file)}


@pytest.fixture(scope="session")
def real_fix() -> dict[Day, Decimal]:
    """The real FIX, 1991-11-12 to 2026-09-29."""
    return _series("usd_mxn_fix.csv")


@pytest.fixture(scope="session")
def real_settlement() -> dict[Day, Decimal]:
    """The real settlement series, 2020-01-01 to 2026-08-21."""
    return _series("usd_mxn_sf60653_settlement.csv")


@pytest.fixture(scope="session")
def calendar() -> BankCalendar:
    """The bank calendar as sync builds it in 2026."""
    return bank_calendar(Day(2026, 8, 13))


@pytest.fixture(scope="session")
def mexico() -> Callable[[str], datetime]:
    """Return the instant of a wall time in Mexico City, such as `2026-08-13 12:00:30`."""

    def instant(text: str) -> datetime:
        day, _, at = text.partition(" ")
        return mexico_instant(Day.fromisoformat(day), time.fromisoformat(at or "00:00"))

    return instant


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of the real data."""
    return DATA
