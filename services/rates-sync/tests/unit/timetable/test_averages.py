"""The averages of the coming days (protocol rule 17)."""

from collections.abc import Callable
from datetime import date as Day
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from rates_contracts.averages import Average
from rates_contracts.calendar import BankCalendar
from rates_sync.timetable.averages import averages_ahead, first_day_needed

Mexico = Callable[[str], datetime]
RealSeries = dict[Day, Decimal]


def _ahead(
    calendar: BankCalendar, real_fix: RealSeries, now: datetime, newest: Day
) -> tuple[Average, ...]:
    observed = [
        (day, value) for day, value in real_fix.items() if first_day_needed(now) <= day <= newest
    ]
    return averages_ahead(calendar, observed, now)


def test_row_in_force_is_the_mean_of_the_window(
    calendar: BankCalendar, real_fix: RealSeries, mexico: Mexico
) -> None:
    """The first row of each window is the mean of the days that end today, to six places."""
    now = mexico("2026-08-13 12:10")
    rows = _ahead(calendar, real_fix, now, Day(2026, 8, 13))
    first = {row.window: row for row in reversed(rows)}
    for window, from_day in (("15d", Day(2026, 7, 30)), ("30d", Day(2026, 7, 15))):
        used = [value for day, value in real_fix.items() if from_day <= day <= Day(2026, 8, 13)]
        mean = (sum(used, Decimal(0)) / len(used)).quantize(Decimal("1e-6"), ROUND_HALF_EVEN)
        row = first[window]  # type: ignore[index]
        assert (row.mean, row.from_day, row.complete) == (mean, from_day, True)
        assert row.at <= now


def test_day_is_expected_once_it_is_late(
    calendar: BankCalendar, real_fix: RealSeries, mexico: Mexico
) -> None:
    """Before 13:00 a day without its FIX is not missing; from 13:00 on the row says so."""
    now = mexico("2026-08-13 10:00")
    rows = _ahead(calendar, real_fix, now, Day(2026, 8, 12))
    today = [row for row in rows if row.window == "15d" and row.to_day == Day(2026, 8, 13)]
    assert [row.at for row in today] == [mexico("2026-08-13"), mexico("2026-08-13 13:00")]
    assert [row.complete for row in today] == [True, False]


def test_each_day_ahead_has_its_row(
    calendar: BankCalendar, real_fix: RealSeries, mexico: Mexico
) -> None:
    """Ten days ahead of a weekend start at midnight, ascending; closed days expect nothing."""
    now = mexico("2026-08-14 18:00")
    rows = _ahead(calendar, real_fix, now, Day(2026, 8, 14))
    for window in ("15d", "30d"):
        own = [row for row in rows if row.window == window]
        assert [row.at for row in own] == sorted(row.at for row in own)
        assert own[0].at <= now < own[1].at
        assert own[1].at == mexico("2026-08-15")
        assert own[-1].at >= mexico("2026-08-24")
    saturday = [row for row in rows if row.to_day == Day(2026, 8, 15)]
    assert [row.complete for row in saturday] == [True, True]


def test_superseded_rows_are_left_out(
    calendar: BankCalendar, real_fix: RealSeries, mexico: Mexico
) -> None:
    """After 13:00 of a late day the midnight row of that day is gone."""
    now = mexico("2026-08-13 15:00")
    rows = _ahead(calendar, real_fix, now, Day(2026, 8, 12))
    assert rows[0].at == mexico("2026-08-13 13:00")


def test_empty_record_has_averages_of_nothing(calendar: BankCalendar, mexico: Mexico) -> None:
    """Without observations the rows count 0 and have no mean."""
    rows = averages_ahead(calendar, [], mexico("2026-08-13 10:00"))
    assert {(row.count, row.mean) for row in rows} == {(0, None)}
