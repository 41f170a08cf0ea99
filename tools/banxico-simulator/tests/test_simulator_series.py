"""The recorded data, the settlement rule and the replay."""

from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest

from banxico_simulator.published.series import (
    FIX,
    SETTLEMENT,
    History,
    banking_days,
    load,
    read,
    replay,
    settlement_days,
)


@pytest.mark.parametrize(
    ("day", "rate"),
    [
        (date(1991, 11, 12), "3.0735"),
        (date(2020, 3, 24), "25.1185"),
        (date(2024, 1, 2), "17.0297"),
        (date(2026, 9, 29), "18.0710"),
    ],
)
def test_recorded_fix(history: History, day: date, rate: str) -> None:
    """The FIX is the recorded one, to the last zero."""
    assert history.fix[day] == rate


def test_settlement_rule_gives_every_recorded_value() -> None:
    """What the rule derives from the FIX equals SF60653 on each of its 2,425 recorded days."""
    fix, recorded = read(FIX), read(SETTLEMENT)
    determined = settlement_days(fix)
    assert len(recorded) == 2425
    assert {day: fix[determined[day]] for day in recorded} == recorded


def test_settlement_days_around_a_weekend() -> None:
    """Thursday's FIX applies from Saturday through Monday, Friday's on Tuesday alone."""
    thursday, friday, monday = date(2020, 11, 26), date(2020, 11, 27), date(2020, 11, 30)
    assert settlement_days([thursday, friday, monday, date(2020, 12, 1)]) == {
        date(2020, 11, 28): thursday,
        date(2020, 11, 29): thursday,
        date(2020, 11, 30): thursday,
        date(2020, 12, 1): friday,
    }


def test_settlement_covers_every_calendar_day(history: History) -> None:
    """SF60653 has a value on every calendar day from 2020-01-01 on, past its recorded end too."""
    days = list(history.settlement)
    assert days[0] == date(2020, 1, 1)
    assert all((after - before).days == 1 for before, after in pairwise(days))


def test_settlement_past_its_recorded_end_follows_the_fix(history: History) -> None:
    """The FIX of 2026-08-20 applies from Saturday 22nd through Monday 24th."""
    applied = [history.settlement[date(2026, 8, day)] for day in (22, 23, 24)]
    assert applied == [history.fix[date(2026, 8, 20)]] * 3


def test_replay_repeats_the_real_moves(history: History) -> None:
    """The first replayed day moves as 2023-10-30 did, from 18.0752 to 18.0640."""
    expected = Decimal("18.0710") * Decimal("18.0640") / Decimal("18.0752")
    assert history.fix[date(2026, 9, 30)] == str(round(expected, 4)) == "18.0598"


def test_replay_starts_over_when_the_moves_end() -> None:
    """Two moves make four days: up, down, up, down, each rounded to four places."""
    moves = [(Decimal(2), Decimal(3)), (Decimal(3), Decimal(2))]
    days = [date(2030, 1, day) for day in (2, 3, 4, 7)]
    rates = replay("10.0001", moves, days)
    assert list(rates.values()) == ["15.0002", "10.0001", "15.0002", "10.0001"]


def test_replay_does_not_depend_on_how_far_it_goes(history: History) -> None:
    """The same days have the same values in a process that was started in another year."""
    shorter = load(date(2027, 6, 30))
    assert shorter.fix == {day: history.fix[day] for day in shorter.fix}


def test_replay_stays_within_what_was_seen(history: History) -> None:
    """Over five years the replayed FIX leaves neither 15-22 pesos nor moves above 5.15 % a day."""
    replayed = [Decimal(rate) for day, rate in history.fix.items() if day > date(2026, 9, 28)]
    assert all(15 < rate < 22 for rate in replayed)
    assert all(abs(after / before - 1) < Decimal("0.0515") for before, after in pairwise(replayed))


def test_banking_days_leave_out_weekends_and_bank_holidays() -> None:
    """Of 2026-10-30 to 2026-11-03 only Friday and Tuesday are banking days."""
    days = list(banking_days(date(2026, 10, 29), date(2026, 11, 3)))
    assert days == [date(2026, 10, 30), date(2026, 11, 3)]
