"""Runs the stages one after the other, all of them whatever fails, and ends with the table.

`cli` calls it for `./dev test`. The tools print for themselves; here only their results are
gathered.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from rates_dev.errors import Refused
from rates_dev.suite import outcome, table
from rates_dev.suite.backends import back_ends
from rates_dev.suite.stages import Stage, stages

Say = Callable[[str], None]
LOWEST = ("nice", "-n", "19")


@dataclass(frozen=True)
class Options:
    """What was asked: `only` these stages, `on` these back ends (none: every one)."""

    strict: bool = False
    only: Sequence[str] = ()
    on: Sequence[str] | None = None


def run(root: Path, environ: Mapping[str, str], options: Options, say: Say) -> bool:
    """Run what was asked for and say the table; true if all went well. Raises `Refused`."""
    chosen = _chosen(stages(root, back_ends(options.on)), options.only)
    outcomes = _outcomes(chosen, root, environ, say)
    say("\n" + table.render(outcomes, strict=options.strict))
    return table.succeeded(outcomes, strict=options.strict)


def _chosen(every: Sequence[Stage], only: Sequence[str]) -> list[Stage]:
    names = list(dict.fromkeys(stage.name for stage in every))
    if unknown := [name for name in only if name not in names]:
        raise Refused(f"no stage {', '.join(unknown)}; there are {', '.join(names)}")
    return [stage for stage in every if not only or stage.name in only]


def _outcomes(
    chosen: Sequence[Stage], root: Path, environ: Mapping[str, str], say: Say
) -> list[outcome.Outcome]:
    """Run the stages in turn; one that goes aside begins in its turn and holds up no other.

    Those aside take turns among themselves, and their output is told at the end. Only what measures
    waits for them.
    """
    beside: list[Future[outcome.Outcome]] = []
    alone = all(stage.aside for stage in chosen)
    with ThreadPoolExecutor(max_workers=1) as pool, tempfile.TemporaryFile() as told:

        def begin(stage: Stage) -> Callable[[], outcome.Outcome]:
            if stage.aside and not alone:
                beside.append(pool.submit(_run, stage, root, environ, told))
                return beside[-1].result
            if stage.measures:
                wait(beside)
            ended = _announced(stage, root, environ, say)
            return lambda: ended

        begun = [begin(stage) for stage in chosen]
        outcomes = [outcome_of() for outcome_of in begun]
        told.seek(0)
        if text := told.read().decode(errors="replace"):
            say(f"\n=== aside\n{text}")
    return outcomes


def _announced(stage: Stage, root: Path, environ: Mapping[str, str], say: Say) -> outcome.Outcome:
    if not stage.missing:
        say(f"\n=== {stage.name}" + (f" on {stage.back_end.label}" if stage.back_end else ""))
    return _run(stage, root, environ)


def _run(
    stage: Stage, root: Path, environ: Mapping[str, str], told: IO[bytes] | None = None
) -> outcome.Outcome:
    if stage.missing:
        return outcome.left_out(stage, stage.missing)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        junit = Path(folder) / "junit.xml"
        report = (f"--junit-xml={junit}",) if stage.tests else ()
        status = _status(stage, report, root, _clean(environ) | stage.environ, told)
        seconds = time.monotonic() - begun
        if stage.tests:
            return outcome.of_tests(stage, status, seconds, junit)
        return outcome.of_check(stage, status, seconds)


def _status(
    stage: Stage,
    report: Sequence[str],
    root: Path,
    environ: Mapping[str, str],
    told: IO[bytes] | None,
) -> int:
    """Run all commands of the stage, also past a failing one; 0 if all succeeded."""
    low = LOWEST if told is not None else ()
    codes = [_code([*low, *command, *report], root, environ, told) for command in stage.commands]
    return max(map(abs, codes))


def _code(
    command: Sequence[str], root: Path, environ: Mapping[str, str], told: IO[bytes] | None
) -> int:
    both = None if told is None else subprocess.STDOUT
    try:
        return subprocess.run(
            command, cwd=root, env=environ, stdout=told, stderr=both, check=False
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
