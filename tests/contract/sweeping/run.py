"""Asks on each day, at each instant, in each situation, and gathers what is false."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from contract.sweeping.oracle import contradictions
from contract.sweeping.published import wall
from contract.sweeping.questions import INSTANTS, Asked, Question, Said, questions
from contract.sweeping.situations import Facts, situations

FIRST, LAST = date(2001, 1, 20), date(2026, 9, 29)
"""Before 2001 the FIX's own days are the calendar: of its last days nothing can be late."""
MAX_IMMUTABLES = 20_000


@dataclass(frozen=True)
class Contradiction:
    """A false claim: what was asked in which situation, what was said, why it is false."""

    facts: Facts
    question: Question
    said: Said
    why: str

    def __str__(self) -> str:
        facts, said = self.facts, self.said
        code = said.body.get("code") or said.body.get("rate") or ""
        return (
            f"{facts.now:%Y-%m-%dT%H:%M:%SZ} {facts.situation}\n"
            f"    GET {self.question.path}\n"
            f"    {said.status} {code} {said.cache_control}\n"
            f"    {self.why}"
        )


class Immutables:
    """What answers said that may be kept for ever, the newest: it must stay so."""

    def __init__(self) -> None:
        """Start with none."""
        self._bodies: dict[str, Any] = {}

    def contradictions(self, question: Question, said: Said) -> Iterator[str]:
        """Yield why what was said is false: it was said otherwise before."""
        if "immutable" in said.cache_control:
            if self._bodies.setdefault(question.path, said.body) != said.body:
                yield "an immutable answer has changed"
            if len(self._bodies) > MAX_IMMUTABLES:
                del self._bodies[next(iter(self._bodies))]


@dataclass
class Sweep:
    """A sweep over every so many days from `first` to `last`; what it has asked so far."""

    first: date
    last: date
    every: int
    asked: Counter[str] = field(default_factory=Counter)
    states: int = 0
    immutables: Immutables = field(default_factory=Immutables)

    def contradictions(self) -> Iterator[Contradiction]:
        """Ask, and yield every false claim as it is found."""
        for facts, number in _states(self.first, self.last, self.every):
            self.states += 1
            worker = Asked(facts)
            for question in questions(facts, number):
                said = worker.answer(question)
                self.asked[question.endpoint] += 1
                for why in self._judged(facts, question, said):
                    yield Contradiction(facts, question, said, why)

    def _judged(self, facts: Facts, question: Question, said: Said) -> Iterator[str]:
        yield from contradictions(facts, question, said)
        if facts.is_plain:
            yield from self.immutables.contradictions(question, said)

    def __str__(self) -> str:
        asked = ", ".join(f"{name} {count:,}" for name, count in sorted(self.asked.items()))
        return (
            f"{self.first} to {self.last}, every {self.every} days: {self.states:,} states, "
            f"{self.asked.total():,} requests ({asked})"
        )


def _states(first: date, last: date, every: int) -> Iterator[tuple[Facts, int]]:
    for ordinal in range(first.toordinal(), last.toordinal() + 1, every):
        day = date.fromordinal(ordinal)
        for index, at in enumerate(INSTANTS):
            number = ordinal // every + index * 3
            for facts in situations(wall(day, at), number):
                yield facts, number


def main(arguments: Sequence[str] | None = None) -> int:
    """Sweep, print what was asked and what was false, return the exit status."""
    options = _options(arguments)
    sweep = Sweep(options.first, options.last, options.every)
    found = 0
    for contradiction in sweep.contradictions():
        found += 1
        sys.stdout.write(f"{contradiction}\n")
    sys.stdout.write(f"{sweep}: {found} contradictions\n")
    return 1 if found else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="each Nth day")
    day = date.fromisoformat
    parser.add_argument("--from", dest="first", type=day, default=FIRST, metavar="DATE")
    parser.add_argument("--to", dest="last", type=day, default=LAST, metavar="DATE")
    return parser.parse_args(arguments)
