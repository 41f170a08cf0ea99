"""`python -m rates_dev.suite.scan_terraform`: the stage "terraform scan".

checkov looks for what is insecure in `deploy/terraform`; an exception is argued in place, beside
the resource. It has an environment of its own, from a lock of its own: what it pins would hold
back everything else.
"""

import os
import subprocess
import sys
from pathlib import Path

SCAN = Path("deploy/terraform/scan")
CONFIGURATIONS = SCAN.parent


def main() -> None:
    """Make the environment if the lock changed, then scan; exit as checkov does."""
    root = Path.cwd()
    checkov = environment(root) / "bin/checkov"
    # Without this it asks its maker's server for guidelines, and waits where there is none.
    environ = {**os.environ, "BC_SKIP_MAPPING": "TRUE", "LOG_LEVEL": "ERROR"}
    command = [str(checkov), "--config-file", str(SCAN / "checkov.yaml")]
    sys.exit(subprocess.run(command, cwd=root, env=environ, check=False).returncode)


def environment(root: Path) -> Path:
    """Return the scanner's environment, made anew if it is not what the lock says."""
    home, lock = root / SCAN / ".venv", root / SCAN / "requirements.lock"
    marker = home / "installed"
    if marker.is_file() and marker.read_bytes() == lock.read_bytes():
        return home
    uv = str(Path(sys.executable).with_name("uv"))
    python = str(home / "bin/python")
    _must([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(home)])
    _must(
        [uv, "pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", str(lock)]
    )
    marker.write_bytes(lock.read_bytes())
    return home


def _must(command: list[str]) -> None:
    if subprocess.run(command, check=False).returncode:
        sys.exit("the scanner's packages could not be installed: see above")


if __name__ == "__main__":
    main()
