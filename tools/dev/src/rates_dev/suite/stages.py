"""The stages of `./dev test`, in their order: what is checked or tested, by which commands.

`run` runs them. The quick ones come first, so that a typing error shows before the scenarios run.
"""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from shutil import which

from rates_dev.locks import members
from rates_dev.suite.backends import BackEnd

# Tests on real stores mostly wait, scenarios and property tests fill a core each.
PARALLEL = ("-n", "auto")
TWO_PLATFORMS = ("-n", "2")
"""Each has a MySQL of its own."""
UNDER_LOAD = "tests/e2e/under_load"
"""What containers show by latencies and rates: nothing runs beside it."""
Command = tuple[str, ...]


@dataclass(frozen=True)
class Stage:
    """One row of the table: commands that all must succeed; `tests` if they are pytest's.

    `lack` says why this machine can't run it, if it can't; `aside` if it runs beside those that
    follow, at the lowest priority: nothing in it is timed; `measures` if nothing may run beside it.
    """

    name: str
    commands: Sequence[Command]
    back_end: BackEnd | None = None
    tests: bool = False
    environ: dict[str, str] = field(default_factory=dict)
    lack: str | None = None
    aside: bool = False
    measures: bool = False

    @property
    def missing(self) -> str | None:
        """Why this machine can't run the stage, for its own sake or for its back end's."""
        return self.lack or (self.back_end.missing if self.back_end else None)


def stages(root: Path, back_ends: Sequence[BackEnd]) -> list[Stage]:
    """Return every stage over the folders that there are under `root`."""
    return [
        *_checks(root),
        *_infrastructure(),
        *_tests_on_nothing(root),
        *_tests_on(root, back_ends),
    ]


def _checks(root: Path) -> list[Stage]:
    python = sys.executable
    return [
        Stage("formatting", [("ruff", "format", "--check", ".")]),
        Stage("lint", [("ruff", "check", ".")]),
        Stage("types", _types(root)),
        Stage("import rules", [("lint-imports", "--no-logo")]),
        Stage("locks", [(python, "-m", "rates_dev.suite.check_locks")]),
    ]


def _types(root: Path) -> list[Command]:
    """mypy for the sources, then per folder of tests: their conftest modules share a name."""
    homes = members(root)
    sources = [member / "src" for member in homes if (member / "src").is_dir()]
    tests = [member / "tests" for member in homes] + [root / "tests"]
    shared = [path for path in (root / "services/conftest.py",) if path.is_file()]
    bench = [path for path in (root / "bench",) if path.is_dir()]
    runs = [sources, *([folder] for folder in tests if _python_files(folder)), shared, bench]
    runs = [paths for paths in runs if paths]
    return [("mypy", *(str(path.relative_to(root)) for path in paths)) for paths in runs]


def _tests_on_nothing(root: Path) -> list[Stage]:
    integration = _integration(root)
    units = [str(path) for path in _existing(root, ("libs", "services", "tools", "bench"))]
    without = [f"--ignore={path}" for path in integration]
    return [
        replace(_pytest("dev", ["tests/dev", *PARALLEL]), aside=True),
        _pytest("unit", [*units, *without, *PARALLEL]),
        _pytest("contract", ["tests/contract", *PARALLEL]),
    ]


def _infrastructure() -> list[Stage]:
    """What is under deploy/terraform: insecure things, each part by itself, the parts together."""
    scan = (sys.executable, "-m", "rates_dev.suite.scan_terraform")
    check = (sys.executable, "-m", "rates_dev.suite.check_terraform")
    return [
        Stage("terraform scan", [scan], aside=True),
        Stage("terraform", [check], lack=_no_terraform(), aside=True),
        replace(_pytest("infrastructure", ["tests/terraform"]), aside=True),
    ]


def _no_terraform() -> str | None:
    return None if which("terraform") else "no terraform on PATH"


def _tests_on(root: Path, back_ends: Sequence[BackEnd]) -> Iterable[Stage]:
    for back_end in back_ends:
        yield _pytest("integration", [*_integration(root), *PARALLEL], back_end)
    for back_end in (one for one in back_ends if one.contained):
        yield _pytest("containers", ["tests/containers"], back_end)
    for back_end in back_ends:
        parallel = TWO_PLATFORMS if back_end.contained else PARALLEL
        yield _pytest("end to end", ["tests/e2e", f"--ignore={UNDER_LOAD}", *parallel], back_end)
    for back_end in (one for one in back_ends if one.contained):
        yield replace(_pytest("under load", [UNDER_LOAD], back_end), measures=True)


def _pytest(name: str, arguments: Sequence[str], back_end: BackEnd | None = None) -> Stage:
    command = (sys.executable, "-m", "pytest", "--quiet", *arguments)
    environ = back_end.environ if back_end else {}
    return Stage(name, [command], back_end, tests=True, environ=environ)


def _integration(root: Path) -> list[str]:
    folders = (root / "services").glob("*/tests/integration")
    return sorted(str(path.relative_to(root)) for path in folders)


def _existing(root: Path, names: Iterable[str]) -> list[Path]:
    return [Path(name) for name in names if (root / name).is_dir()]


def _python_files(folder: Path) -> bool:
    return any(folder.rglob("*.py"))
