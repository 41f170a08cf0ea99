"""No answer claims more than could be known: a sample of `sweep.py`, and proof that it can fail."""

import dataclasses
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from contract.sweeping import published
from contract.sweeping.questions import Question, Said
from contract.sweeping.run import FIRST, LAST, Immutables, Sweep
from rates_api import handlers
from rates_api.rates import csv
from rates_api.resolution import knowledge, legal_dates, resolution, view
from rates_api.snapshot import level
from rates_contracts import calendar
from rates_sync.timetable import transitions

pytestmark = pytest.mark.contract

EVERY = 173
"""Each so many days of 25 years: a minute on a busy core; a prime, so that all weekdays come."""
Change = Callable[[pytest.MonkeyPatch], None]


def test_a_sample_of_25_years_has_no_false_claim() -> None:
    """Protocol rules 25 to 33: nothing is claimed that could not be known, at eight instants."""
    sweep = Sweep(FIRST, LAST, EVERY)
    assert [str(contradiction) for contradiction in sweep.contradictions()] == []
    assert sweep.states > 1500


def test_the_second_reading_of_the_calendar_fits_the_values() -> None:
    """Each of the 2,425 real settlements is the FIX that the oracle's own calendar names."""
    fix, settlement = published.fix(), published.settlement()
    assert len(settlement.days) == 2425
    for day in settlement.days:
        determined = published.determination_of(day)
        assert determined is not None
        assert settlement.values[day] == fix.values[determined]
        assert day in published.settled_by(determined)


def test_an_immutable_answer_that_changes_is_found() -> None:
    """What may be kept for ever must be the same whenever it is asked for (protocol rule 33)."""
    immutables, question = Immutables(), Question("current", query="as_of=2024-01-02T18:30:00Z")
    kept = "public, max-age=31536000, immutable"
    said = [Said(200, kept, None, {"rate": rate}) for rate in ("17.0000", "17.0000", "17.1000")]
    found = [list(immutables.contradictions(question, each)) for each in said]
    assert found == [[], [], ["an immutable answer has changed"]]


def _nothing(*_: Any) -> None:
    return None


def _never(*_: Any, **__: Any) -> bool:
    return False


def _always(*_: Any, **__: Any) -> bool:
    return True


def _complete_from_is_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(knowledge, "_before", _never)


def _fresh_until_is_ignored_by_days(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(knowledge, "_unanswered", _nothing)


def _fresh_until_is_ignored_by_states(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(level, "_past", _never)


def _a_settlement_confirms_itself(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(legal_dates, "_equals", _always)


def _every_past_answer_is_immutable(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        handlers,
        "as_known_at",
        lambda *known: dataclasses.replace(view.as_known_at(*known), is_settled=True),
    )


def _passing_warnings_are_kept_for_an_hour(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(handlers, "PASSING", frozenset())
    patch.setattr(level, "PASSING", frozenset())


def _nothing_is_loading_where_a_settlement_is_stored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(resolution, "is_loading", _never)


def _all_is_known(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(knowledge, "WARNING_OF", {})


def _a_missing_day_counts_as_closed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(resolution, "absent_fix", lambda *_: "no-fix-on-closed-day")


def _nothing_is_ever_late(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(transitions, "_state", lambda **_: "fresh")


def _a_settlement_rests_on_the_week_before(patch: pytest.MonkeyPatch) -> None:
    week = timedelta(days=7)
    patch.setattr(
        resolution, "fix_by_rule", lambda known, day: knowledge.fix_by_rule(known, day - week)
    )


def _withdrawn_values_are_told_as_they_stand(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(resolution, "recorded_warnings", lambda *_: ())


def _a_table_is_never_refused(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(csv, "require_known", _nothing)


def _nothing_is_due_past_the_calendar(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(knowledge, "_may_be_due", knowledge.is_due)


def _a_fix_refutes_no_calendar(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        calendar.BankingDays,
        "is_banking_day",
        lambda known, day: known.calendar.is_banking_day(day),
    )


def _closed_stays_closed_whatever_is_published(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        transitions,
        "_state",
        lambda **_: "closed_day",
    )


def _a_declared_closure_is_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(calendar.BankCalendar, "_declared", _never)


def _every_rate_is_in_force(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(resolution, "_is_in_force", _always)


def _the_gazette_is_known_whatever_is_loaded(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(resolution, "is_derivable", _always)


def _a_closure_in_doubt_is_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(resolution, "doubted_closures", lambda *_: ())


FAULTS: dict[Change, str] = {
    _complete_from_is_ignored: "gap is false",
    _fresh_until_is_ignored_by_days: "is false",
    _fresh_until_is_ignored_by_states: "though the source was not heard within its limit",
    _a_settlement_confirms_itself: "confirmed, but",
    _every_past_answer_is_immutable: "immutable, though a later recording may belong to it",
    _passing_warnings_are_kept_for_an_hour: "beside",
    _nothing_is_loading_where_a_settlement_is_stored: "is not loaded, and nothing warns",
    _all_is_known: "known: true",
    _a_missing_day_counts_as_closed: "counts as closed",
    _nothing_is_ever_late: "it is late",
    _a_settlement_rests_on_the_week_before: "the settlement of",
    _withdrawn_values_are_told_as_they_stand: "is withdrawn, and nothing warns",
    _a_table_is_never_refused: "known: true, but nothing can be known",
    _nothing_is_due_past_the_calendar: "not-yet-known is false",
    _a_fix_refutes_no_calendar: "a day of publication that the calendar refutes",
    _closed_stays_closed_whatever_is_published: "closed_day, it is fresh",
    _a_declared_closure_is_not_looked_at: "it is declared_closed",
    _every_rate_is_in_force: "is said to apply on",
    _the_gazette_is_known_whatever_is_loaded: "though nobody can know of which FIX",
    _a_closure_in_doubt_is_not_looked_at: "though nobody can know of which FIX",
}
"""What is broken on purpose, and words of the contradiction that it must lead to."""


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__.strip("_"))
def test_a_deliberate_fault_is_found(fault: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oracle can fail: each fault leads to the contradiction that it should."""
    fault(monkeypatch)
    sweep = Sweep(date(2019, 12, 2), date(2026, 8, 14), 45)
    found = (contradiction.why for contradiction in sweep.contradictions())
    assert any(FAULTS[fault] in why for why in found)
