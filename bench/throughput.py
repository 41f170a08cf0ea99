"""Closed loop: how many answers a second, beside the ceilings and the rivals in the same run.

Every round asks each case of contenders in turn, so that whatever the machine does besides meets
all of them: the ceilings in each round, the rivals in every third, since a ratio near 1 needs more
rounds than one of 10. A ratio is taken within a round; the table has the median and the spread.
"""

from collections.abc import Iterator, Mapping, Sequence

from bench.cases import CASES, Case
from bench.contenders import Contender
from bench.cpus import Cpus
from bench.errors import BenchRefused
from bench.latency import Figure, figure, spelled
from bench.report import Section, Table
from bench.wrk import CONNECTIONS, Closed, wrk

ATTEMPTS = 3
NEAR = 3
"""rates-api and both ceilings, whose ratios are near 1."""
RIVALS_EVERY = 3
"""The rivals are asked in one of so many rounds."""
Rounds = list[dict[tuple[str, str], Closed]]
"""Per round: (contender, case) to what it reached."""

OURS, LIMIT = "rates-api", "rsgi ceiling"
"""What Granian can't exceed bounds what rates-api can: a ratio above that of its limit is noise."""
PLAIN_OF = {"304": "current", "gzip": "historical-730"}


def measure(contenders: Sequence[Contender], rounds: int, seconds: float, cpus: Cpus) -> Section:
    """Measure every case on every contender, `rounds` times `seconds` each."""
    seen: Rounds = [
        {
            (contender.name, case.key): _reached(contender, case, seconds, cpus)
            for case in CASES
            for contender in _turn(contenders, number)
        }
        for number in range(rounds)
    ]
    names = [contender.name for contender in contenders]
    figures = dict(_figures(seen, names))
    tables = [
        _rates(figures, names),
        _ratios(figures, names, rounds, seconds),
        _limits(figures, names),
    ]
    return Section(tables, figures)


def _turn(contenders: Sequence[Contender], number: int) -> Sequence[Contender]:
    """Return who is asked in a round, in which order: nobody always comes first."""
    asked = contenders if number % RIVALS_EVERY == 0 else contenders[:NEAR]
    return asked if number % 2 == 0 else asked[::-1]


def _reached(contender: Contender, case: Case, seconds: float, cpus: Cpus) -> Closed:
    """Load once; again where the answer changed meanwhile, so that a 304 was none for a while.

    Ends with one answer more: what wrk left behind is done then, and slows down nobody else.
    """
    for _ in range(ATTEMPTS):
        headers = contender.headers(case)
        contender.answer(case, headers)
        reached = wrk(contender.port, contender.path(case), headers, seconds, cpus)
        after = contender.headers(case)
        contender.answer(case, after)
        if after == headers:
            return reached
    raise BenchRefused(f"{contender.name}, {case.label}: changes faster than it can be measured")


def _figures(seen: Rounds, names: Sequence[str]) -> Iterator[tuple[str, Figure]]:
    for case in CASES:
        for name in names:
            reached = [results[name, case.key] for results in seen if (name, case.key) in results]
            rates = [closed.rate for closed in reached]
            yield f"rate/{name}/{case.key}", figure(rates, "/s")
            errors = [float(closed.errors) for closed in reached]
            yield f"errors/{name}/{case.key}", figure(errors, "")
        for name in names[1:]:
            yield f"ratio/{name}/{case.key}", _ratio(seen, (OURS, case.key), (name, case.key))
            yield f"limit/{name}/{case.key}", _ratio(seen, (LIMIT, case.key), (name, case.key))
    for key, plain in PLAIN_OF.items():
        yield f"ratio/plain/{key}", _ratio(seen, (OURS, key), (OURS, plain))


def _ratio(seen: Rounds, above: tuple[str, str], below: tuple[str, str]) -> Figure:
    return figure(
        [results[above].rate / results[below].rate for results in seen if below in results], "ratio"
    )


def _rates(figures: Mapping[str, Figure], names: Sequence[str]) -> Table:
    rows = [(case.label, *(_rate(figures, name, case) for name in names)) for case in CASES]
    note = "Answers a second; `!n`: errors in the median round."
    return Table("Closed loop: answers a second", ("asked", *names), rows, [note])


def _rate(figures: Mapping[str, Figure], name: str, case: Case) -> str:
    errors = figures[f"errors/{name}/{case.key}"].median
    mark = f" !{errors:.0f}" if errors else ""
    return spelled(figures[f"rate/{name}/{case.key}"].median) + mark


def _ratios(
    figures: Mapping[str, Figure], names: Sequence[str], rounds: int, seconds: float
) -> Table:
    header = ("asked", *(f"/ {name}" for name in names[1:]), "/ plain answer")
    rows = []
    for case in CASES:
        cells = [str(figures[f"ratio/{name}/{case.key}"]) for name in names[1:]]
        plain = figures.get(f"ratio/plain/{case.key}")
        rows.append((case.label, *cells, str(plain) if plain else ""))
    how = (
        f"Medians (least-most) of {rounds} rounds of {seconds:g} s, the rivals in one of"
        f" {RIVALS_EVERY}; contenders take turns in each; wrk with {CONNECTIONS} connections,"
        " one worker each."
    )
    small = "Answers below 1 KB (`current`, `average`, `historical?days=10`) are not compressed."
    return Table("Closed loop: rates-api as a ratio", header, rows, [how, small])


def _limits(figures: Mapping[str, Figure], names: Sequence[str]) -> Table:
    others = [name for name in names if name not in (OURS, LIMIT)]
    rows = [
        (case.label, *(str(figures[f"limit/{name}/{case.key}"]) for name in others))
        for case in CASES
    ]
    header = ("asked", *(f"/ {name}" for name in others))
    how = "What the same bytes reach on the same server without rates-api: a ratio above is noise."
    return Table(f"Closed loop: the {LIMIT} as a ratio", header, rows, [how])
