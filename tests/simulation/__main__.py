"""`./dev simulate`: seeds of the simulation, one by one or many at a time."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from functools import partial

from simulation import mutations
from simulation.faults import MINUTES, Plan, plan
from simulation.run import Verdict, run

PROCESSES = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for and return the exit status."""
    options = _options(arguments)
    if options.mutations:
        return min(mutations.run_all(), 1)
    if options.seed is not None and options.minimize:
        verdict = _minimized(plan(options.seed, options.minutes))
        _tell(verdict)
    elif options.seed is not None:
        verdict = run(plan(options.seed, options.minutes))
        (_tell if options.trace else _say)(verdict)
    else:
        return _many(options)
    return 0 if verdict.holds else 1


def _many(options: argparse.Namespace) -> int:
    """Run many seeds on all cores; print the violations of each that fails."""
    first = _seed_of(options.date)
    seeds = range(first, first + options.seeds)
    failed, cpu = 0, 0.0
    with ProcessPoolExecutor(PROCESSES) as pool:
        for verdict in pool.map(partial(_run_seed, minutes=options.minutes), seeds):
            seed, digest, seconds, violations = verdict
            failed += bool(violations)
            cpu += seconds
            _print(f"{seed} {digest} {seconds:.1f} s {'FAILS' if violations else 'holds'}")
            for violation in violations[:5]:
                _print(f"    {violation}")
    _print(f"{len(seeds)} seeds from {first}: {failed} fail, {cpu / 3600:.2f} core-hours")
    return 1 if failed else 0


def _run_seed(seed: int, minutes: float) -> tuple[int, str, float, list[str]]:
    verdict = run(plan(seed, minutes))
    violations = [str(violation) for violation in verdict.history.violations]
    return seed, verdict.digest, verdict.cpu_seconds, violations


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
    parser.add_argument("--seeds", type=int, default=20, help="how many, without a seed")
    parser.add_argument("--from", dest="date", metavar="DATE", help="whose seeds; today's else")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="how long each run is")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
