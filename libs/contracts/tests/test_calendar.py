"""Day arithmetic of the bank calendar."""

from datetime import UTC, date, datetime, timedelta

from rates_contracts.calendar import (
    LATE_FROM,
    ONE_DAY,
    BankCalendar,
    BankingDays,
    DeclaredClosure,
    LegalDates,
    mexico_day,
    mexico_instant,
)

DECLARED_AT = datetime(2024, 1, 17, 15, 0, tzinfo=UTC)
CALENDAR = BankCalendar(
    "test",
    date(2001, 1, 1),
    date(2027, 12, 31),
    (date(2024, 1, 1), date(2024, 2, 5)),
    (DeclaredClosure(date(2024, 1, 18), "decree", DECLARED_AT),),
)
DAYS = BankingDays(CALENDAR, date(2001, 1, 2), CALENDAR.is_banking_day)


def test_weekends_holidays_and_declared_closures_are_no_banking_days() -> None:
    """Saturday, a listed holiday and a decreed closure are closed; an ordinary Tuesday is open."""
    closed = (date(2024, 1, 6), date(2024, 1, 1), date(2024, 1, 18))
    assert not any(CALENDAR.is_banking_day(day) for day in closed)
    assert CALENDAR.is_banking_day(date(2024, 1, 2))


def test_the_fix_applies_from_the_day_after_its_gazette() -> None:
    """Friday's FIX is in Tuesday's DOF after a Monday holiday and applies from Wednesday."""
    friday = date(2024, 2, 2)
    gazette, wednesday = date(2024, 2, 6), date(2024, 2, 7)
    assert DAYS.legal_dates(friday) == LegalDates(friday, gazette, wednesday, wednesday)


def test_each_settlement_day_is_covered_by_exactly_one_determination() -> None:
    """Legal dates and determination_for agree on every banking day of two years."""
    for day in CALENDAR.banking_days(date(2023, 1, 3), date(2024, 12, 20)):
        dates = DAYS.legal_dates(day)
        assert dates.applies_from is not None
        assert dates.applies_to is not None
        assert DAYS.determination_for(dates.applies_from) == day
        assert DAYS.determination_for(dates.applies_to) == day


def test_before_the_calendar_a_fix_makes_its_own_banking_day() -> None:
    """In 1999 only the days with a FIX count, whatever the weekday says of the one between."""
    fixed = {date(1999, 3, 15), date(1999, 3, 17), date(1999, 3, 18)}
    days = BankingDays(CALENDAR, min(fixed), fixed.__contains__)
    monday, wednesday, thursday = sorted(fixed)
    assert days.legal_dates(monday) == LegalDates(monday, wednesday, thursday, thursday)
    assert days.determination_for(thursday) == monday
    assert days.previous(monday) is None


def test_beyond_the_calendar_no_date_is_promised() -> None:
    """The last two banking days of the calendar have no dates, or not all of them."""
    eve, last = date(2027, 12, 30), date(2027, 12, 31)
    assert DAYS.legal_dates(last) == LegalDates(last, None, None, None)
    assert DAYS.legal_dates(eve) == LegalDates(eve, last, date(2028, 1, 1), None)


def test_an_hour_in_mexico_city_is_one_instant_in_utc() -> None:
    """13:00 was 18:00 UTC in the summer of 2022 and has been 19:00 UTC since the clocks stay."""
    assert mexico_instant(date(2022, 7, 1), LATE_FROM) == datetime(2022, 7, 1, 18, tzinfo=UTC)
    assert mexico_instant(date(2024, 7, 1), LATE_FROM) == datetime(2024, 7, 1, 19, tzinfo=UTC)


def test_as_of_forgets_closures_declared_later() -> None:
    """A closure is known from the instant of its declaration on."""
    before = CALENDAR.as_of(datetime(2024, 1, 17, 14, 59, tzinfo=UTC))
    assert before.is_banking_day(date(2024, 1, 18))
    assert not CALENDAR.as_of(DECLARED_AT).is_banking_day(date(2024, 1, 18))


def test_the_market_day_is_that_of_mexico_city() -> None:
    """05:59 UTC still belongs to the day before, six hours behind."""
    assert mexico_day(datetime(2024, 1, 3, 5, 59, tzinfo=UTC)) == date(2024, 1, 2)
    assert mexico_day(datetime(2024, 1, 3, 6, 0, tzinfo=UTC)) == date(2024, 1, 3)


def test_no_banking_day_is_invented_after_the_end() -> None:
    """Protocol rule 29: after the calendar's last day no day is one, and no search goes on."""
    last = CALENDAR.previous_banking_day(date.max)
    assert last is not None
    assert CALENDAR.next_banking_day(last) is None
    weekdays = [CALENDAR.last + timedelta(days=ahead) for ahead in range(1, 8)]
    assert not any(CALENDAR.is_banking_day(day) for day in weekdays)
    assert CALENDAR.previous_banking_day(CALENDAR.first) is None


def test_beyond_the_calendar_no_determination_is_claimed() -> None:
    """A settlement whose last weekday lies past the end may rest on a day that nobody knows."""
    last = CALENDAR.last
    assert DAYS.determination_for(last + timedelta(days=1)) is not None
    assert DAYS.determination_for(last + timedelta(days=2)) is None


def test_before_the_calendar_a_hole_in_the_history_is_no_long_weekend() -> None:
    """A FIX months away is not the next or the last one: some are missing between."""
    loaded = {date(1995, 1, 2), date(1995, 1, 3), date(1995, 6, 1)}
    days = BankingDays(CALENDAR, min(loaded), loaded.__contains__)
    assert days.next(date(1995, 1, 2)) == date(1995, 1, 3)
    assert days.next(date(1995, 1, 3)) is None
    assert days.previous(date(1995, 6, 1)) is None
    assert days.determination_for(date(1995, 6, 2)) is None


def test_calendar_as_of_an_instant_is_the_version_known_then() -> None:
    """Protocol rule 31: a later version of the calendar changes no answer about what was known."""
    recorded = datetime(2026, 8, 1, 9, tzinfo=UTC)
    first = BankCalendar("first", date(2001, 1, 1), date(2027, 12, 31), (date(2026, 3, 6),))
    second = BankCalendar("second", date(2001, 1, 1), date(2028, 12, 31), ())
    replaced = first.replaced_by(second, recorded)
    assert replaced.version == "second"
    assert replaced.is_banking_day(date(2026, 3, 6))
    for instant, version in [
        (recorded - ONE_DAY, "first"),
        (recorded, "second"),
        (datetime(1999, 1, 1, tzinfo=UTC), "first"),
    ]:
        assert replaced.as_of(instant).version == version
    third = replaced.replaced_by(first, recorded + ONE_DAY)
    assert [third.as_of(recorded + n * ONE_DAY).version for n in (-1, 0, 1)] == [
        "first",
        "second",
        "first",
    ]


def test_closure_that_was_undone_held_while_it_was_declared() -> None:
    """`as_of` within the mistake sees the day closed; before it and after it, open."""
    day, hour = date(2026, 8, 13), timedelta(hours=1)
    declared = datetime(2026, 8, 13, 15, tzinfo=UTC)
    closure = DeclaredClosure(day, "by mistake", declared, declared + hour)
    calendar = BankCalendar("x", date(2001, 1, 1), date(2028, 12, 31), (), reopened=(closure,))
    assert calendar.is_banking_day(day)
    known = [calendar.as_of(declared + n * hour).is_banking_day(day) for n in (-1, 0, 1)]
    assert known == [True, False, True]
