"""The golden as two linters of the trade see it: Spectral and Redocly."""

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from support.openapi_examples import GOLDEN
from support.toolbox import NODE, node_modules

TOOLS = Path(__file__).parent / "openapi_tools"
LOCKS = sorted(Path(__file__).parents[1].glob("*/*/package-lock.json"))
# Redocly would tell its maker, and ask for a newer version.
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}

pytestmark = pytest.mark.contract


def assert_clean(program: str, arguments: Sequence[str | Path]) -> None:
    """Assert that a linter ends with success."""
    command = [NODE, node_modules(TOOLS) / program, "lint", GOLDEN.resolve(), *arguments]
    environ = {**os.environ, **QUIET}
    done = subprocess.run(
        command, cwd=TOOLS, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_spectral_finds_nothing() -> None:
    """Neither an error nor a warning: each operation has a tag and a description, for example."""
    options: list[str | Path] = ["--ruleset", TOOLS / "spectral.yaml", "--fail-severity", "warn"]
    assert_clean("@stoplight/spectral-cli/dist/index.js", options)


def test_redocly_finds_no_error() -> None:
    """Of its recommended rules one is off, for the reason beside it."""
    assert_clean("@redocly/cli/bin/cli.js", ["--config", TOOLS / "redocly.yaml"])


@pytest.mark.parametrize("lock_file", LOCKS, ids=lambda path: path.parent.name)
def test_the_lock_of_node_packages_has_hashes_and_no_address(lock_file: Path) -> None:
    """Like the locks of the Python packages: where they come from is the machine's business."""
    text = lock_file.read_text(encoding="utf-8")
    assert "://" not in text, "npm names where to give money, too: leave `funding` out"
    lock = json.loads(text)
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert packages
    assert [name for name, package in packages.items() if "resolved" in package] == []
    hashed = {n for n, package in packages.items() if package["integrity"].startswith("sha512-")}
    assert hashed == packages.keys()
