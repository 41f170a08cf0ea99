"""What is visible when."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from banxico_simulator.clock import MEXICO_CITY
from banxico_simulator.errors import SimulatorError
from banxico_simulator.published.publication import Observation, Publication
from banxico_simulator.published.series import FIX, SETTLEMENT, History

FRIDAY, TUESDAY = date(2023, 12, 29), date(2024, 1, 2)
WEDNESDAY, THURSDAY, FRIDAY_AFTER = date(2024, 1, 3), date(2024, 1, 4), date(2024, 1, 5)
FRIDAYS_RATE, TUESDAYS_RATE, WEDNESDAYS_RATE = "16.9190", "17.0297", "17.0492"
THURSDAYS_BEFORE = "16.8935"
HOLIDAY, SATURDAY = date(2024, 2, 5), date(2024, 1, 6)


def mexico(day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute, second), MEXICO_CITY).astimezone(UTC)


@pytest.fixture
def publication(history: History) -> Publication:
    return Publication(history)


def rates(publication: Publication, series: str, now: datetime, first: date) -> list[str]:
    """The three rates from `first` on."""
    rows = publication.observations(series, now, first, first + timedelta(days=2))
    return [row.rate for row in rows]


def latest(publication: Publication, series: str, now: datetime) -> tuple[date, str]:
    seen = publication.latest(series, now)
    assert seen is not None
    return seen.day, seen.rate


def test_before_the_announcement_the_day_before_is_the_latest(publication: Publication) -> None:
    """At 12:01:59 on the first banking day of 2024 the latest FIX is that of 2023-12-29."""
    now = mexico(TUESDAY, 12, 1, 59)
    assert latest(publication, FIX, now) == (FRIDAY, FRIDAYS_RATE)
    assert publication.observations(FIX, now, TUESDAY, TUESDAY) == []


def test_from_the_announcement_on_the_day_shows(publication: Publication) -> None:
    """At 12:02 the day's FIX is the latest."""
    assert latest(publication, FIX, mexico(TUESDAY, 12, 2)) == (TUESDAY, TUESDAYS_RATE)


def test_the_time_of_the_announcement_is_a_setting(history: History) -> None:
    """With 12:30 as the time nothing shows at 12:29."""
    publication = Publication(history, announced_at=time(12, 30))
    assert latest(publication, FIX, mexico(TUESDAY, 12, 29)) == (FRIDAY, FRIDAYS_RATE)
    assert publication.instant(TUESDAY) == mexico(TUESDAY, 12, 30)


def test_settlement_is_ahead_of_today_as_far_as_determined(publication: Publication) -> None:
    """Friday's FIX covers Wednesday; Tuesday's, once out, covers Thursday."""
    before, after = mexico(TUESDAY, 12), mexico(TUESDAY, 12, 2)
    assert latest(publication, SETTLEMENT, before) == (WEDNESDAY, FRIDAYS_RATE)
    assert latest(publication, SETTLEMENT, after) == (THURSDAY, TUESDAYS_RATE)


def test_the_range_is_inclusive(publication: Publication) -> None:
    """Both ends of a range are in it, days without a FIX are absent."""
    rows = publication.observations(FIX, mexico(FRIDAY_AFTER, 13), FRIDAY, WEDNESDAY)
    assert [(row.day, row.rate) for row in rows] == [
        (FRIDAY, FRIDAYS_RATE),
        (TUESDAY, TUESDAYS_RATE),
        (WEDNESDAY, WEDNESDAYS_RATE),
    ]


def test_before_its_first_day_a_series_shows_nothing(publication: Publication) -> None:
    """In 2019 the settlement series has no latest value."""
    assert publication.latest(SETTLEMENT, mexico(date(2019, 6, 3), 13)) is None


def test_publish_shows_a_day_at_once_and_its_settlement_with_it(publication: Publication) -> None:
    """A FIX published at 11:30 with a rate of its own shows in both series, as simulated."""
    now = mexico(TUESDAY, 11, 30)
    publication.publish(TUESDAY, now, "17.5000")
    assert publication.latest(FIX, now) == Observation(TUESDAY, "17.5000", simulated=True)
    assert publication.latest(SETTLEMENT, now) == Observation(THURSDAY, "17.5000", simulated=True)
    assert publication.latest(FIX, now - timedelta(seconds=1)) != publication.latest(FIX, now)


def test_publish_without_a_rate_shows_the_real_one(publication: Publication) -> None:
    """The series' own value is not simulated."""
    now = mexico(TUESDAY, 11, 30)
    publication.publish(TUESDAY, now)
    assert publication.latest(FIX, now) == Observation(TUESDAY, TUESDAYS_RATE, simulated=False)


@pytest.mark.parametrize("day", [date(2024, 1, 1), WEDNESDAY, date(2099, 1, 1)])
def test_publish_refuses_days_without_a_fix_and_days_ahead(
    publication: Publication, day: date
) -> None:
    """A holiday, tomorrow and a day past all data can't be published."""
    with pytest.raises(SimulatorError):
        publication.publish(day, mexico(TUESDAY, 11))


def test_a_late_publication_shows_late(publication: Publication) -> None:
    """A FIX moved to 20:36 is not there at 20:35, nor is its settlement day."""
    publication.schedule(TUESDAY, mexico(TUESDAY, 20, 36))
    assert latest(publication, FIX, mexico(TUESDAY, 20, 35))[0] == FRIDAY
    assert latest(publication, SETTLEMENT, mexico(TUESDAY, 20, 35))[0] == WEDNESDAY
    assert latest(publication, FIX, mexico(TUESDAY, 20, 36))[0] == TUESDAY


def test_a_decreed_closure_shifts_the_settlement_dates(publication: Publication) -> None:
    """Without Tuesday each FIX before it reaches the Gazette, and applies, a banking day later.

    Thursday's, in the Gazette of Friday, applies one day more, through Wednesday; Friday's waits
    for the Gazette of Wednesday and applies on Thursday; Wednesday's applies from Friday.
    """
    publication.schedule(TUESDAY, None)
    now = mexico(WEDNESDAY, 12, 2)
    assert publication.instant(TUESDAY) is None
    assert publication.observations(FIX, now, TUESDAY, TUESDAY) == []
    expected = [THURSDAYS_BEFORE, FRIDAYS_RATE, WEDNESDAYS_RATE]
    assert rates(publication, SETTLEMENT, now, WEDNESDAY) == expected
    assert publication.observations(SETTLEMENT, now, THURSDAY, THURSDAY) == [
        Observation(THURSDAY, FRIDAYS_RATE, simulated=True)
    ]


def test_a_closed_day_may_be_published_after_all(publication: Publication) -> None:
    """With an instant again the day and the settlement dates are as if it never was closed."""
    publication.schedule(TUESDAY, None)
    publication.schedule(TUESDAY, mexico(TUESDAY, 12, 2))
    now = mexico(WEDNESDAY, 12, 2)
    expected = [FRIDAYS_RATE, TUESDAYS_RATE, WEDNESDAYS_RATE]
    assert rates(publication, SETTLEMENT, now, WEDNESDAY) == expected
    assert publication.latest(SETTLEMENT, now) == Observation(
        FRIDAY_AFTER, WEDNESDAYS_RATE, simulated=False
    )


def test_two_closures_in_a_row_shift_twice(publication: Publication) -> None:
    """Without Tuesday and Wednesday, Thursday's rate applies through Thursday, then Friday's."""
    publication.schedule(TUESDAY, None)
    publication.schedule(WEDNESDAY, None)
    seen = rates(publication, SETTLEMENT, mexico(THURSDAY, 13), WEDNESDAY)
    assert seen == [THURSDAYS_BEFORE, THURSDAYS_BEFORE, FRIDAYS_RATE]


def test_an_open_holiday_shifts_the_settlement_dates_back(publication: Publication) -> None:
    """With a market on the Monday that the calendar closes, Friday's FIX applies a day earlier."""
    tuesday, now = date(2024, 2, 6), mexico(date(2024, 2, 6), 12, 2)
    before = ["17.1335", "17.1335", "17.1447"]
    assert rates(publication, SETTLEMENT, now, HOLIDAY) == before
    publication.open(HOLIDAY, "17.2000")
    assert publication.observations(FIX, mexico(HOLIDAY, 12, 1), HOLIDAY) == []
    assert rates(publication, FIX, now, HOLIDAY) == ["17.2000", "17.0357"]
    assert rates(publication, SETTLEMENT, now, HOLIDAY) == ["17.1335", "17.1447", "17.2000"]
    assert publication.observations(SETTLEMENT, now, tuesday, tuesday)[0].simulated


def test_a_fix_of_a_weekend_may_stand_alone(publication: Publication) -> None:
    """Saturday has a FIX, by default that of the day before; no settlement date moves."""
    now = mexico(date(2024, 1, 9), 13)
    settled = rates(publication, SETTLEMENT, now, SATURDAY)
    publication.open(SATURDAY, None, settlement_follows=False)
    assert rates(publication, FIX, now, FRIDAY_AFTER) == ["16.8987", "16.8987"]
    assert rates(publication, SETTLEMENT, now, SATURDAY) == settled


@pytest.mark.parametrize("day", [TUESDAY, date(1991, 11, 10), date(2099, 1, 1)])
def test_only_closed_days_of_the_history_are_opened(publication: Publication, day: date) -> None:
    """A day with a FIX and a day outside of the data are refused."""
    with pytest.raises(SimulatorError):
        publication.open(day, "17.0000")


@pytest.mark.parametrize(("follows", "settled"), [(True, "19.0339"), (False, TUESDAYS_RATE)])
def test_a_move_is_relative_to_the_day_before(
    publication: Publication, follows: bool, settled: str
) -> None:
    """12.5 % above Friday's; both series agree on it, or the FIX alone has it."""
    publication.move(TUESDAY, Decimal("12.5"), mexico(TUESDAY, 11), settlement_follows=follows)
    now = mexico(TUESDAY, 12, 2)
    assert latest(publication, FIX, now) == (TUESDAY, "19.0339")
    assert latest(publication, SETTLEMENT, now) == (THURSDAY, settled)
    publication.move(WEDNESDAY, Decimal(-50), now)
    assert latest(publication, FIX, mexico(WEDNESDAY, 13)) == (WEDNESDAY, "9.5170")


def test_a_move_of_a_shown_day_is_a_correction(publication: Publication) -> None:
    """What showed before the move stays what it was; a closed day is no day before."""
    publication.schedule(TUESDAY, None)
    now = mexico(WEDNESDAY, 13)
    publication.move(WEDNESDAY, Decimal(10), now)
    assert latest(publication, FIX, now - timedelta(seconds=1)) == (WEDNESDAY, WEDNESDAYS_RATE)
    assert latest(publication, FIX, now) == (WEDNESDAY, "18.6109")


def test_a_move_needs_a_number_before_it(publication: Publication) -> None:
    """A closed day, the first of all and one after a value that is none can't move."""
    publication.publish(TUESDAY, mexico(TUESDAY, 13), "N/E")
    for day in (SATURDAY, date(1991, 11, 12), WEDNESDAY):
        with pytest.raises(SimulatorError):
            publication.move(day, Decimal(1), mexico(WEDNESDAY, 13))


def test_a_withdrawn_day_disappears_and_comes_back(publication: Publication) -> None:
    """Tuesday's FIX and its settlement day are gone from the withdrawal on, until restored."""
    before, gone, back = (mexico(TUESDAY, hour) for hour in (13, 14, 15))
    publication.withdraw(FIX, TUESDAY, gone)
    assert latest(publication, FIX, before) == (TUESDAY, TUESDAYS_RATE)
    assert latest(publication, FIX, gone) == (FRIDAY, FRIDAYS_RATE)
    assert latest(publication, SETTLEMENT, gone) == (WEDNESDAY, FRIDAYS_RATE)
    publication.restore(FIX, TUESDAY, back)
    assert latest(publication, FIX, back) == (TUESDAY, TUESDAYS_RATE)
    assert latest(publication, SETTLEMENT, back) == (THURSDAY, TUESDAYS_RATE)


def test_a_withdrawal_of_one_series_alone(publication: Publication) -> None:
    """Either series can lose a day without the other."""
    now = mexico(WEDNESDAY, 13)
    publication.withdraw(FIX, TUESDAY, now, settlement_follows=False)
    publication.withdraw(SETTLEMENT, FRIDAY_AFTER, now)
    assert rates(publication, FIX, now, TUESDAY) == [WEDNESDAYS_RATE]
    assert rates(publication, SETTLEMENT, now, WEDNESDAY) == [FRIDAYS_RATE, TUESDAYS_RATE]
    with pytest.raises(SimulatorError):
        publication.withdraw(FIX, TUESDAY, now)


def test_a_correction_takes_the_settlement_series_with_it(publication: Publication) -> None:
    """The corrected FIX shows in both series as simulated."""
    now = mexico(TUESDAY, 13)
    publication.correct(FIX, TUESDAY, "17.0300", now)
    assert publication.latest(FIX, now) == Observation(TUESDAY, "17.0300", simulated=True)
    assert latest(publication, SETTLEMENT, now) == (THURSDAY, "17.0300")


def test_a_correction_of_one_series_alone(publication: Publication) -> None:
    """Either series can be corrected without the other."""
    now = mexico(WEDNESDAY, 13)
    publication.correct(FIX, TUESDAY, "17.0300", now, settlement_follows=False)
    publication.correct(SETTLEMENT, FRIDAY_AFTER, "17.0500", now)
    assert publication.observations(SETTLEMENT, now, THURSDAY, FRIDAY_AFTER) == [
        Observation(THURSDAY, TUESDAYS_RATE, simulated=False),
        Observation(FRIDAY_AFTER, "17.0500", simulated=True),
    ]
    assert latest(publication, FIX, now) == (WEDNESDAY, WEDNESDAYS_RATE)


def test_before_a_correction_the_first_value_showed(publication: Publication) -> None:
    """What was seen at an instant stays so: each correction counts from its own on."""
    first, second = mexico(TUESDAY, 13), mexico(TUESDAY, 14)
    publication.correct(FIX, TUESDAY, "17.0300", first)
    publication.correct(SETTLEMENT, THURSDAY, "17.0500", first)
    publication.correct(FIX, TUESDAY, "17.0400", second)
    earlier = first - timedelta(seconds=1)
    seen = [(latest(publication, FIX, at)[1]) for at in (earlier, first, second)]
    settled = [(latest(publication, SETTLEMENT, at)[1]) for at in (earlier, first, second)]
    assert seen == [TUESDAYS_RATE, "17.0300", "17.0400"]
    assert settled == [TUESDAYS_RATE, "17.0500", "17.0400"]


@pytest.mark.parametrize("days", [11, 400, 8_000])
def test_a_correction_may_reach_as_far_back_as_the_data(
    publication: Publication, days: int
) -> None:
    """A day further back than ten days is corrected like yesterday's."""
    now = mexico(TUESDAY, 13)
    old = publication.observations(FIX, now, last=TUESDAY - timedelta(days=days))[-1].day
    publication.correct(FIX, old, "17.0300", now)
    assert publication.observations(FIX, now, old, old) == [
        Observation(old, "17.0300", simulated=True)
    ]


@pytest.mark.parametrize(("series", "day"), [(FIX, TUESDAY), (FIX, FRIDAY_AFTER), ("SF1", FRIDAY)])
def test_only_shown_values_are_corrected(publication: Publication, series: str, day: date) -> None:
    """A day before its publication, a day ahead and an unknown series are refused."""
    with pytest.raises(SimulatorError):
        publication.correct(series, day, "17.0300", mexico(TUESDAY, 11))


def test_reset_forgets_every_change(publication: Publication) -> None:
    """After a reset the closed day shows with its own value."""
    now = mexico(TUESDAY, 13)
    publication.correct(FIX, TUESDAY, "17.0300", now)
    publication.withdraw(FIX, FRIDAY, now)
    publication.schedule(TUESDAY, None)
    publication.open(date(2024, 1, 1), "17.0000")
    publication.reset()
    assert publication.latest(SETTLEMENT, now) == Observation(
        THURSDAY, TUESDAYS_RATE, simulated=False
    )
    assert rates(publication, FIX, now, FRIDAY) == [FRIDAYS_RATE]
    assert rates(publication, FIX, now, date(2024, 1, 1)) == [TUESDAYS_RATE]
    assert publication.latest(FIX, now) == Observation(TUESDAY, TUESDAYS_RATE, simulated=False)


def test_what_is_past_the_data_files_is_simulated(publication: Publication) -> None:
    """Each series is real through the end of its own file."""
    now = datetime(2026, 11, 22, 18, tzinfo=UTC)
    fix = publication.observations(FIX, now, date(2026, 9, 29), date(2026, 9, 30))
    settlement = publication.observations(SETTLEMENT, now, date(2026, 8, 21), date(2026, 8, 22))
    assert [row.simulated for row in fix] == [False, True]
    assert [row.simulated for row in settlement] == [False, True]
