"""Terraform as tests run it: by itself, or through `tfcheck`, which reaches no registry.

`TFCHECK` names that program; by default it is looked for beside the checkout.
"""

import os
import subprocess
from pathlib import Path

import pytest

from support.fetching import run_or_skip
from support.programs import require

ROOT = Path(__file__).parents[2]
CONFIGURATIONS = Path("deploy/terraform")
TFCHECK = Path(os.environ.get("TFCHECK", ROOT.parent / "shared" / "terraform" / "tfcheck"))
SETTINGS = {
    "TF_CLI_ARGS": "-no-color",
    # Terraform's garbage is collected less often: memory there is, a sixth of the time went there.
    "GOGC": "400",
    # Half of edge's time went to how deep and, or and not may nest in AWS WAF's rules. Ours have
    # none: a rule with one is refused as not expected, and then this must be raised.
    "TFCHECK_WAF_LEVELS": "0",
}


def tfcheck(*arguments: Path | str) -> str:
    """Return what tfcheck prints; skip where it or terraform is missing, fail where it fails."""
    require("terraform")
    if not TFCHECK.is_file():
        pytest.skip("needs tfcheck, which runs terraform offline (TFCHECK)")
    done = subprocess.run(
        [TFCHECK, *arguments],
        env={**os.environ, **SETTINGS},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def folders(root: Path) -> list[Path]:
    """Return the folder of every root, which take longest, and of every module, below `root`."""
    found = sorted(path.parent for path in (root / CONFIGURATIONS).glob("*/versions.tf"))
    found += sorted(path.parent for path in (root / CONFIGURATIONS).glob("modules/*/versions.tf"))
    return [path.relative_to(root) for path in found]


def check(root: Path, folder: Path, scratch: Path) -> None:
    """Hold a root or module for formatted and valid, and run its own tests.

    Where there is no tfcheck the providers come from their registry, into `scratch`; the test is
    skipped if it can't be reached.
    """
    require("terraform")
    if TFCHECK.is_file():
        tfcheck(root / folder, "test", *_variables(root, folder))
        return
    environ = {**os.environ, **SETTINGS, "TF_DATA_DIR": str(scratch)}
    terraform = ("terraform", f"-chdir={folder}")
    for command in (
        ("terraform", "fmt", "-check", "-diff", "-recursive", str(folder)),
        (*terraform, "init", "-backend=false", "-input=false"),
        (*terraform, "validate"),
        (*terraform, "test", *_variables(root, folder)),
    ):
        run_or_skip(command, "a provider of terraform's", root, environ)


def _variables(root: Path, folder: Path) -> list[str]:
    """A root is tested as production; that staging has the same shape is a test of its own."""
    file = CONFIGURATIONS / "environments/production" / f"{folder.name}.tfvars"
    is_root = folder.parent == CONFIGURATIONS and (root / file).is_file()
    return [f"-var-file={os.path.relpath(file, folder)}"] if is_root else []
