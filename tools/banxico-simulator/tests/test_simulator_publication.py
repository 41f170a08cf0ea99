"""What is visible when."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from banxico_simulator.clock import MEXICO_CITY
from banxico_simulator.errors import SimulatorError
from banxico_simulator.publication import Observation, Publication
from banxico_simulator.series import FIX, SETTLEMENT, History

FRIDAY, TUESDAY = date(2023, 12, 29), date(2024, 1, 2)
WEDNESDAY, THURSDAY, FRIDAY_AFTER = date(2024, 1, 3), date(2024, 1, 4), date(2024, 1, 5)
FRIDAYS_RATE, TUESDAYS_RATE, WEDNESDAYS_RATE = "16.9190", "17.0297", "17.0492"


def mexico(day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute, second), MEXICO_CITY).astimezone(UTC)


@pytest.fixture
def publication(history: History) -> Publication:
    return Publication(history)


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


def test_a_decreed_closure_never_shows_and_the_rate_before_goes_on(
    publication: Publication,
) -> None:
    """Without Tuesday's FIX Thursday carries Friday's rate, shown once Wednesday's FIX is out."""
    publication.schedule(TUESDAY, None)
    late, next_noon = mexico(TUESDAY, 23), mexico(WEDNESDAY, 12, 2)
    assert latest(publication, SETTLEMENT, late) == (WEDNESDAY, FRIDAYS_RATE)
    assert publication.observations(FIX, next_noon, TUESDAY, TUESDAY) == []
    assert publication.observations(SETTLEMENT, next_noon, THURSDAY, THURSDAY) == [
        Observation(THURSDAY, FRIDAYS_RATE, simulated=True)
    ]
    assert latest(publication, SETTLEMENT, next_noon) == (FRIDAY_AFTER, WEDNESDAYS_RATE)


def test_two_closures_in_a_row_carry_the_last_rate(publication: Publication) -> None:
    """Without Tuesday's and Wednesday's FIX both their settlement days carry Friday's rate."""
    publication.schedule(TUESDAY, None)
    publication.schedule(WEDNESDAY, None)
    rows = publication.observations(SETTLEMENT, mexico(THURSDAY, 13), THURSDAY, FRIDAY_AFTER)
    assert [row.rate for row in rows] == [FRIDAYS_RATE, FRIDAYS_RATE]


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


@pytest.mark.parametrize(("series", "day"), [(FIX, TUESDAY), (FIX, FRIDAY_AFTER), ("SF1", FRIDAY)])
def test_only_shown_values_are_corrected(publication: Publication, series: str, day: date) -> None:
    """A day before its publication, a day ahead and an unknown series are refused."""
    with pytest.raises(SimulatorError):
        publication.correct(series, day, "17.0300", mexico(TUESDAY, 11))


def test_reset_forgets_every_change(publication: Publication) -> None:
    """After a reset the closed day shows with its own value."""
    now = mexico(TUESDAY, 13)
    publication.correct(FIX, TUESDAY, "17.0300", now)
    publication.schedule(TUESDAY, None)
    publication.reset()
    assert publication.latest(FIX, now) == Observation(TUESDAY, TUESDAYS_RATE, simulated=False)


def test_what_is_past_the_data_files_is_simulated(publication: Publication) -> None:
    """Each series is real through the end of its own file."""
    now = datetime(2026, 11, 22, 18, tzinfo=UTC)
    fix = publication.observations(FIX, now, date(2026, 9, 29), date(2026, 9, 30))
    settlement = publication.observations(SETTLEMENT, now, date(2026, 8, 21), date(2026, 8, 22))
    assert [row.simulated for row in fix] == [False, True]
    assert [row.simulated for row in settlement] == [False, True]
