"""`python -m rates_dev.suite.check_terraform`: the stage "terraform".

Each root and each module of `deploy/terraform` is formatted, valid and passes its tests. `tfcheck`
beside the checkout serves providers that no registry is needed for; without it `terraform init`
takes them from the registry.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rates_dev.suite.stages import Command

CONFIGURATIONS = Path("deploy/terraform")
TFCHECK = Path("../shared/terraform/tfcheck")
# Terraform's garbage is collected less often: memory there is, and a sixth of the time went there.
ALWAYS = {"TF_CLI_ARGS": "-no-color", "GOGC": "400"}
# Half of edge's time went to how deep and, or and not may nest in AWS WAF's rules. Ours have none:
# a rule with one is refused as not expected, and then this must be raised.
OFFLINE = {"TFCHECK_WAF_LEVELS": "0"}
# A plan fills a core: more at a time only wait for each other.
AT_A_TIME = 2


@dataclass(frozen=True)
class Check:
    """One run over one folder; `commands` that all must succeed, in turn."""

    folder: Path
    commands: Sequence[Command]
    environ: dict[str, str]


@dataclass(frozen=True)
class Result:
    """How a check ended, and all that was said in it."""

    check: Check
    ok: bool
    seconds: float
    output: str


def main() -> None:
    """Check the folders named on the command line, or all; exit 1 if one fails."""
    root = Path.cwd()
    chosen = [Path(name) for name in sys.argv[1:]] or folders(root)
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(AT_A_TIME) as pool:
        checks = [check(root, folder, Path(scratch)) for folder in chosen]
        results = [_told(result) for result in pool.map(_run, checks)]
    sys.exit(0 if results and all(result.ok for result in results) else 1)


def folders(root: Path) -> list[Path]:
    """Return the folder of every root, which take longest, and of every module."""
    found = sorted(path.parent for path in (root / CONFIGURATIONS).glob("*/versions.tf"))
    found += sorted(path.parent for path in (root / CONFIGURATIONS).glob("modules/*/versions.tf"))
    return [path.relative_to(root) for path in found]


def check(root: Path, folder: Path, scratch: Path) -> Check:
    """Return how `folder` is checked on this machine; `scratch` is for what terraform writes."""
    variables = _variables(root, folder)
    tfcheck = root / TFCHECK
    if tfcheck.is_file():
        return Check(folder, [(str(tfcheck), str(folder), "test", *variables)], OFFLINE)
    terraform = ("terraform", f"-chdir={folder}")
    commands = [
        ("terraform", "fmt", "-check", "-diff", "-recursive", str(folder)),
        (*terraform, "init", "-backend=false", "-input=false"),
        (*terraform, "validate"),
        (*terraform, "test", *variables),
    ]
    return Check(folder, commands, {"TF_DATA_DIR": str(scratch / folder)})


def _variables(root: Path, folder: Path) -> list[str]:
    """A root is tested as production; that staging has the same shape is a test of its own."""
    file = CONFIGURATIONS / "environments/production" / f"{folder.name}.tfvars"
    is_root = folder.parent == CONFIGURATIONS and (root / file).is_file()
    return [f"-var-file={os.path.relpath(file, folder)}"] if is_root else []


def _run(check: Check) -> Result:
    begun = time.monotonic()
    ok, output = True, ""
    for command in check.commands:
        done = subprocess.run(
            command,
            env={**os.environ, **ALWAYS, **check.environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        output += done.stdout
        ok = ok and done.returncode == 0
    return Result(check, ok, time.monotonic() - begun, output)


def _told(result: Result) -> Result:
    """Say how the check ended: a line if it went well, what failed if not."""
    said = "\n".join(_summary(result.output) if result.ok else [result.output])
    print(f"{result.check.folder}: {said} ({result.seconds:.0f} s)", flush=True)  # noqa: T201
    return result


def _summary(output: str) -> Iterator[str]:
    found = [line for line in output.splitlines() if line.startswith(("Success! ", "Failure! "))]
    yield found[-1] if found else "ok"


if __name__ == "__main__":
    main()
