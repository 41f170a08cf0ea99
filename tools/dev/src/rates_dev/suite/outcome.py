"""How one stage went: from its exit status, and for tests from pytest's junit file.

`run` makes them, `table` shows them.
"""

from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from rates_dev.suite.stages import Stage


@dataclass(frozen=True)
class Outcome:
    """A stage that ran, or why it could not (`missing`); `skipped`: a reason per test left out."""

    stage: Stage
    ok: bool
    seconds: float = 0.0
    passed: int = 0
    failed: int = 0
    skipped: tuple[str, ...] = ()
    missing: str | None = None

    @property
    def left_out(self) -> tuple[str, ...]:
        """The reasons of everything in this stage that did not run."""
        return (self.missing,) if self.missing else self.skipped


def left_out(stage: Stage, why: str) -> Outcome:
    """Return the outcome of a stage that this machine can't run; not a failure by itself."""
    return Outcome(stage, ok=True, missing=why)


def of_check(stage: Stage, status: int, seconds: float) -> Outcome:
    """Return the outcome of a check by its exit status."""
    return Outcome(stage, ok=status == 0, seconds=seconds)


def of_tests(stage: Stage, status: int, seconds: float, junit: Path) -> Outcome:
    """Return the outcome of pytest. A run without a test, or without a report, has failed."""
    if not junit.is_file():
        return Outcome(stage, ok=False, seconds=seconds, failed=1)
    cases = list(ElementTree.parse(junit).getroot().iter("testcase"))
    failed = [case for case in cases if _has(case, "failure") or _has(case, "error")]
    skipped = [case for case in cases if case not in failed and _has(case, "skipped")]
    return Outcome(
        stage,
        ok=status == 0,
        seconds=seconds,
        passed=len(cases) - len(failed) - len(skipped),
        failed=len(failed),
        skipped=tuple(_reason(case) for case in skipped),
    )


def _has(case: ElementTree.Element, tag: str) -> bool:
    return case.find(tag) is not None


def _reason(case: ElementTree.Element) -> str:
    skip = case.find("skipped")
    return f"{case.get('name')}: {skip.get('message') if skip is not None else ''}"
