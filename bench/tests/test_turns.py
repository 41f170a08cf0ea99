"""Who is asked in which round, and what a ratio is taken of."""

from bench.contenders import Contender
from bench.throughput import _ratio, _turn
from bench.wrk import Closed

NAMES = ("rates-api", "ceiling", "rsgi ceiling", "fastapi+redis", "fastapi+sql")
CONTENDERS = [Contender(name, 0, 0) for name in NAMES]


def _asked(number: int) -> str:
    return "".join("ABCDE"[NAMES.index(contender.name)] for contender in _turn(CONTENDERS, number))


def test_the_rivals_take_part_in_every_third_round_and_nobody_always_comes_first() -> None:
    """Those beside which little is to be told apart are asked each time, in both orders."""
    assert [_asked(number) for number in range(6)] == ["ABCDE", "CBA", "ABC", "EDCBA", "ABC", "CBA"]


def test_a_ratio_is_taken_in_the_rounds_that_both_took_part_in() -> None:
    """A round without the rival says nothing of it."""
    ours, rival = ("rates-api", "current"), ("fastapi+sql", "current")
    seen = [{ours: Closed(80, 80.0, 0), rival: Closed(10, 10.0, 0)}, {ours: Closed(500, 500.0, 0)}]
    assert _ratio(seen, ours, rival).median == 8.0
