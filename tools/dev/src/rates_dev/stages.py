"""The stages of `./dev test`, in their order: what is checked or tested, by which commands.

The quick ones come first, so that a typing error shows before the scenarios run. Tests on stores
read which from RATES_TEST_DATABASE and RATES_TEST_REDIS. They run once per back end, but for what a
back end before has shown: nothing of it depends on the store that is another one now.
"""

import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rates_dev import chromium
from rates_dev.locks import members
from rates_dev.redis import no_server_program

# Tests on real stores mostly wait, scenarios and property tests fill a core each.
PARALLEL = ("-n", "auto")
TWO_AT_A_TIME = ("-n", "2")
"""Each platform in containers has a MySQL of its own; a plan of terraform fills a core."""
UNDER_LOAD = "tests/e2e/under_load"
"""What containers show by latencies and rates: nothing runs beside it."""
CONFIGURATIONS = "tests/terraform/test_configurations.py"
SCAN = "tests/terraform/test_scan.py"
ENGINE = ("docker", "version", "--format", "{{.Server.Version}}")
ENGINE_SECONDS = 20.0
Command = tuple[str, ...]


@dataclass(frozen=True)
class BackEnd:
    """One combination of stores; `lack` returns why this machine can't run it, if it can't.

    `contained`: its stores, and end to end the services too, run in containers.
    """

    name: str
    label: str
    database: str
    redis: str
    lack: Callable[[], str | None] = lambda: None
    contained: bool = False

    @property
    def environ(self) -> dict[str, str]:
        """The variables that name the stores to a test."""
        return {"RATES_TEST_DATABASE": self.database, "RATES_TEST_REDIS": self.redis}


@dataclass(frozen=True)
class Stage:
    """One row of the table: commands that all must succeed; `tests` if pytest runs them.

    `background`: runs at the lowest priority while the stages after it run, since nothing in it is
    timed. `exclusive`: nothing else may run meanwhile. `missing`: why this machine can't run it.
    """

    name: str
    commands: Sequence[Command]
    back_end: BackEnd | None = None
    tests: bool = False
    background: bool = False
    exclusive: bool = False
    environ: dict[str, str] = field(default_factory=dict)
    missing: str | None = None

    def __str__(self) -> str:
        return self.name + (f" on {self.back_end.label}" if self.back_end else "")


def no_engine(command: Sequence[str] = ENGINE) -> str | None:
    """Say why no container can be run, none if one can."""
    try:
        asked = subprocess.run(
            command, capture_output=True, text=True, timeout=ENGINE_SECONDS, check=False
        )
    except FileNotFoundError:
        return f"no {command[0]} on PATH"
    except subprocess.TimeoutExpired:
        return "the container engine does not answer"
    if asked.returncode:
        return f"no container engine answers: {' '.join(asked.stderr.split())}"
    return None


BACK_ENDS = {
    back_end.name: back_end
    for back_end in (
        BackEnd("embedded", "SQLite + embedded Redis", "sqlite", "embedded"),
        BackEnd("server", "SQLite + redis-server", "sqlite", "server", no_server_program),
        BackEnd("containers", "MySQL + Redis in containers", "mysql", "container", no_engine, True),
    )
}


def stages(root: Path, back_ends: Sequence[BackEnd]) -> list[Stage]:
    """Return every stage over the folders that there are under `root`."""
    return [*_checks(root), *_infrastructure(), *_tests(root), *_tests_on(root, back_ends)]


def _checks(root: Path) -> list[Stage]:
    return [
        Stage("formatting", [("ruff", "format", "--check", ".")]),
        Stage("lint", [("ruff", "check", ".")]),
        Stage("types", _types(root)),
        Stage("import rules", [("lint-imports", "--no-logo")]),
        Stage("locks", [(sys.executable, "-m", "rates_dev", "lock", "--check")]),
    ]


def _types(root: Path) -> list[Command]:
    """mypy for the sources, then per folder of tests: their conftest modules share a name."""
    homes = members(root)
    sources = [member / "src" for member in homes if (member / "src").is_dir()]
    tests = [member / "tests" for member in homes] + [root / "tests"]
    others = [root / "services/conftest.py", root / "bench", root / "examples"]
    runs = [
        sources,
        *([folder] for folder in tests if any(folder.rglob("*.py"))),
        *([path] for path in others if path.exists()),
    ]
    return [("mypy", *(str(path.relative_to(root)) for path in paths)) for paths in runs if paths]


def no_browser() -> str | None:
    """Say why no page can be opened, none if one can."""
    return None if chromium.program() else "no chromium on PATH"


def _infrastructure() -> list[Stage]:
    """What is under deploy/terraform: insecure things, each part by itself, the parts together."""
    others = [f"--ignore={file}" for file in (SCAN, CONFIGURATIONS)]
    return [
        _pytest("terraform scan", [SCAN], background=True),
        _pytest("terraform", [CONFIGURATIONS, *TWO_AT_A_TIME], background=True),
        _pytest("infrastructure", ["tests/terraform", *others], background=True),
    ]


def _tests(root: Path) -> list[Stage]:
    folders = [name for name in ("libs", "services", "tools", "bench") if (root / name).is_dir()]
    without = [f"--ignore={path}" for path in _integration(root)]
    return [
        _pytest("dev", ["tests/dev", *PARALLEL], background=True),
        _pytest("unit", [*folders, *without, *PARALLEL]),
        _pytest("contract", ["tests/contract", *PARALLEL]),
        _pytest("examples", ["tests/examples", *PARALLEL]),
        _pytest("simulation", ["tests/simulation", *PARALLEL]),
        _pytest("page", ["tests/browser", *PARALLEL], missing=no_browser()),
        _pytest("guides", ["tests/guides"]),
    ]


def _tests_on(root: Path, back_ends: Sequence[BackEnd]) -> Iterable[Stage]:
    contained = [back_end for back_end in back_ends if back_end.contained]
    for number, back_end in enumerate(back_ends):
        new = _not_shown_by(back_ends[:number], back_end)
        yield _pytest("integration", [*_integration(root), *new, *PARALLEL], back_end)
    for back_end in contained:
        yield _pytest("containers", ["tests/containers"], back_end)
    for back_end in back_ends:
        parallel = TWO_AT_A_TIME if back_end.contained else PARALLEL
        yield _pytest("end to end", ["tests/e2e", f"--ignore={UNDER_LOAD}", *parallel], back_end)
    for back_end in contained:
        yield _pytest("under load", [UNDER_LOAD], back_end, exclusive=True)


def _not_shown_by(before: Sequence[BackEnd], back_end: BackEnd) -> list[str]:
    """Choose the tests on a store that none of the back ends `before` had."""
    if not before:
        return []
    same_database = any(other.database == back_end.database for other in before)
    return ["-m", "redis and not process" if same_database else "not process"]


def _pytest(
    name: str, arguments: Sequence[str], back_end: BackEnd | None = None, **how: Any
) -> Stage:
    command = (sys.executable, "-m", "pytest", "--quiet", *arguments)
    environ = back_end.environ if back_end else {}
    return Stage(name, [command], back_end, tests=True, environ=environ, **how)


def _integration(root: Path) -> list[str]:
    folders = (root / "services").glob("*/tests/integration")
    return sorted(str(path.relative_to(root)) for path in folders)
