"""The test runner: what it runs where, how it reads the results, and its table."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from rates_dev import suite
from rates_dev.errors import Refused
from rates_dev.stages import BACK_ENDS, BackEnd, Stage, no_engine, stages

CHECKOUT = Path(__file__).parents[3]

TESTS = """
import os, pytest
def test_passes(): assert os.environ["RATES_TEST_REDIS"] == "embedded"
def test_left_out(): pytest.skip("no engine")
def test_fails(): assert "RATES_API_PORT" in os.environ
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with scenarios only: one passes, one is left out, one fails."""
    (tmp_path / "tests/e2e").mkdir(parents=True)
    (tmp_path / "tests/e2e/test_it.py").write_text(TESTS)
    return tmp_path


def run(
    root: Path, *, strict: bool = False, only: Sequence[str] = ("end to end",)
) -> tuple[bool, str]:
    said: list[str] = []
    environ = {"PATH": "", "RATES_API_PORT": "1"}
    done = suite.run(root, environ, said.append, strict=strict, only=only, on=["embedded"])
    return done, said[-1]


def test_results_are_read_from_pytest(checkout: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Counts, omissions and the failure are in the table; pytest's own lines were shown."""
    done, said = run(checkout)
    assert not done
    [row] = [line for line in said.splitlines() if line.startswith("end to end")]
    assert row.split()[-5:-1] == ["FAILED", "1", "1", "1"]
    assert "end to end on SQLite + embedded Redis: test_left_out: " in said
    assert "no engine" in said
    assert "FAILED: end to end on SQLite + embedded Redis" in said
    assert "1 failed, 1 passed, 1 skipped" in capfd.readouterr().out


def test_an_omission_fails_only_when_strict(checkout: Path) -> None:
    """What could not run is listed, and is a failure only with --strict."""
    tests = checkout / "tests/e2e/test_it.py"
    tests.write_text(tests.read_text().partition("def test_fails")[0])
    assert run(checkout)[0]
    done, said = run(checkout, strict=True)
    assert not done
    assert "--strict" in said


def test_a_stage_without_tests_fails(checkout: Path) -> None:
    """A folder that lost its tests does not pass for tested."""
    (checkout / "tests/e2e/test_it.py").write_text("")
    assert not run(checkout)[0]


def test_an_unknown_stage_is_refused(checkout: Path) -> None:
    """A misspelt stage must not pass as nothing to do."""
    with pytest.raises(Refused, match="no stage e2e; there are formatting"):
        run(checkout, only=["e2e"])


def test_a_stage_that_can_run_none_of_its_tests_is_left_out(checkout: Path) -> None:
    """It neither passed nor failed, and a reason that all tests share is said once."""
    test = (
        "import pytest\n@pytest.mark.parametrize('n', [1, 2])\ndef test_it(n): pytest.skip('no x')"
    )
    (checkout / "tests/e2e/test_it.py").write_text(test)
    done, said = run(checkout)
    [row] = [line for line in said.splitlines() if line.startswith("end to end")]
    assert done
    assert row.split()[-4:-1] == ["left", "out", "all"]
    assert "  end to end on SQLite + embedded Redis: 2 tests: no x" in said.splitlines()
    assert not run(checkout, strict=True)[0]


def test_a_back_end_that_is_missing_is_left_out_with_its_reason(tmp_path: Path) -> None:
    """Without a redis-server or an engine nothing of the stage is started or counts as run."""
    back_end = BackEnd("none", "Nothing", "mysql", "container", lack=lambda: "no engine")
    [stage] = suite.lacking([Stage("integration", [("no-such-program",)], back_end, tests=True)])
    outcome = suite.run_stage(stage, tmp_path, {})
    assert "integration on Nothing: no engine" in suite.table([outcome], strict=True)
    assert not suite.succeeded([outcome], strict=True)
    assert suite.succeeded([outcome], strict=False)


def test_a_back_end_that_is_not_asked_for_is_not_looked_for() -> None:
    """`--only lint` does not wait for an engine."""
    looked: list[str] = []
    back_end = BackEnd("none", "Nothing", "mysql", "container", lack=lambda: looked.append("!"))
    every = [Stage("lint", []), Stage("integration", [], back_end)]
    suite.lacking(suite.chosen(every, ["lint"]))
    assert not looked


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (("no-such-engine", "version"), "no no-such-engine on PATH"),
        (("sh", "-c", "echo refused >&2; exit 1"), "no container engine answers: refused"),
        (("true",), None),
    ],
)
def test_an_engine_is_one_that_answers(command: tuple[str, ...], reason: str | None) -> None:
    """A client without a server behind it is no engine."""
    assert no_engine(command) == reason


def test_all_stages_run_past_a_failing_one(tmp_path: Path) -> None:
    """Every command of a stage runs, and one failure among them is the stage's."""
    python = (sys.executable, "-c")
    later = (*python, "open('ran', 'w')")
    stage = Stage("lint", [(*python, "raise SystemExit(2)"), later])
    result = suite.run_stage(stage, tmp_path, {})
    assert not result.ok
    assert (tmp_path / "ran").exists()


def test_each_back_end_gets_its_rows() -> None:
    """Integration and scenarios run once per back end, named by the environment."""
    rows = [stage for stage in stages(CHECKOUT, list(BACK_ENDS.values())) if stage.back_end]
    rows_run = [
        (stage.name, stage.environ["RATES_TEST_DATABASE"], stage.environ["RATES_TEST_REDIS"])
        for stage in rows
    ]
    assert rows_run == [
        ("integration", "sqlite", "embedded"),
        ("integration", "sqlite", "server"),
        ("integration", "mysql", "container"),
        ("containers", "mysql", "container"),
        ("end to end", "sqlite", "embedded"),
        ("end to end", "sqlite", "server"),
        ("end to end", "mysql", "container"),
        ("under load", "mysql", "container"),
    ]


def test_a_back_end_is_spared_what_those_before_it_have_shown() -> None:
    """The second differs by its Redis alone, the third by both; processes are the same over all."""
    every = stages(CHECKOUT, list(BACK_ENDS.values()))
    chosen = [_markers(stage.commands[0]) for stage in every if stage.name == "integration"]
    assert chosen == [None, "redis and not process", "not process"]


@pytest.mark.parametrize("name", BACK_ENDS)
def test_a_back_end_by_itself_is_spared_nothing(name: str) -> None:
    """`--on server` runs all integration tests, since no other back end has shown them."""
    (stage,) = (
        stage for stage in stages(CHECKOUT, [BACK_ENDS[name]]) if stage.name == "integration"
    )
    assert _markers(stage.commands[0]) is None


def _markers(command: Sequence[str]) -> str | None:
    """Return what a command of pytest chooses tests by, None where it runs all."""
    options = command[command.index("pytest") :]
    return options[options.index("-m") + 1] if "-m" in options else None


def test_scenarios_under_load_run_alone_and_last() -> None:
    """Scenarios run side by side; those that measure are no part of them."""
    every = stages(CHECKOUT, list(BACK_ENDS.values()))
    scenarios = [stage for stage in every if stage.name == "end to end"]
    assert all("-n" in stage.commands[0] for stage in scenarios)
    assert all("--ignore=tests/e2e/under_load" in stage.commands[0] for stage in scenarios)
    assert every[-1].commands[0][-1] == "tests/e2e/under_load"


def test_no_test_of_the_checkout_is_outside_the_stages() -> None:
    """Every folder of tests belongs to a stage, so that none is forgotten."""
    folders = {path.parent.name for path in (CHECKOUT / "tests").glob("*/test_*.py")}
    staged = {"browser", "contract", "containers", "dev", "e2e", "examples", "guides"}
    assert folders <= {*staged, "simulation", "terraform"}
    assert not list((CHECKOUT / "tests").glob("*.py"))


def test_a_background_stage_runs_with_the_others_and_is_shown_last(tmp_path: Path) -> None:
    """Both run at once, the background at the lowest priority; its output is not lost."""
    meet = (
        "import os, pathlib, sys, time\n"
        "mine, other = map(pathlib.Path, sys.argv[1:])\n"
        "mine.touch()\n"
        "deadline = time.monotonic() + 20\n"
        "while not other.exists():\n"
        "    assert time.monotonic() < deadline, 'alone'\n"
        "print('met at', os.nice(0))\n"
    )
    first, second = str(tmp_path / "first"), str(tmp_path / "second")
    said: list[str] = []
    outcomes = suite.run_stages(
        [
            Stage("background", [(sys.executable, "-c", meet, first, second)], background=True),
            Stage("in turn", [(sys.executable, "-c", meet, second, first)]),
        ],
        tmp_path,
        {"PATH": os.environ["PATH"]},
        said.append,
    )
    assert [(done.stage.name, done.ok) for done in outcomes] == [
        ("background", True),
        ("in turn", True),
    ]
    assert said == ["\n=== in turn", "\n=== background\nmet at 19\n"]


def test_an_exclusive_stage_waits_for_the_background(tmp_path: Path) -> None:
    """What runs beside it would show in its latencies."""
    file = str(tmp_path / "ended")
    touch = (sys.executable, "-c", "import pathlib, sys; pathlib.Path(sys.argv[1]).touch()", file)
    look = (sys.executable, "-c", "import os, sys; assert os.path.exists(sys.argv[1])", file)
    slow = [(sys.executable, "-c", "")] * 8
    outcomes = suite.run_stages(
        [
            Stage("background", [*slow, touch], background=True),
            Stage("exclusive", [look], exclusive=True),
        ],
        tmp_path,
        {"PATH": os.environ["PATH"]},
        lambda _: None,
    )
    assert all(done.ok for done in outcomes)


def test_a_background_stage_alone_is_shown_as_it_runs(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Asked for by itself such a stage is one like any other."""
    said: list[str] = []
    stage = Stage("background", [(sys.executable, "-c", "print('here')")], background=True)
    assert suite.run_stages([stage], tmp_path, {}, said.append)[0].ok
    assert said == ["\n=== background"]
    assert capfd.readouterr().out == "here\n"
