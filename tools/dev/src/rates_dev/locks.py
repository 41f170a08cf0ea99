"""The locks: one for development over all members, one per image that is compiled under it.

A tool whose pins would hold back everything else has a lock by itself (`TOOLS`).

`./dev lock` compiles them, `./dev test` checks them without a network. They hold third-party
packages only, each with hashes and no address: where packages come from is the machine's business.
"""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from rates_dev.errors import Refused

DEV_LOCK = "requirements-dev.lock"
IMAGE_LOCK = "requirements.lock"
# The build backend of every member: images install ours without build isolation.
BUILD_BACKEND = "flit_core"
UV_OPTIONS = (
    *("--universal", "--python-version", "3.11", "--generate-hashes"),
    *("--no-emit-index-url", "--no-header", "--no-annotate", "--quiet"),
)
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>\S+)(?P<marker> ; .+?)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")

# Folders with a requirements.in and its lock, each installed into an environment of its own.
TOOLS = (
    Path("bench/rivals"),
    Path("deploy/terraform/scan"),
    Path("tests/contract/openapi_tools"),
)

Pins = Mapping[str, frozenset[str]]


def members(root: Path) -> list[Path]:
    """Return the folder of every package of ours."""
    folders = ("libs", "services", "tools")
    return sorted(
        path.parent for folder in folders for path in (root / folder).glob("*/pyproject.toml")
    )


def images(root: Path) -> list[Path]:
    """Return the folder of every member that becomes an image: it has a Dockerfile."""
    return [member for member in members(root) if (member / "Dockerfile").is_file()]


def compile_all(root: Path, *, upgrade: bool = False) -> None:
    """Write every lock again, keeping the versions that still fit. Raises `Refused`."""
    newest = ["--upgrade"] if upgrade else []
    projects = [str(member.relative_to(root) / "pyproject.toml") for member in members(root)]
    _compile(root, Path(DEV_LOCK), ["requirements-dev.in", *projects, *newest])
    for image in images(root):
        folder = image.relative_to(root)
        inputs = [str(folder / "pyproject.toml"), "--all-extras", "-", *newest]
        _compile(root, folder / IMAGE_LOCK, [*inputs, "--constraint", DEV_LOCK], BUILD_BACKEND)
    for tool in _tools(root):
        folder = tool.relative_to(root)
        _compile(root, folder / IMAGE_LOCK, [str(folder / "requirements.in"), *newest])


def check(root: Path) -> None:
    """Compare the locks with what is declared, without a network. Raises `Refused`."""
    if found := problems(root):
        raise Refused("\n".join([*found, "./dev lock compiles them again"]))


def problems(root: Path) -> list[str]:
    """Return what is wrong with the locks, a line each; none if `./dev lock` left them so."""
    locks = [root / DEV_LOCK, *(folder / IMAGE_LOCK for folder in (*images(root), *_tools(root)))]
    if missing := [lock for lock in locks if not lock.is_file()]:
        return [f"{lock.name} of {lock.parent.name} is missing" for lock in missing]
    found = [problem for lock in locks for problem in _malformed(lock)]
    for member in members(root):
        found += _unmet(member.name, _declared(member), root / DEV_LOCK, root)
    for image in images(root):
        found += _beside_dev_lock(image / IMAGE_LOCK, pins(root / DEV_LOCK))
        found += _unmet(image.name, _declared(image), image / IMAGE_LOCK, root)
    for tool in _tools(root):
        lines = (tool / "requirements.in").read_text(encoding="utf-8").splitlines()
        asked = [Requirement(line) for line in lines if not line.startswith("#")]
        found += _unmet(tool.name, asked, tool / IMAGE_LOCK, root)
    return found


def pins(lock: Path) -> Pins:
    """Return the pinned versions by canonical name, more than one where markers differ."""
    versions: dict[str, set[str]] = {}
    for line in lock.read_text(encoding="utf-8").splitlines():
        if pin := PIN.match(line):
            versions.setdefault(canonicalize_name(pin["name"]), set()).add(pin["version"])
    return {name: frozenset(pinned) for name, pinned in versions.items()}


def _compile(root: Path, lock: Path, inputs: list[str], extra: str = "") -> None:
    ours = [part for member in members(root) for part in ("--no-emit-package", _name(member))]
    uv = Path(sys.executable).with_name("uv")
    command = [str(uv), "pip", "compile", *UV_OPTIONS, *inputs, *ours, "--output-file", str(lock)]
    done = subprocess.run(command, cwd=root, input=extra, text=True, check=False)
    if done.returncode:
        raise Refused(f"{lock} could not be compiled")


def _malformed(lock: Path) -> Iterator[str]:
    """A line that is neither a pin nor a hash is an address, a path or a loose version."""
    for number, line in enumerate(lock.read_text(encoding="utf-8").splitlines(), 1):
        if not (PIN.match(line) or HASH.match(line)):
            yield f"{lock.parent.name}/{lock.name}:{number}: neither a pin nor a hash: {line}"


def _beside_dev_lock(lock: Path, dev: Pins) -> Iterator[str]:
    for name, versions in pins(lock).items():
        if not versions <= dev.get(name, frozenset()):
            pinned = ", ".join(sorted(versions))
            yield f"{lock.parent.name}/{lock.name}: {name} {pinned} is not the development lock's"


def _unmet(owner: str, asked: Iterable[Requirement], lock: Path, root: Path) -> Iterator[str]:
    """What is asked for must be in the lock: else it was changed without `./dev lock`."""
    pinned, ours = pins(lock), {canonicalize_name(_name(member)) for member in members(root)}
    for requirement in asked:
        name = canonicalize_name(requirement.name)
        met = all(map(requirement.specifier.contains, pinned.get(name, ())))
        if name not in ours and not (met and name in pinned):
            yield f"{lock.parent.name}/{lock.name}: nothing for {owner}'s {requirement}"


def _tools(root: Path) -> list[Path]:
    return [root / tool for tool in TOOLS if (root / tool / "requirements.in").is_file()]


def _declared(member: Path) -> list[Requirement]:
    project = _project(member)
    extras = project.get("optional-dependencies", {}).values()
    lines = [*project.get("dependencies", []), *(line for extra in extras for line in extra)]
    return [Requirement(line) for line in lines]


def _project(member: Path) -> dict[str, Any]:
    text = (member / "pyproject.toml").read_text(encoding="utf-8")
    project: dict[str, Any] = tomllib.loads(text)["project"]
    return project


def _name(member: Path) -> str:
    return str(_project(member)["name"])
