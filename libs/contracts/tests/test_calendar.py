"""Day arithmetic of the bank calendar."""

from datetime import UTC, date, datetime

from rates_contracts.calendar import BankCalendar, DeclaredClosure, mexico_day

DECLARED_AT = datetime(2024, 1, 17, 15, 0, tzinfo=UTC)
CALENDAR = BankCalendar(
    "test",
    date(2001, 1, 1),
    date(2027, 12, 31),
    (date(2024, 1, 1), date(2024, 2, 5)),
    (DeclaredClosure(date(2024, 1, 18), "decree", DECLARED_AT),),
)


def test_weekends_holidays_and_declared_closures_are_no_banking_days() -> None:
    """Saturday, a listed holiday and a decreed closure are closed; an ordinary Tuesday is open."""
    closed = (date(2024, 1, 6), date(2024, 1, 1), date(2024, 1, 18))
    assert not any(CALENDAR.is_banking_day(day) for day in closed)
    assert CALENDAR.is_banking_day(date(2024, 1, 2))


def test_the_fix_applies_from_the_day_after_its_gazette() -> None:
    """Friday's FIX is in Tuesday's DOF after a Monday holiday and applies from Wednesday."""
    friday = date(2024, 2, 2)
    assert CALENDAR.dof_published(friday) == date(2024, 2, 6)
    assert CALENDAR.applies_from(friday) == date(2024, 2, 7)
    assert CALENDAR.applies_to(friday) == date(2024, 2, 7)


def test_each_settlement_day_is_covered_by_exactly_one_determination() -> None:
    """applies_from, applies_to and determination_for agree on every day of two years."""
    for day in CALENDAR.banking_days(date(2023, 1, 3), date(2024, 12, 20)):
        first, last = CALENDAR.applies_from(day), CALENDAR.applies_to(day)
        assert CALENDAR.determination_for(first) == day
        assert CALENDAR.determination_for(last) == day


def test_as_of_forgets_closures_declared_later() -> None:
    """A closure is known from the instant of its declaration on."""
    before = CALENDAR.as_of(datetime(2024, 1, 17, 14, 59, tzinfo=UTC))
    assert before.is_banking_day(date(2024, 1, 18))
    assert not CALENDAR.as_of(DECLARED_AT).is_banking_day(date(2024, 1, 18))


def test_the_market_day_is_that_of_mexico_city() -> None:
    """05:59 UTC still belongs to the day before, six hours behind."""
    assert mexico_day(datetime(2024, 1, 3, 5, 59, tzinfo=UTC)) == date(2024, 1, 2)
    assert mexico_day(datetime(2024, 1, 3, 6, 0, tzinfo=UTC)) == date(2024, 1, 3)
