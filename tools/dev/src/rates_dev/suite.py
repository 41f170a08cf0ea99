"""Runs the stages one after the other, all of them whatever fails, and ends with the table.

The tools print for themselves; here only their results are gathered, those of tests from pytest's
junit file. What can't run on this machine is left out with its reason, never failed.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

from rates_dev.errors import Refused
from rates_dev.stages import BACK_ENDS, Stage, stages

Say = Callable[[str], None]
LOWEST = ("nice", "-n", "19")
HEAD = ("what", "back end", "result", "passed", "failed", "left out", "seconds")


@dataclass(frozen=True)
class Outcome:
    """How a stage went; `left_out`: the reasons of what did not run, a line each."""

    stage: Stage
    ok: bool
    seconds: float = 0.0
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    left_out: tuple[str, ...] = ()

    @property
    def result(self) -> str:
        """The word for it in the table."""
        if not self.ok:
            return "FAILED"
        return "left out" if self.left_out and not self.passed else "ok"


def run(
    root: Path,
    environ: Mapping[str, str],
    say: Say,
    *,
    strict: bool,
    only: Sequence[str],
    on: Sequence[str] | None,
) -> bool:
    """Run the stages in `only` on the back ends in `on` (none: every one) and say the table.

    True if all went well; if `strict`, what was left out did not. Raises `Refused`.
    """
    every = stages(root, [BACK_ENDS[name] for name in on or BACK_ENDS])
    outcomes = run_stages(lacking(chosen(every, only)), root, environ, say)
    say("\n" + table(outcomes, strict=strict))
    return succeeded(outcomes, strict=strict)


def chosen(every: Sequence[Stage], only: Sequence[str]) -> list[Stage]:
    """Return the stages named, all if none is. Raises `Refused` for a name that is none."""
    names = list(dict.fromkeys(stage.name for stage in every))
    if unknown := [name for name in only if name not in names]:
        raise Refused(f"no stage {', '.join(unknown)}; there are {', '.join(names)}")
    return [stage for stage in every if not only or stage.name in only]


def lacking(wanted: Sequence[Stage]) -> list[Stage]:
    """Return the stages, `missing` filled in; each back end of theirs is looked for once."""
    lacks = {stage.back_end: stage.back_end.lack() for stage in wanted if stage.back_end}
    return [
        replace(stage, missing=lacks[stage.back_end]) if stage.back_end else stage
        for stage in wanted
    ]


def run_stages(
    wanted: Sequence[Stage], root: Path, environ: Mapping[str, str], say: Say
) -> list[Outcome]:
    """Run the stages in turn; one in the background starts in its turn and delays no other.

    Those in the background run one after the other, and their output is shown at the end. Only an
    exclusive stage waits for them.
    """
    background: list[Future[Outcome]] = []
    alone = all(stage.background for stage in wanted)
    with ThreadPoolExecutor(max_workers=1) as pool, tempfile.TemporaryFile() as output:

        def begin(stage: Stage) -> Callable[[], Outcome]:
            if stage.background and not alone:
                background.append(pool.submit(run_stage, stage, root, environ, output))
                return background[-1].result
            if stage.exclusive:
                wait(background)
            if not stage.missing:
                say(f"\n=== {stage}")
            outcome = run_stage(stage, root, environ)
            return lambda: outcome

        outcomes = [outcome_of() for outcome_of in [begin(stage) for stage in wanted]]
        output.seek(0)
        if text := output.read().decode(errors="replace"):
            say(f"\n=== background\n{text}")
    return outcomes


def run_stage(
    stage: Stage, root: Path, environ: Mapping[str, str], output: IO[bytes] | None = None
) -> Outcome:
    """Run all commands of the stage, also past a failing one; into `output` at low priority."""
    if stage.missing:
        return Outcome(stage, ok=True, left_out=(stage.missing,))
    low = LOWEST if output else ()
    own = _clean(environ) | stage.environ
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        junit = Path(folder) / "junit.xml"
        report = (f"--junit-xml={junit}",) if stage.tests else ()
        codes = [_code([*low, *line, *report], root, own, output) for line in stage.commands]
        ran = Outcome(stage, ok=not any(codes), seconds=time.monotonic() - begun)
        return _counted(ran, junit) if stage.tests else ran


def _code(
    command: Sequence[str], root: Path, environ: Mapping[str, str], output: IO[bytes] | None
) -> int:
    both = None if output is None else subprocess.STDOUT
    try:
        return subprocess.run(
            command, cwd=root, env=environ, stdout=output, stderr=both, check=False
        ).returncode
    except FileNotFoundError as error:
        raise Refused(f"{command[0]} is not there; ./dev makes the environment") from error


def _clean(environ: Mapping[str, str]) -> dict[str, str]:
    """The person's settings of a running platform must not reach the tests."""
    kept = {
        key: text for key, text in environ.items() if not key.startswith(("RATES_", "BANXICO_"))
    }
    venv = str(Path(sys.executable).parent)
    return {**kept, "PATH": os.pathsep.join([venv, environ.get("PATH", "")])}


def _counted(ran: Outcome, junit: Path) -> Outcome:
    """Add what pytest reports. A run without a test, or without a report, has failed."""
    if not junit.is_file():
        return replace(ran, ok=False, failed=1)
    cases = [
        (case.get("name", ""), {part.tag: part.get("message", "") for part in case})
        for case in ElementTree.parse(junit).getroot().iter("testcase")
    ]
    others = [(name, parts) for name, parts in cases if not {"failure", "error"} & parts.keys()]
    skipped = [(name, parts["skipped"]) for name, parts in others if "skipped" in parts]
    return replace(
        ran,
        passed=len(others) - len(skipped),
        failed=len(cases) - len(others),
        skipped=len(skipped),
        left_out=_reasons(skipped),
    )


def _reasons(skipped: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Say each reason once, with its test or how many there are."""
    tests: dict[str, list[str]] = {}
    for name, reason in skipped:
        tests.setdefault(reason, []).append(name)
    return tuple(
        f"{names[0] if len(names) == 1 else f'{len(names)} tests'}: {reason}"
        for reason, names in tests.items()
    )


def table(outcomes: Sequence[Outcome], *, strict: bool) -> str:
    """Return the table, then a line per omission, then one line that says how it went."""
    rows = [HEAD, *(_row(outcome) for outcome in outcomes)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [_line(row, widths) for row in rows]
    lines.insert(1, "-" * len(lines[0]))
    return "\n".join([*lines, *_omissions(outcomes), "", _verdict(outcomes, strict=strict)])


def succeeded(outcomes: Sequence[Outcome], *, strict: bool) -> bool:
    """Say whether nothing failed and, if `strict`, nothing was left out."""
    complete = not any(outcome.left_out for outcome in outcomes)
    return all(outcome.ok for outcome in outcomes) and (complete or not strict)


def _row(outcome: Outcome) -> tuple[str, ...]:
    stage, shown = outcome.stage, ["", "", ""]
    if outcome.result == "left out":
        shown = ["", "", "all"]
    elif stage.tests:
        shown = [str(count) for count in (outcome.passed, outcome.failed, outcome.skipped)]
    label = stage.back_end.label if stage.back_end else "-"
    return (stage.name, label, outcome.result, *shown, f"{outcome.seconds:.1f}")


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    words = [cell.ljust(width) for cell, width in zip(row[:3], widths[:3], strict=True)]
    numbers = [cell.rjust(width) for cell, width in zip(row[3:], widths[3:], strict=True)]
    return "  ".join([*words, *numbers])


def _omissions(outcomes: Sequence[Outcome]) -> list[str]:
    lines = [f"  {outcome.stage}: {reason}" for outcome in outcomes for reason in outcome.left_out]
    return ["", "left out:", *lines] if lines else ["", "nothing was left out"]


def _verdict(outcomes: Sequence[Outcome], *, strict: bool) -> str:
    failed = [str(outcome.stage) for outcome in outcomes if not outcome.ok]
    if failed:
        return "FAILED: " + ", ".join(failed)
    if not succeeded(outcomes, strict=strict):
        return "FAILED: --strict, and something was left out"
    return "all passed"
