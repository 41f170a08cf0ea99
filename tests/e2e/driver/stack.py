"""The containers of one session: compose.yaml as it is shipped, under the override beside here.

`compose` drives them; all of them are created once and removed at the end, with their volume.
"""

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import docker

from driver.containers import ContainerProcess, Way, Ways

ROOT = Path(__file__).parents[3]
FILES = ("compose.yaml", "tests/e2e/compose.yaml")
PREFIX = "rates-e2e-"
"""The project's name ends with the id of the test process: whose process is gone is left over."""

PORTS: Mapping[str, Mapping[str, int]] = {
    "mysql": {"public": 3306},
    "redis": {"public": 6379},
    "banxico": {"public": 8002},
    "rates-sync": {"public": 8001},
    "rates-api": {"public": 8000, "admin": 8010},
    "edge": {"public": 8000},
}
"""Where they listen inside."""


class Stack:
    """All containers, created and not started; `directory` is mounted into those of ours."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.project = f"{PREFIX}{os.getpid()}"
        self._engine = docker.from_env()
        self._processes: dict[str, ContainerProcess] = {}

    @property
    def environ(self) -> dict[str, str]:
        """Return what makes `docker compose` speak of these containers, wherever it is called."""
        return {
            **os.environ,
            "COMPOSE_PROJECT_NAME": self.project,
            "COMPOSE_FILE": os.pathsep.join(str(ROOT / file) for file in FILES),
            "E2E_DIRECTORY": str(self.directory),
        }

    def process(self, service: str, number: int = 1, name: str | None = None) -> ContainerProcess:
        """Return a container as a process."""
        container = f"{self.project}-{service}-{number}"
        if container not in self._processes:
            made = ContainerProcess(self._engine, name or service, container, PORTS[service])
            self._processes[container] = made
        return self._processes[container]

    def way(self, service: str, server: ContainerProcess) -> Way:
        """Return how a service (`sync`, `api`) reaches a server."""
        network = f"{self.project}_{server.name}-{service}"
        return Way(self._engine, network, server, alias=server.name)

    def data_networks(self, process: ContainerProcess, service: str) -> Ways:
        """Return how this one instance of a service (`sync`, `api`) reaches both servers."""
        networks = [f"{self.project}_{server}-{service}" for server in ("mysql", "redis")]
        alias = f"rates-{service}"
        return Ways([Way(self._engine, network, process, alias) for network in networks])

    def renew(self, process: ContainerProcess) -> None:
        """Remove a container that has ended, and create another in its place and of its name."""
        service = process.container.removeprefix(f"{self.project}-").rpartition("-")[0]
        self._engine.containers.get(process.container).remove()
        before = self._containers(service)
        self.compose("up", "--no-start", "--no-deps", "--no-recreate", service)
        (created,) = self._containers(service) - before
        container = self._engine.containers.get(created)
        # Compose counts on from the highest number that is left, which may be the one it had.
        if container.name != process.container:
            container.rename(process.container)

    def _containers(self, service: str) -> set[str]:
        project = f"com.docker.compose.project={self.project}"
        labels = {"label": [project, f"com.docker.compose.service={service}"]}
        return {
            str(container.id)
            for container in self._engine.containers.list(all=True, filters=labels)
        }

    def shell(self, block: str) -> None:
        """Run shell commands beside our files, where `docker compose` speaks of our containers."""
        _run(["bash", "-euo", "pipefail", "-c", block], self.environ, self.directory)
        for process in self._processes.values():
            process.forget()

    def compose(self, *arguments: str) -> None:
        """Run `docker compose`; its output is shown where it fails."""
        _run(["docker", "compose", *arguments], self.environ)


@contextlib.contextmanager
def stack(directory: Path) -> Iterator[Stack]:
    """Yield the containers of this session; remove them afterwards, and what others left."""
    # The services run as somebody else, and remove what made them die.
    directory.chmod(0o777)
    _remove_left_over()
    created = Stack(directory)
    try:
        created.compose("up", "--no-start", "--build", "--quiet-pull")
        yield created
    finally:
        created.compose("down", "--volumes", "--timeout", "0")


def _remove_left_over() -> None:
    listed = _run(["docker", "compose", "ls", "--all", "--format", "json"], os.environ)
    for name in (project["Name"] for project in json.loads(listed)):
        owner = name.removeprefix(PREFIX)
        if owner != name and not _lives(int(owner)):
            _run(["docker", "compose", "-p", name, "down", "--volumes", "-t", "0"], os.environ)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _run(command: list[str], environ: Mapping[str, str], directory: Path = ROOT) -> str:
    done = subprocess.run(
        command, cwd=directory, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout
