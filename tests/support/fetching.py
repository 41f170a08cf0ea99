"""Downloads that fail because this machine reaches nobody: a lack, not a fault of what was asked.

A version that does not exist, a wrong hash, a name that nobody offers are faults, and are not found
here.
"""

import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

UNREACHABLE = re.compile(
    r"(?:"
    # uv
    r"error sending request|the network was disabled"
    # pip
    r"|Failed to establish a new connection"
    # npm
    r"|npm error code (?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|ETIMEDOUT)"
    # terraform: a registry, a mirror in a folder; what Go says of a download that broke off
    r"|could not connect to|could not query provider registry"
    r'|was not found in any of the search locations|(?:Get|Head) "https?'
    r")[^:(-]*"
)


def unreachable(output: str) -> str | None:
    """Return the words of `output` that say so; none if a download failed for another reason.

    Line breaks don't matter: terraform wraps its lines.
    """
    found = UNREACHABLE.search(" ".join(output.split()))
    return found[0].strip() if found else None


def run_or_skip(
    command: Sequence[str], what: str, folder: Path, environ: Mapping[str, str] | None = None
) -> None:
    """Run what downloads `what`; skip the test if nobody can be reached, fail it otherwise."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode and (why := unreachable(done.stdout)):
        pytest.skip(f"{what} can't be had: {why}")
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}"
