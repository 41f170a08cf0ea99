"""`./dev simulate`: seeds of the simulation, one by one or many at a time."""

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from functools import partial

from simulation import mutation_check
from simulation.faults import MINUTES, Plan, plan
from simulation.progress import DIGESTED, Progress, Result, digest_of
from simulation.run import Verdict, run

SEEDS = 20
PROCESSES = os.cpu_count() or 1
MAX_SHOWN = 5
"""Violations of a seed among many; `--trace` shows all."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for and return the exit status."""
    options = _options(arguments)
    if options.mutations:
        seeds = options.seeds or mutation_check.SEEDS
        return min(mutation_check.run_all(seeds, options.rule), 1)
    if options.seed is None:
        return _many(options)
    planned = plan(options.seed, options.minutes, options.emphasis)
    verdict = _minimized(planned) if options.minimize else run(planned)
    (_tell if options.trace or options.minimize else _say)(verdict)
    return 0 if verdict.holds else 1


def _many(options: argparse.Namespace) -> int:
    """Run many seeds on all cores, but those that held before; print each that fails."""
    first = _seed_of(options.date)
    seeds = range(first, first + (options.seeds or SEEDS))
    progress = Progress(options.minutes)
    results = [result for seed, result in progress.held.items() if seed in seeds]
    left = [seed for seed in seeds if seed not in progress.held]
    with ProcessPoolExecutor(PROCESSES) as pool:
        for result in pool.map(partial(_run_seed, minutes=options.minutes), left):
            progress.keep(result)
            results.append(result)
            _print_result(result)
    return _summed_up(results)


def _summed_up(results: list[Result]) -> int:
    failed = sum(not result.holds for result in results)
    hours = sum(result.cpu_seconds for result in results) / 3600
    _print(
        f"{len(results)} seeds, {failed} fail, {hours:.2f} core-hours;"
        f" digest of the first {DIGESTED}: {digest_of(results)}"
    )
    return 1 if failed else 0


def _print_result(result: Result) -> None:
    word = "holds" if result.holds else "FAILS"
    _print(f"{result.seed} {result.digest} {result.cpu_seconds:.1f} s {word}")
    _lines(f"    {violation}" for violation in result.violations[:MAX_SHOWN])


def _run_seed(seed: int, minutes: float) -> Result:
    verdict = run(plan(seed, minutes))
    violations = tuple(str(violation) for violation in verdict.history.violations)
    return Result(seed, verdict.digest, verdict.cpu_seconds, violations)


def _minimized(planned: Plan) -> Verdict:
    """Leave out every fault without which it still fails."""
    verdict = run(planned)
    for fault in planned.faults:
        shorter = run(verdict.plan.without(fault))
        if not shorter.holds:
            verdict = shorter
    return verdict


def _tell(verdict: Verdict) -> None:
    """Print the story of a run."""
    background = verdict.plan.background
    database = "MySQL" if background.mysql else "SQLite"
    _print(f"{background.begins:%Y-%m-%d %H:%M}Z, like {database}, host in {background.zone}")
    _lines(f"  planned: {fault}" for fault in verdict.plan.faults)
    _lines(f"{at:%H:%M:%S} {what}" for at, what in verdict.history.story)
    _say(verdict)


def _say(verdict: Verdict) -> None:
    _lines(str(violation) for violation in verdict.history.violations)
    word = "holds" if verdict.holds else "FAILS"
    _print(f"{verdict.plan.seed} {verdict.digest} {verdict.cpu_seconds:.1f} s {word}")


def _seed_of(date: str | None) -> int:
    """Return the first seed of a day: each day draws others."""
    day = datetime.fromisoformat(date) if date else datetime.now(UTC)
    return int(f"{day:%Y%m%d}") * 10_000


def _names(listed: str) -> tuple[str, ...]:
    return tuple(listed.split(","))


def _lines(lines: Iterable[str]) -> None:
    for line in lines:
        _print(line)


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev simulate", description=__doc__)
    parser.add_argument("seed", nargs="?", type=int, help="one seed")
    parser.add_argument("--trace", action="store_true", help="print its story")
    parser.add_argument("--minimize", action="store_true", help="leave out what it fails without")
    parser.add_argument("--mutations", action="store_true", help="break the rules, one by one")
    parser.add_argument("--rule", action="append", default=[], help="only this one (repeatable)")
    parser.add_argument("--seeds", type=int, help=f"how many, {SEEDS} without")
    parser.add_argument("--from", dest="date", metavar="DATE", help="whose seeds; today's else")
    parser.add_argument(
        "--emphasis", type=_names, default=(), help="hours and faults to be drawn rather: a,b,c"
    )
    parser.add_argument("--minutes", type=float, default=MINUTES, help="how long each run is")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
