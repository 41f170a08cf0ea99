"""The rounds of the soak: a fault, a value published during it, the recovery; and what they found.

A value counts as recorded when rates-sync's answer to the operator says so. Instants are monotonic
seconds. How long an old rate is answered counts until the last request that got it was made.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count, cycle, pairwise

from driver.answers import Unreachable
from driver.clock import mexico
from driver.plan import FIX_OF_TODAY, TODAY, Plan
from driver.platform import Platform
from driver.sights import everywhere, well

from soak.clients import RateClients
from soak.faults import Fault
from soak.footprint import Footprints

IN_THE_EVENING = mexico(f"{TODAY} 18:00:00")
"""Rates are corrected then, and nothing else happens at Banxico for as long as a soak takes."""
PER_SECOND = 500
EVERY_SECONDS = 20.0
"""From the beginning of a fault to the next one's; a longer recovery delays it."""
RECOVERY_SECONDS = 60.0
SOAKED = Plan(at=IN_THE_EVENING, syncs=2, fast=False)
"""The platform of a soak: the waits are those of production."""


def _has_come(due: float) -> bool:
    return time.monotonic() >= due


@dataclass(frozen=True)
class Recorded:
    """A value that rates-sync has recorded, when that was, and the fault meanwhile."""

    value: str
    at: float
    fault: str
    max_age: float


@dataclass
class Findings:
    """What the rounds found; `violations` is empty if all went well.

    `leaks` mean something once each container has led and followed several times.
    """

    seconds: float = 0.0
    rounds: Counter[str] = field(default_factory=Counter)
    answers: int = 0
    p95: float = 0.0
    failures: dict[str, list[str]] = field(default_factory=dict)
    ages: dict[str, float] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)
    growth: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [
            f"{self.seconds:.0f} s, {self.answers:,} answers, p95 {self.p95 * 1000:.0f} ms",
            *(
                f"{name}: {times} times, an old rate for {self.ages.get(name, 0.0):.1f} s at most,"
                f" {len(self.failures.get(name, ()))} failed requests"
                for name, times in self.rounds.items()
            ),
            *self.growth,
            *(f"VIOLATION: {violation}" for violation in self.violations),
            *(f"LEAK: {leak}" for leak in self.leaks),
        ]
        return "\n".join(lines)


class Soak:
    """A soak of `platform`, which is up, with `faults` in turn for `minutes`."""

    def __init__(self, platform: Platform, faults: Sequence[Fault], footprints: Footprints) -> None:
        self._platform, self._faults, self._footprints = platform, faults, footprints
        self._values = (f"17.{number:04d}" for number in count(2001))
        self._recorded: list[Recorded] = []
        self._begun: list[tuple[float, str]] = []
        self._findings = Findings()

    def run(
        self,
        minutes: float,
        say: Callable[[str], object],
        *,
        every: float = EVERY_SECONDS,
        per_second: int = PER_SECOND,
    ) -> Findings:
        """Run the rounds under load, one `every` so many seconds, and return what they found."""
        self._publish_first()
        begun = time.monotonic()
        with RateClients(self._platform.api.port, per_second) as clients:
            for fault in self._until(begun + minutes * 60, every):
                say(f"{time.monotonic() - begun:.0f} s: {fault.name}")
                self._round(fault)
        self._findings.seconds = time.monotonic() - begun
        self._judge(clients)
        return self._findings

    def _publish_first(self) -> None:
        """The day's FIX, as Banco de México published it, is the first value of the soak."""
        self._recorded.append(Recorded(FIX_OF_TODAY, time.monotonic(), "", RECOVERY_SECONDS))
        self._platform.banxico.publish(TODAY)
        self._poll_until_recorded()
        self._platform.until(lambda: everywhere(self._platform, FIX_OF_TODAY), within=20)

    def _until(self, end: float, every: float) -> Iterator[Fault]:
        """Yield the faults in turn, each at its time, until `end`."""
        for fault in cycle(self._faults):
            due = time.monotonic() + every
            if due > end:
                return
            yield fault
            self._platform.until(partial(_has_come, due), within=every + 1)

    def _round(self, fault: Fault) -> None:
        self._findings.rounds[fault.name] += 1
        self._begun.append((time.monotonic(), fault.name))
        fault.begin()
        if fault.records:
            value = self._publish(fault)
            self._wait_at_most(fault.max_age, lambda: self._newest_is_answered(value))
        fault.end()
        self._platform.until(lambda: well(self._platform), within=RECOVERY_SECONDS, what="well")
        value = self._publish(fault)
        self._platform.until(lambda: everywhere(self._platform, value), within=RECOVERY_SECONDS)
        self._footprints.sample()

    def _publish(self, fault: Fault) -> str:
        """Have Banxico correct the day's FIX to a value it never had, and rates-sync record it."""
        value = next(self._values)
        self._platform.banxico.correct(TODAY, value)
        self._poll_until_recorded()
        self._recorded.append(Recorded(value, time.monotonic(), fault.name, fault.max_age))
        return value

    def _poll_until_recorded(self) -> None:
        self._platform.until(self._polled, within=RECOVERY_SECONDS, what="recorded")

    def _polled(self) -> bool:
        leader = next((sync for sync in self._platform.sync if sync.leads()), None)
        return leader is not None and leader.poll().json.get("outcome") == "success"

    def _newest_is_answered(self, value: str) -> bool:
        try:
            return bool(self._platform.api.get("/api/v1/rates/current").json.get("rate") == value)
        except Unreachable:
            return False

    def _wait_at_most(self, seconds: float, met: Callable[[], bool]) -> None:
        """Hold the fault until `met`, or as long as an old rate is allowed."""
        end = time.monotonic() + seconds
        self._platform.until(lambda: met() or time.monotonic() > end, within=seconds + 10)

    def _judge(self, clients: RateClients) -> None:
        found = self._findings
        found.answers, found.p95 = clients.answered, clients.p95
        found.growth = [f"{name}: {was} -> {now}"
                        for name, (was, now) in self._footprints.growth().items()]  # fmt: skip
        found.violations += self._never_published(clients)
        found.violations += self._too_old(clients)
        found.violations += self._failed(clients)
        found.leaks = self._footprints.leaks()

    def _never_published(self, clients: RateClients) -> list[str]:
        unknown = clients.last_asked.keys() - {recorded.value for recorded in self._recorded}
        return [f"{rate} was answered and never published" for rate in sorted(unknown)]

    def _too_old(self, clients: RateClients) -> list[str]:
        found = []
        for old, new in pairwise(self._recorded):
            age = clients.last_asked.get(old.value, new.at) - new.at
            self._findings.ages[new.fault] = max(self._findings.ages.get(new.fault, 0.0), age)
            if age > new.max_age:
                allowed = f"{new.max_age:g} s allowed"
                found.append(f"{new.fault}: {old.value} answered for {age:.1f} s, {allowed}")
        return found

    def _failed(self, clients: RateClients) -> list[str]:
        for at, what in clients.failed:
            fault = next((name for begun, name in reversed(self._begun) if begun <= at), "")
            self._findings.failures.setdefault(fault, []).append(what)
        return [
            f"{fault}: {len(failures)} requests failed, the first: {failures[0]}"
            for fault, failures in self._findings.failures.items()
        ]
