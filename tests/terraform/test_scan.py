"""Insecure things in `deploy/terraform`, as checkov sees them; exceptions are argued in place.

It has an environment of its own, from a lock of its own: what it pins would hold back everything
else.
"""

import os
import subprocess
import sys
from pathlib import Path

from support.fetching import run_or_skip
from support.terraform import CONFIGURATIONS, ROOT

SCAN = ROOT / CONFIGURATIONS / "scan"
# Without this it asks its maker's server for guidelines, and waits where there is none.
OFFLINE = {"BC_SKIP_MAPPING": "TRUE", "LOG_LEVEL": "ERROR"}


def scanner() -> Path:
    """Return checkov, its environment made anew if it is not what the lock says."""
    home, lock = SCAN / ".venv", SCAN / "requirements.lock"
    marker = home / "installed"
    if not (marker.is_file() and marker.read_bytes() == lock.read_bytes()):
        uv, python = str(Path(sys.executable).with_name("uv")), str(home / "bin/python")
        venv = [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(home)]
        install = [uv, "pip", "install", "--quiet", "--python", python, "--require-hashes"]
        for command in (venv, [*install, "-r", str(lock)]):
            run_or_skip(command, "the scanner's packages", ROOT)
        # Written last, so that an installation that broke off never looks done.
        marker.write_bytes(lock.read_bytes())
    return home / "bin/checkov"


def test_nothing_is_insecure() -> None:
    """checkov finds nothing that is not argued beside the resource."""
    done = subprocess.run(
        [scanner(), "--config-file", SCAN / "checkov.yaml"],
        cwd=ROOT,
        env={**os.environ, **OFFLINE},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
