"""When a status is worth an event (protocol rule 5)."""

from collections.abc import Callable
from datetime import date as Day
from datetime import datetime, timedelta

import msgspec
import pytest

from rates_contracts.calendar import BankCalendar
from rates_contracts.environment import Secret
from rates_contracts.observation import FIX, SETTLEMENT
from rates_contracts.status import SyncStatus, Upstream
from rates_sync.settings import Settings
from rates_sync.timetable.status import (
    SeriesKnowledge,
    StatusOrigin,
    UpstreamHealth,
    Verification,
    new_day,
    status_of,
    worth_an_event,
)

UNUSED = Secret("unused")
INTERVALS = Settings(UNUSED, UNUSED, UNUSED, UNUSED).poll_intervals()
ORIGIN = StatusOrigin("Banco de México", edge_purged=True, intervals=INTERVALS)
THURSDAY, WEDNESDAY = Day(2026, 8, 13), Day(2026, 8, 12)
At = Callable[[str], SyncStatus]


def known(newest_fix_day: Day | None) -> dict[str, SeriesKnowledge]:
    """Return the knowledge of a record whose newest FIX is of that day."""
    return {FIX: SeriesKnowledge(newest_fix_day, newest_fix_day), SETTLEMENT: SeriesKnowledge()}


def health_at(verified_at: datetime, upstream: Upstream = "ok") -> UpstreamHealth:
    """Return the health after an answer that confirmed both series."""
    return UpstreamHealth(dict.fromkeys((FIX, SETTLEMENT), Verification(verified_at)), upstream)


@pytest.fixture
def verified(calendar: BankCalendar, mexico: Callable[[str], datetime]) -> At:
    """Return the status after a good answer at a time of Thursday."""

    def at(time: str) -> SyncStatus:
        now = mexico(f"2026-08-13 {time}")
        return status_of(ORIGIN, health_at(now), calendar, known(WEDNESDAY), now)

    return at


def test_first_status_is_announced(verified: At) -> None:
    """Without a status before there is something to tell."""
    assert worth_an_event(None, verified("10:00"))


def test_poll_within_a_minute_is_no_event(verified: At) -> None:
    """Protocol rule 5: at noon three of four polls without news stay silent."""
    assert not worth_an_event(verified("12:00:00"), verified("12:00:59"))
    assert worth_an_event(verified("12:00:00"), verified("12:01:00"))


def test_polls_for_a_late_fix_are_events(verified: At) -> None:
    """Protocol rules 5 and 18: each moves `fresh_until` to the poll after it."""
    assert not worth_an_event(verified("17:00:01"), verified("17:14"))
    assert worth_an_event(verified("17:00:01"), verified("17:15:01"))


@pytest.mark.parametrize("changed", [{"breaker": "open"}, {"upstream": "bad_token"}])
def test_changed_state_is_an_event(verified: At, changed: dict[str, str]) -> None:
    """Protocol rule 5: a state that changes is announced at once."""
    old = verified("10:00")
    assert worth_an_event(old, msgspec.structs.replace(old, **changed))


def test_lost_verification_is_an_event(verified: At) -> None:
    """`fresh_until` that appears or vanishes is a change."""
    new = verified("10:00")
    lost = {**new.series, FIX: msgspec.structs.replace(new.series[FIX], fresh_until=None)}
    assert worth_an_event(msgspec.structs.replace(new, series=lost), new)


def test_new_day_lengthens_the_tables(
    calendar: BankCalendar, mexico: Callable[[str], datetime]
) -> None:
    """Protocol rule 17: on another day the same health is announced, with the coming 10 days."""
    health = health_at(mexico("2026-08-13 17:00"))
    old = status_of(ORIGIN, health, calendar, known(THURSDAY), mexico("2026-08-13 23:59"))
    new = status_of(ORIGIN, health, calendar, known(THURSDAY), mexico("2026-08-14 00:00"))
    assert new_day(old, new)
    assert worth_an_event(old, new)
    assert new.transitions[-1].at > old.transitions[-1].at


def test_status_before_any_answer_promises_nothing(
    calendar: BankCalendar, mexico: Callable[[str], datetime]
) -> None:
    """Without a good answer there is no instant until which anything is fresh or usable."""
    status = status_of(ORIGIN, UpstreamHealth(), calendar, known(None), mexico("2026-08-13 10:00"))
    assert (status.verified_at, status.fresh_until, status.usable_until) == (None, None, None)
    assert status.usable_until is None


def test_status_names_its_limits(verified: At) -> None:
    """A verified status carries both limits, the source and whether the edge is purged."""
    status = verified("10:00")
    assert status.verified_at is not None
    assert status.fresh_until == status.verified_at + timedelta(minutes=5)
    assert (status.source, status.edge_purged) == ("Banco de México", True)
