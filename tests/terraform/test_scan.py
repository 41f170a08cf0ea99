"""Insecure things in `deploy/terraform`, as checkov sees them; exceptions are argued in place.

It has an environment of its own, from a lock of its own: what it pins would hold back everything
else.
"""

import os
import subprocess

from support.terraform import CONFIGURATIONS, ROOT
from support.toolbox import python_environment

SCAN = ROOT / CONFIGURATIONS / "scan"
# Without this it asks its maker's server for guidelines, and waits where there is none.
OFFLINE = {"BC_SKIP_MAPPING": "TRUE", "LOG_LEVEL": "ERROR"}


def test_nothing_is_insecure() -> None:
    """checkov finds nothing that is not argued beside the resource."""
    done = subprocess.run(
        [python_environment(SCAN) / "checkov", "--config-file", SCAN / "checkov.yaml"],
        cwd=ROOT,
        env={**os.environ, **OFFLINE},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
