"""One series in memory: what is found by date, which revision counts, what was known when."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rates_api.snapshot.history import MAX_EARLIER, SeriesHistory
from rates_contracts.observation import FIX, Observation

START = datetime(2024, 1, 2, 18, 0, tzinfo=UTC)


def row(day: int, revision: int = 1, value: str = "17.0297", minutes: int = 0) -> Observation:
    """Return an observation of a day in January 2024, recorded some minutes after the start."""
    at = START + timedelta(minutes=minutes)
    return Observation(FIX, date(2024, 1, day), revision, Decimal(value), at, "hash")


WEEK = [row(2), row(3), row(4), row(5), row(8)]


@pytest.fixture
def corrected() -> SeriesHistory:
    """Give a week in which the third of January was corrected two hours later."""
    return SeriesHistory.of([*WEEK, row(3, 2, "17.1000", minutes=120)])


def test_a_day_is_found_in_its_newest_revision(corrected: SeriesHistory) -> None:
    """A corrected day answers its newest revision, a day without FIX nothing."""
    found = corrected.on(date(2024, 1, 3))

    assert found == row(3, 2, "17.1000", minutes=120)
    assert corrected.on(date(2024, 1, 6)) is None
    assert corrected.on(date(2024, 1, 9)) is None


def test_at_or_before_rolls_back(corrected: SeriesHistory) -> None:
    """A day without FIX rolls back to the last one before it, and to none before the first."""
    assert corrected.at_or_before(date(2024, 1, 7)) == row(5)
    assert corrected.at_or_before(date(2024, 1, 5)) == row(5)
    assert corrected.at_or_before(date(2024, 1, 1)) is None


def test_between_includes_both_ends(corrected: SeriesHistory) -> None:
    """A range gives each observed day once, ascending, both ends included."""
    found = corrected.between(date(2024, 1, 3), date(2024, 1, 5))

    assert [(each.date.day, each.revision) for each in found] == [(3, 2), (4, 1), (5, 1)]
    assert corrected.between(date(2024, 1, 6), date(2024, 1, 7)) == []


@pytest.mark.parametrize(
    ("n", "upto", "days"),
    [
        (2, None, [5, 8]),
        (2, date(2024, 1, 7), [4, 5]),
        (99, None, [2, 3, 4, 5, 8]),
        (1, date(2024, 1, 1), []),
    ],
)
def test_last_counts_observations(
    corrected: SeriesHistory, n: int, upto: date | None, days: list[int]
) -> None:
    """The last n are counted in observed days, up to a day if asked."""
    assert [each.date.day for each in corrected.last(n, upto)] == days


def test_revisions_are_all_that_was_recorded(corrected: SeriesHistory) -> None:
    """A day's revisions come ascending, none for a day never observed."""
    assert [each.revision for each in corrected.revisions(date(2024, 1, 3))] == [1, 2]
    assert [each.revision for each in corrected.revisions(date(2024, 1, 4))] == [1]
    assert corrected.revisions(date(2024, 1, 6)) == ()


def test_as_of_knows_what_was_recorded_by_then(corrected: SeriesHistory) -> None:
    """Before a correction was recorded the old value answers, from its instant on the new one."""
    before = corrected.as_of(START + timedelta(minutes=119))

    assert before == SeriesHistory.of(WEEK)
    assert corrected.as_of(START + timedelta(minutes=120)) is corrected
    assert len(corrected.as_of(START - timedelta(seconds=1))) == 0


def test_an_empty_series_has_no_days() -> None:
    """Nothing observed is answered with nothing, never with an error."""
    empty = SeriesHistory.of([])

    assert (empty.first_day, empty.last_day, empty.first_recorded_at) == (None, None, None)
    assert empty.on(date(2024, 1, 2)) is None
    assert empty.last(3) == []
    assert empty.as_of(START) is empty


def test_the_older_history_never_changes(corrected: SeriesHistory) -> None:
    """A new observation makes a new history; whoever holds the old one sees no change."""
    before = SeriesHistory.of(WEEK)

    after = before.with_observations([row(3, 2, "17.1000", minutes=120), row(9)])

    assert before == SeriesHistory.of(WEEK)
    assert after.last_day == date(2024, 1, 9)
    assert after.on(date(2024, 1, 3)) == corrected.on(date(2024, 1, 3))


def test_the_first_instant_is_that_of_rows_that_count(corrected: SeriesHistory) -> None:
    """A new row moves it, one that is known already does not, whatever instant it names."""
    later = corrected.with_observations([row(9, minutes=180), row(8, minutes=-999)])
    earlier = later.with_observations([row(10, minutes=-5), row(2, minutes=-99)])

    assert later.first_recorded_at == START
    assert earlier.first_recorded_at == START - timedelta(minutes=5)


def test_instants_between_two_recordings_share_one_earlier_state(corrected: SeriesHistory) -> None:
    """A client that asks for ever other instants makes no state of its own for each."""
    found = {id(corrected.as_of(START + timedelta(minutes=60, microseconds=n))) for n in range(100)}

    assert len(found) == 1


def test_few_earlier_states_are_kept() -> None:
    """Each holds the rows of thirty years."""
    many = SeriesHistory.of(row(day, minutes=day) for day in range(1, 31))
    first = many.as_of(START + timedelta(minutes=1))

    for minutes in range(2, 2 + MAX_EARLIER):
        many.as_of(START + timedelta(minutes=minutes))

    assert many.as_of(START + timedelta(minutes=1)) == first
    assert many.as_of(START + timedelta(minutes=1)) is not first


def test_the_raw_answers_of_all_revisions_are_gathered_once() -> None:
    """Also of one that a correction has replaced; a new row makes a history with its own."""
    read_from = [
        msgspec.structs.replace(each, payload_sha256=sha256)
        for each, sha256 in ((row(3), "first"), (row(3, 2), "corrected"), (row(4), "later"))
    ]
    known = SeriesHistory.of(read_from[:2])
    assert known.payloads == {"first", "corrected"}
    assert known.payloads is known.payloads
    assert known.with_observations(read_from[2:]).payloads == {"first", "corrected", "later"}


def test_rows_are_shared_between_histories() -> None:
    """A new history refers to the old rows instead of copying them."""
    before = SeriesHistory.of(WEEK)

    assert before.with_observations([row(9)]).on(date(2024, 1, 2)) is WEEK[0]


rows = st.builds(row, st.integers(1, 31), st.integers(1, 4))
timed_rows = st.builds(
    row, st.integers(1, 9), st.integers(1, 4), st.just("17.0000"), minutes=st.integers(0, 9)
)


@given(st.lists(rows, max_size=40), st.lists(rows, max_size=40))
def test_order_and_repetition_change_nothing(
    first: list[Observation], then: list[Observation]
) -> None:
    """Protocol rule 12: by (date, revision) a history is the same however its rows came in."""
    at_once = SeriesHistory.of([*first, *then])

    assert SeriesHistory.of(first).with_observations(then) == at_once
    assert SeriesHistory.of(then).with_observations(first) == at_once
    assert at_once.with_observations(first) == at_once
    days = [each.date for each in at_once.between(date.min, date.max)]
    assert days == sorted({each.date for each in [*first, *then]})


@given(st.lists(timed_rows, max_size=30, unique_by=lambda row: (row.date, row.revision)))
def test_what_was_known_is_what_was_recorded_by_then(recorded: list[Observation]) -> None:
    """At each instant, also where an older revision was recorded after a newer one."""
    history = SeriesHistory.of(recorded)

    for minutes in range(-1, 11):
        instant = START + timedelta(minutes=minutes)
        by_then = [each for each in recorded if each.recorded_at <= instant]
        assert history.as_of(instant) == SeriesHistory.of(by_then)


ROWS = st.lists(
    st.builds(row, st.integers(1, 31), st.integers(1, 3), minutes=st.integers(0, 5)),
    unique_by=lambda each: (each.date, each.revision),
)


@given(st.lists(ROWS, max_size=4))
def test_a_journal_that_grew_is_the_one_of_all_rows(additions: list[list[Observation]]) -> None:
    """However the rows came, and whether they came in the order of their recording."""
    grown = SeriesHistory.of([])
    for rows in additions:
        grown = grown.with_observations(rows)
        _ = grown.journal
    assert grown.journal == SeriesHistory.of(row for rows in additions for row in rows).journal
