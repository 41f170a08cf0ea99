"""The container engine as these tests use it: the `docker` command, nothing of its library."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]

MEMBERS = {
    "rates-sync": "services/rates-sync",
    "rates-api": "services/rates-api",
    "banxico-simulator": "tools/banxico-simulator",
}
"""Who becomes an image, and the folder of each."""

REVISION = "0123456789abcdef0123456789abcdef01234567"
"""The commit that the images under test say they are of."""

Images = dict[str, str]
"""The tag of each image."""

PATIENCE = 300
"""Seconds for one command; a first build installs every package."""


def docker(
    *arguments: str, environ: Mapping[str, str] | None = None, folder: Path = ROOT, stdin: str = ""
) -> str:
    """Run `docker ARGUMENTS` and return what it prints; an error fails the test with its words."""
    done = attempt(*arguments, environ=environ, folder=folder, stdin=stdin)
    assert done.returncode == 0, f"docker {' '.join(arguments)}\n{done.stdout}{done.stderr}"
    return done.stdout


def attempt(
    *arguments: str, environ: Mapping[str, str] | None = None, folder: Path = ROOT, stdin: str = ""
) -> "subprocess.CompletedProcess[str]":
    """Run `docker ARGUMENTS`, whatever comes of it."""
    return subprocess.run(
        ["docker", *arguments],
        cwd=folder,
        env={**os.environ, **(environ or {})},
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


def build(folder: Path, member: str, tag: str, *arguments: str) -> str:
    """Build the image of `member` out of `folder` as `tag`; return its id."""
    image = os.environ.get("PYTHON_IMAGE", "python:3.13-slim")
    options = ["--build-arg", f"PYTHON_IMAGE={image}", *arguments]
    docker(
        "build",
        "--quiet",
        "--file",
        f"{member}/Dockerfile",
        "--tag",
        tag,
        *options,
        ".",
        folder=folder,
    )
    return inspect(tag, "{{.Id}}")


def inspect(name: str, form: str) -> str:
    """Return what `docker inspect` says of an image, a container or a network."""
    return docker("inspect", "--format", form, name).strip()


def until(true: Callable[[], bool], seconds: float) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not so within {seconds} s"
        time.sleep(0.1)


class Stack:
    """One platform of `compose.yaml`, under a name and a port of its own."""

    def __init__(self, name: str, environ: Mapping[str, str]) -> None:
        self.name = name
        self._environ = {**environ, "COMPOSE_PROJECT_NAME": name}

    def compose(self, *arguments: str, stdin: str = "") -> str:
        """Run `docker compose ARGUMENTS` on it."""
        return docker("compose", *arguments, environ=self._environ, stdin=stdin)

    def containers(self, service: str) -> list[str]:
        """Return the containers of a service, running or not."""
        return self.compose("ps", "--all", "--quiet", service).split()

    def run_inside(self, service: str, *command: str, stdin: str = "") -> str:
        """Run a command in the first container of a service."""
        return self.compose("exec", "-T", service, *command, stdin=stdin)

    def beside(self, network: str, *python: str) -> Sequence[str]:
        """Return the arguments that run a Python program in a container on a network of it."""
        where = ["--network", f"{self.name}_{network}", "--entrypoint", "python"]
        return ["run", "--rm", "--interactive", *where, self._environ["RATES_API_IMAGE"], *python]
