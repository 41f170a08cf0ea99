"""What an answer brings: new days, corrections, and what a person has to look at."""

from collections.abc import Sequence
from datetime import UTC, datetime
from datetime import date as Day
from decimal import Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from rates_contracts.observation import FIX, SETTLEMENT, Observation
from rates_sync.cycle.comparison import Changes, Comparison, Reviewed, Trust
from rates_sync.cycle.missing import missing_days
from rates_sync.timetable.calendar import bank_calendar
from rates_sync.upstream import Answer, Published, Query

NOW = datetime(2026, 8, 13, 18, 5, tzinfo=UTC)
CALENDAR = bank_calendar(Day(2026, 8, 13))
MONDAY, TUESDAY, WEDNESDAY = Day(2026, 8, 10), Day(2026, 8, 11), Day(2026, 8, 12)


FRIDAY = Day(2026, 8, 14)
"""The first day to which Wednesday's FIX applies: the gazette has it on Thursday."""
WEDNESDAY_CLOSED = msgspec.structs.replace(
    CALENDAR, closed=tuple(sorted((*CALENDAR.closed, WEDNESDAY)))
)
"""A calendar that Wednesday's FIX refutes (protocol rule 29)."""


def _known(day: Day, value: str, revision: int = 1) -> Observation:
    return Observation(FIX, day, revision, Decimal(value), NOW, "before")


def _changes(
    published: Sequence[tuple[Day, str]],
    known: Sequence[Observation] = (),
    *,
    trusted: bool = False,
) -> Changes:
    rows = tuple(Published(FIX, day, Decimal(value)) for day, value in published)
    answer = Answer(b"", "sha", NOW, rows, (), (), {})
    trust = Trust.OPERATOR if trusted else Trust.FULL
    return Comparison(answer, {FIX: known}, CALENDAR, NOW, trust).changes()


def test_new_day_is_revision_one() -> None:
    """A day that the record does not know becomes its first revision, to the last zero."""
    (row,) = _changes([(TUESDAY, "17.0530")], [_known(MONDAY, "17.0001")]).observations
    assert (row.date, row.revision, str(row.value)) == (TUESDAY, 1, "17.0530")
    assert (row.recorded_at, row.payload_sha256) == (NOW, "sha")


def test_known_value_is_no_change() -> None:
    """What the record has already is neither recorded again nor an event."""
    assert not _changes([(MONDAY, "17.0001")], [_known(MONDAY, "17.0001")]).observations


def test_correction_is_the_next_revision() -> None:
    """Another value for a known day is a new revision, never an overwrite, never ignored."""
    (row,) = _changes([(MONDAY, "17.0100")], [_known(MONDAY, "17.0001", revision=2)]).observations
    assert (row.revision, row.value) == (3, Decimal("17.0100"))


def test_move_above_ten_percent_is_set_aside() -> None:
    """A value that moved more than 10 % from the day before waits for a person."""
    changes = _changes([(TUESDAY, "18.7002")], [_known(MONDAY, "17.0001")])
    assert not changes.observations
    (row,) = changes.suspicious
    assert (row.date, row.raw) == (TUESDAY, "18.7002")


def test_move_of_ten_percent_is_recorded() -> None:
    """A move of exactly 10 %, and far less one above 3 %, is a rate like any other."""
    assert _changes([(TUESDAY, "18.7000")], [_known(MONDAY, "17.0000")]).observations
    assert _changes([(TUESDAY, "17.6000")], [_known(MONDAY, "17.0000")]).observations


def test_suspicious_value_is_no_measure_for_the_next() -> None:
    """The day after a value set aside is compared with the last one accepted."""
    changes = _changes([(TUESDAY, "71.0000"), (WEDNESDAY, "17.1000")], [_known(MONDAY, "17.0000")])
    assert [row.date for row in changes.observations] == [WEDNESDAY]


def test_wild_correction_is_set_aside_and_the_known_value_stays_the_measure() -> None:
    """A correction is measured like a new value; the days after it by what is known."""
    known = [_known(MONDAY, "17.0000"), _known(TUESDAY, "17.1000")]
    changes = _changes([(TUESDAY, "1.7100"), (WEDNESDAY, "17.2000")], known)
    assert [row.date for row in changes.suspicious] == [TUESDAY]
    assert [row.date for row in changes.observations] == [WEDNESDAY]


def test_fix_that_refutes_the_calendar_is_released_with_its_settlement_rate() -> None:
    """Protocol rules 28 and 29: the rate of Friday rests on Wednesday's FIX, not on Tuesday's."""
    value = Decimal("19.0000")
    rows = (Published(FIX, WEDNESDAY, value), Published(SETTLEMENT, FRIDAY, value))
    known = {
        FIX: [_known(TUESDAY, "17.0000")],
        SETTLEMENT: [Observation(SETTLEMENT, WEDNESDAY, 1, Decimal("17.0000"), NOW, "before")],
    }
    seen = Reviewed({(row.series, row.date, "19.0000") for row in rows})
    answer = Answer(b"", "sha", NOW, rows, (), (), {})
    changes = Comparison(answer, known, WEDNESDAY_CLOSED, NOW, Trust.FULL, seen).changes()
    assert {(row.series, row.date) for row in changes.released} == {
        (FIX, WEDNESDAY),
        (SETTLEMENT, FRIDAY),
    }


def test_settlement_rate_goes_with_the_fix_that_refutes_the_calendar() -> None:
    """Protocol rules 27 and 29: Friday's rate is missed together with Wednesday's FIX."""
    days = {FIX: (TUESDAY, WEDNESDAY), SETTLEMENT: (Day(2026, 8, 13), FRIDAY)}
    known = {
        series: [Observation(series, day, 1, Decimal("17.0000"), NOW, "before") for day in both]
        for series, both in days.items()
    }
    query = Query((FIX, SETTLEMENT), MONDAY, FRIDAY, confirms={FIX: TUESDAY, SETTLEMENT: FRIDAY})
    rows = tuple(Published(series, both[0], Decimal("17.0000")) for series, both in days.items())
    answer = Answer(b"", "sha", NOW, rows, (), (), {}, query=query)
    missing = missing_days(answer, known, (), WEDNESDAY_CLOSED, Day(2026, 8, 13))
    assert missing.days == ((FIX, WEDNESDAY), (SETTLEMENT, FRIDAY))


def test_trusted_answer_passes_large_moves() -> None:
    """What an operator asked for has been looked at."""
    assert _changes([(TUESDAY, "25.0000")], [_known(MONDAY, "17.0000")], trusted=True).observations


def test_real_history_holds_nothing_suspicious(real_fix: dict[Day, Decimal]) -> None:
    """Each of the 8,767 real days passes, the peso crisis of 1994 and 1995 included."""
    changes = _changes([(day, str(value)) for day, value in real_fix.items()])
    assert len(changes.observations) == len(real_fix)
    assert not changes.suspicious


@given(
    st.lists(st.decimals("10.0000", "10.5000", places=4), min_size=1, max_size=8),
    st.sets(st.integers(0, 7)),
)
def test_recording_the_news_leaves_none(values: list[Decimal], known_days: set[int]) -> None:
    """Whatever was known, after recording the changes the same answer brings nothing."""
    published = [(Day(2026, 8, 1 + n), str(value)) for n, value in enumerate(values)]
    known = [_known(Day(2026, 8, 1 + n), "10.2000") for n in sorted(known_days)]
    changes = _changes(published, known)
    newest = {row.date: row for row in (*known, *changes.observations)}
    again = _changes(published, sorted(newest.values(), key=lambda row: row.date))
    assert not again.observations
