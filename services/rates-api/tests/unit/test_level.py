"""The design's level table, the freshness states of the public API, and until when they hold."""

import dataclasses
from datetime import UTC, date, datetime, time, timedelta
from types import ModuleType
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rates_api.snapshot.level import DEGRADING, TICK, Assessment, assess, assess_whole
from rates_api.snapshot.snapshot import Snapshot
from rates_contracts.calendar import mexico_instant
from rates_contracts.observation import FIX, SETTLEMENT
from rates_contracts.status import Transition
from rates_contracts.warnings import WARNINGS

SECOND = timedelta(seconds=1)


@pytest.fixture(scope="session")
def fresh(fakes: ModuleType) -> Snapshot:
    """Give a snapshot with today's FIX, verified at noon, fed by Redis."""
    record = fakes.Record()
    record.observe(fakes.observation(date(2024, 1, 2)))
    snapshot: Snapshot = record.snapshot
    return snapshot.with_feed("redis")


def with_status(snapshot: Snapshot, **changes: Any) -> Snapshot:
    """Return the snapshot with another status."""
    status = msgspec.structs.replace(snapshot.status, **changes)
    return Snapshot(
        snapshot.head, status, snapshot.averages, snapshot.calendar, snapshot.series, snapshot.feed
    )


@pytest.fixture
def now(fakes: ModuleType) -> datetime:
    """Give a minute past the snapshot's verification, inside the window."""
    return fakes.START + timedelta(minutes=1)  # type: ignore[no-any-return]


def test_all_well_is_healthy(fresh: Snapshot, now: datetime) -> None:
    """Fresh, breaker closed, fed by Redis: healthy, without a warning, an hour at the edge."""
    found = assess(fresh, now)

    assert (found.level, found.state, found.warnings) == ("healthy", "fresh", ())
    assert found.edge_seconds == 3600


def test_past_fresh_until_is_unverified(fresh: Snapshot) -> None:
    """Protocol rule 17: past `fresh_until` the worker says `unverified` itself, not before."""
    limit = fresh.status.fresh_until
    assert limit is not None

    assert assess(fresh, limit).level == "healthy"
    after = assess(fresh, limit + SECOND)
    assert (after.level, after.state, after.warnings) == (
        "degraded",
        "unverified",
        ("unverified",),
    )


def test_past_usable_until_is_limited(fresh: Snapshot) -> None:
    """Three missed publications after `verified_at` the value no longer passes as current."""
    limit = fresh.status.usable_until
    assert limit is not None

    assert assess(fresh, limit).level == "degraded"
    after = assess(fresh, limit + SECOND)
    assert after.level == "limited"
    assert after.warnings == ("past_usable_until", "unverified")


def test_never_verified_is_limited(fresh: Snapshot, now: datetime) -> None:
    """What was never verified is neither fresh nor usable."""
    never = with_status(fresh, verified_at=None, fresh_until=None, usable_until=None)

    assert assess(never, now).level == "limited"


def test_no_current_value_is_limited(fresh: Snapshot, now: datetime, fakes: ModuleType) -> None:
    """Without a FIX there is no current value, whatever else is known."""
    record = fakes.Record()
    record.observe(fakes.observation(date(2024, 1, 2), series=SETTLEMENT))

    assert assess(record.snapshot.with_feed("redis"), now).level == "limited"


def test_no_data_is_critical(now: datetime, fakes: ModuleType) -> None:
    """Without a snapshot, or with one that holds nothing, the level is critical."""
    assert assess(None, now).level == "critical"
    assert assess(fakes.Record().snapshot, now).level == "critical"


@pytest.mark.parametrize("breaker", ["open", "half_open"])
def test_a_breaker_degrades_inside_the_window_alone(
    fresh: Snapshot, now: datetime, breaker: str
) -> None:
    """Protocol rule 18: a fault just before closing must not degrade a weekend."""
    broken = with_status(fresh, breaker=breaker, fresh_until=now + timedelta(days=3))

    assert assess(broken, now).warnings == (f"breaker_{breaker}",)
    assert assess(broken, now).level == "degraded"
    assert assess(broken, now + timedelta(hours=2)).level == "healthy"


def test_not_fed_by_redis_is_degraded(fresh: Snapshot, now: datetime) -> None:
    """Protocol rule 15: fed by the database counts as degraded and names the cause."""
    found = assess(fresh.with_feed("database"), now)

    assert (found.level, found.warnings) == ("degraded", ("not_fed_by_redis",))


def test_late_warns_and_does_not_degrade(fresh: Snapshot, now: datetime) -> None:
    """Banxico's silence is not our fault."""
    row = Transition(now, "late", now + timedelta(days=1), True, 300)

    found = assess(with_status(fresh, transitions=(row,)), now)

    assert (found.level, found.state, found.warnings) == ("healthy", "late", ("late_publication",))


def test_unverified_goes_before_late(fresh: Snapshot, now: datetime) -> None:
    """Where we could not ask, we don't say that Banxico is late."""
    row = Transition(now, "late", now + timedelta(days=1), True, 300)

    found = assess(with_status(fresh, transitions=(row,), fresh_until=now - SECOND), now)

    assert (found.state, found.warnings) == ("unverified", ("unverified",))


def test_simulated_data_warns(fresh: Snapshot, now: datetime) -> None:
    """A simulator's values say what they are, and degrade nothing."""
    found = assess(with_status(fresh, source="simulator"), now)

    assert (found.level, found.warnings) == ("healthy", ("simulated_data",))


def test_the_worker_picks_the_row_by_its_clock(fresh: Snapshot, fakes: ModuleType) -> None:
    """Protocol rule 17: the row in force is the last that has begun, or the first of all."""
    first, second = fresh.status.transitions
    far = with_status(fresh, fresh_until=second.at + timedelta(days=30))

    assert assess(far, first.at - SECOND).state == first.state == "fresh"
    assert assess(far, second.at - SECOND).state == first.state
    assert assess(far, second.at).state == second.state == "closed_day"


def test_past_the_transitions_nothing_is_claimed(fresh: Snapshot) -> None:
    """Protocol rule 29: past the 10 days that sync sent there is no state and no next FIX."""
    first, second = fresh.status.transitions
    limit = first.at + timedelta(days=30)
    far = with_status(fresh, fresh_until=limit, usable_until=limit, breaker="open")

    covered = assess(far, first.at + timedelta(days=10))
    assert (covered.state, covered.next_publication_at) == (
        "closed_day",
        second.next_publication_at,
    )
    past = assess(far, first.at + timedelta(days=11))
    assert (past.state, past.next_publication_at) == ("unverified", None)
    assert past.warnings == ("unverified",)
    assert past.edge_seconds == 15


def test_past_the_calendar_nothing_is_claimed(fresh: Snapshot, now: datetime) -> None:
    """Protocol rule 29: no FIX is expected on a day that the calendar does not cover."""
    row = Transition(now, "closed_day", now + timedelta(days=3), False, 3600)
    far = with_status(fresh, transitions=(row,), fresh_until=now + timedelta(days=9))
    ends_today = dataclasses.replace(
        far, calendar=msgspec.structs.replace(far.calendar, last=date(2024, 1, 2))
    )

    assert assess(far, now).next_publication_at == now + timedelta(days=3)
    today = assess(ends_today, now)
    assert (today.state, today.next_publication_at) == ("closed_day", None)
    tomorrow = assess(ends_today, now + timedelta(days=1))
    assert (tomorrow.state, tomorrow.level) == ("fresh", "healthy")


def known_since(snapshot: Snapshot, **settlement: Any) -> Snapshot:
    """Return the snapshot with what is known of the series, the FIX as before."""
    fix = snapshot.series_status(FIX)
    changed = msgspec.structs.replace(snapshot.series_status(SETTLEMENT), **settlement)
    return with_status(snapshot, series={FIX: fix, SETTLEMENT: changed})


def test_an_answer_is_as_good_as_the_series_it_rests_on(fresh: Snapshot, now: datetime) -> None:
    """Protocol rule 27: level, state and instants of the series; of both it is the worse."""
    earlier = now - timedelta(hours=1)
    stale = known_since(fresh, verified_at=earlier, fresh_until=earlier, usable_until=None)

    fix, settled = assess(stale, now, (FIX,)), assess(stale, now, (SETTLEMENT,))

    assert (fix.level, fix.state, fix.fresh_until) == ("healthy", "fresh", fresh.status.fresh_until)
    assert (settled.level, settled.state) == ("limited", "unverified")
    assert settled.warnings == ("past_usable_until", "unverified")
    both = assess(stale, now)
    assert (both.level, both.state) == ("limited", "unverified")
    assert (both.verified_at, both.fresh_until, both.usable_until) == (earlier, earlier, None)


def under_review(snapshot: Snapshot, *days: date) -> Snapshot:
    """Return the snapshot with FIX that are under review."""
    fix = msgspec.structs.replace(snapshot.series_status(FIX), under_review=days)
    return with_status(snapshot, series={FIX: fix, SETTLEMENT: snapshot.series_status(SETTLEMENT)})


@pytest.mark.parametrize(
    ("day", "level"),
    [
        (date(2023, 12, 29), "healthy"),
        (date(2024, 1, 2), "degraded"),
        (date(2024, 1, 3), "degraded"),
        (date(2024, 1, 6), "healthy"),
    ],
    ids=["older", "newest", "newer", "weekend"],
)
def test_a_value_under_review_degrades_while_it_is_the_newest(
    fresh: Snapshot, now: datetime, day: date, level: str
) -> None:
    """Protocol rule 28: an older day is no matter of the current rate, a weekend has no FIX."""
    reviewed = under_review(fresh, day)

    assert assess(reviewed, now, (FIX,)).level == level
    assert ("value_under_review" in assess(reviewed, now).warnings) == (level == "degraded")
    assert assess(reviewed, now, (SETTLEMENT,)).level == "healthy"


def test_a_value_under_review_leaves_other_answers_at_the_edge(
    fresh: Snapshot, now: datetime
) -> None:
    """It shortens the answers that warn of it, past days keep their hour."""
    assert assess(under_review(fresh, date(2024, 1, 3)), now).edge_seconds == 3600


def test_missing_history_degrades_the_whole_alone(fresh: Snapshot, now: datetime) -> None:
    """Protocol rule 25: `/health` says that history is loading, the current rate stays healthy."""
    loading = known_since(fresh, complete_from=date(2020, 1, 1))

    whole = assess_whole(loading, now)

    assert (whole.level, whole.warnings) == ("degraded", ("history_loading",))
    assert assess(loading, now).level == "healthy"
    assert assess_whole(known_since(fresh, complete_from=None), now).level == "degraded"
    assert assess_whole(fresh, now).level == "healthy"


def test_missing_history_hides_nothing_worse(fresh: Snapshot) -> None:
    """The level of the whole is the worse of the two."""
    limit = fresh.status.usable_until
    assert limit is not None

    found = assess_whole(known_since(fresh, complete_from=None), limit + SECOND)

    assert found.level == "limited"
    assert found.warnings == ("past_usable_until", "unverified", "history_loading")
    assert assess_whole(None, limit).level == "critical"


def test_a_suspect_clock_warns(fresh: Snapshot, now: datetime) -> None:
    """Protocol rule 33: by sync, by the database, or by an event that lies ahead of this clock."""
    told = with_status(fresh, clock_suspect=True)
    ahead = dataclasses.replace(
        fresh, head=msgspec.structs.replace(fresh.head, recorded_at=now + timedelta(seconds=61))
    )

    for suspect in (told, fresh.with_clock(suspect=True), ahead):
        found = assess(suspect, now)
        assert (found.level, found.warnings) == ("healthy", ("clock_suspect",))
        assert found.edge_seconds == 15
    assert assess(ahead, now + SECOND).warnings == ()
    assert assess(ahead, now).valid_until == now + SECOND


@pytest.mark.parametrize(
    ("instant", "seconds"),
    [
        (datetime(2024, 1, 3, 17, 58, 59, tzinfo=UTC), 3600),
        (datetime(2024, 1, 3, 17, 59, tzinfo=UTC), 15),
        (datetime(2024, 1, 3, 18, 59, 59, tzinfo=UTC), 15),
        (datetime(2024, 1, 3, 19, 0, tzinfo=UTC), 3600),
        (datetime(2024, 1, 6, 18, 30, tzinfo=UTC), 3600),
    ],
)
def test_around_noon_the_edge_keeps_little_whatever_the_state(
    fresh: Snapshot, instant: datetime, seconds: int
) -> None:
    """Protocol rule 21: 15 s from 11:59 to 13:00 of a weekday until its FIX is seen."""
    row = Transition(instant, "late", instant + timedelta(days=1), True, 3600)
    limit = instant + timedelta(days=1)
    late = with_status(fresh, transitions=(row,), fresh_until=limit, usable_until=limit)

    assert assess(late, instant).edge_seconds == seconds


def test_once_the_fix_is_seen_noon_is_like_any_hour(fresh: Snapshot, now: datetime) -> None:
    """Protocol rule 21: the day's FIX has come, nothing is awaited."""
    assert now == datetime(2024, 1, 2, 18, 1, tzinfo=UTC)
    assert assess(fresh, now).edge_seconds == 3600


@pytest.mark.parametrize("hour", [(11, 59), (12, 0), (13, 0)])
def test_answers_turn_when_a_fix_is_awaited_due_and_late(
    fresh: Snapshot, hour: tuple[int, int]
) -> None:
    """Protocol rule 25: a FIX is due from noon on, which no answer from before may outlive."""
    turn = mexico_instant(date(2024, 3, 1), time(*hour))

    assert assess(fresh, turn - SECOND).valid_until == turn


def test_the_edge_keeps_less_of_what_is_less_good(fresh: Snapshot, now: datetime) -> None:
    """Protocol rule 21: 300 s without purge, 15 s when not healthy, never above the row's."""
    row = Transition(now, "awaiting_publication", now + timedelta(days=1), True, 7)

    assert assess(with_status(fresh, edge_purged=False), now).edge_seconds == 300
    assert assess(fresh.with_feed("database"), now).edge_seconds == 15
    assert assess(with_status(fresh, transitions=(row,)), now).edge_seconds == 7


def test_an_answer_ends_with_what_it_says(fresh: Snapshot) -> None:
    """Protocol rule 16: the limit itself is still inside, the change comes right after it."""
    limit = fresh.status.fresh_until
    assert limit is not None

    assert assess(fresh, limit - 10 * SECOND).valid_until == limit + TICK


def test_midnight_in_mexico_city_ends_every_assessment(fresh: Snapshot) -> None:
    """With nothing else ahead, "today" changes at midnight in Mexico City."""
    found = assess(fresh, datetime(2024, 3, 1, 20, 0, tzinfo=UTC))

    assert found.valid_until == datetime(2024, 3, 2, 6, 0, tzinfo=UTC)


def test_the_next_average_ends_an_assessment(fresh: Snapshot, fakes: ModuleType) -> None:
    """A row of the averages' table that takes over is a change like any other."""
    at = fakes.START + timedelta(minutes=5)
    snapshot = Snapshot(
        fresh.head, fresh.status, (fakes.average(at),), fresh.calendar, fresh.series, "redis"
    )

    assert assess(snapshot, fakes.START).valid_until == at


def of_note(found: Assessment) -> tuple[Any, ...]:
    """Return what a rendered answer shows of an assessment."""
    return (
        found.level,
        found.state,
        found.next_publication_at,
        found.warnings,
        found.edge_seconds,
    )


@given(
    minutes=st.integers(-120, 10_000),
    ahead=st.floats(0, 0.999),
    fresh_for=st.none() | st.integers(-60, 6_000),
    usable_for=st.none() | st.integers(-60, 9_000),
    breaker=st.sampled_from(["closed", "half_open", "open"]),
    feed=st.sampled_from(["redis", "database"]),
)
def test_nothing_changes_before_valid_until(
    fresh: Snapshot,
    fakes: ModuleType,
    minutes: int,
    ahead: float,
    fresh_for: int | None,
    usable_for: int | None,
    breaker: str,
    feed: Any,
) -> None:
    """Protocol rule 16: what was rendered holds until `valid_until`; a cause comes with a level.

    Its warnings are codes of the contracts' list, in that order.
    """

    def limit(after: int | None) -> datetime | None:
        return None if after is None else fakes.START + timedelta(minutes=after)

    snapshot = with_status(
        fresh, fresh_until=limit(fresh_for), usable_until=limit(usable_for), breaker=breaker
    ).with_feed(feed)
    now = fakes.START + timedelta(minutes=minutes)

    found = assess(snapshot, now)

    assert found.valid_until > now
    assert list(found.warnings) == [code for code in WARNINGS if code in found.warnings]
    later = min(now + (found.valid_until - now) * ahead, found.valid_until - TICK)
    assert of_note(assess(snapshot, later)) == of_note(found)
    assert (found.level == "healthy") == DEGRADING.union({"past_usable_until"}).isdisjoint(
        found.warnings
    )
