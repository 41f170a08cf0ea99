"""The rivals' environment, `bench/.venv`: made from their lock when it is missing or out of date.

Needs a package index the first time, like `./dev` itself.
"""

import subprocess
import sys
from pathlib import Path

from bench.errors import BenchRefused

HERE = Path(__file__).parent
LOCK = HERE / "requirements.lock"
HOME = HERE.parent / ".venv"
MADE_FROM = HOME / "installed"


def rivals_python() -> Path:
    """Return the rivals' interpreter, installing their packages first where needed.

    Raises `BenchRefused` if they can't be had.
    """
    python = HOME / "bin" / "python"
    wanted = f"{sys.version}\n{HOME}\n{LOCK.read_text(encoding='utf-8')}"
    if not (MADE_FROM.is_file() and MADE_FROM.read_text(encoding="utf-8") == wanted):
        sys.stderr.write(f"bench: installing the rivals' packages into {HOME}\n")
        _uv("venv", "--clear", "--python", sys.executable, str(HOME))
        _uv("pip", "install", "--python", str(python), "--require-hashes", "-r", str(LOCK))
        # Written last, so that an installation that broke off never looks done.
        MADE_FROM.write_text(wanted, encoding="utf-8")
    return python


def _uv(*arguments: str) -> None:
    uv = Path(sys.executable).with_name("uv")
    if subprocess.run([str(uv), "--quiet", *arguments], check=False).returncode:
        raise BenchRefused(f"the rivals' packages could not be installed from {LOCK}: see above")
