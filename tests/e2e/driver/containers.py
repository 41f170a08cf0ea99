"""A container as a process, and a network as the way from a service to what it depends on."""

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import docker
import docker.errors
from docker.models.containers import Container

from driver.answers import Unreachable

FOOTPRINT = """
import os, pathlib
resident = files = 0
for process in pathlib.Path("/proc").glob("[0-9]*"):
    if int(process.name) == os.getpid():
        continue
    try:
        resident += int((process / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        files += len(os.listdir(process / "fd"))
    except OSError:
        pass
print(resident, files)
"""
"""Sums over all processes but its own."""


class ContainerProcess:
    """A container that can be started again after each end; known by its name alone.

    It may be replaced by another of that name, and its published ports change with each start: they
    are asked for once, until it is started or ended, or somebody else may have done so (`forget`).
    """

    def __init__(
        self, engine: docker.DockerClient, name: str, container: str, ports: Mapping[str, int]
    ) -> None:
        self.name = name
        self.container = container
        self._engine = engine
        self._inside = dict(ports)
        self._published: dict[str, int] = {}

    @property
    def alive(self) -> bool:
        """Tell whether it runs (a paused one does)."""
        return bool(self._state["Running"])

    @property
    def paused(self) -> bool:
        """Tell whether it is frozen."""
        return bool(self._state["Paused"])

    @property
    def pid(self) -> int:
        """Return the id of its first process, as the engine's machine sees it."""
        return int(self._state["Pid"])

    @property
    def exit_code(self) -> int | None:
        """Return how it ended, None while it runs."""
        state = self._state
        return None if state["Running"] else int(state["ExitCode"])

    def port(self, name: str) -> int:
        """Return where its port is published since its last start."""
        if name not in self._published:
            ports = self._found.attrs["NetworkSettings"]["Ports"]
            published = ports.get(f"{self._inside[name]}/tcp")
            if not published:
                raise Unreachable(f"{self.name} does not run")
            self._published[name] = int(published[0]["HostPort"])
        return self._published[name]

    def forget(self) -> None:
        """Forget where its ports are published."""
        self._published.clear()

    def start(self) -> None:
        """Start it, at once and without waiting for it to be ready."""
        self.forget()
        self._found.start()

    def kill(self) -> None:
        """End it at once, without a chance to clean up."""
        self._signal("SIGKILL")
        self.wait()

    def stop(self) -> int:
        """Ask it to end, as a deployment does, and return its exit code."""
        self.ask_to_stop()
        return self.wait()

    def ask_to_stop(self) -> None:
        """Ask it to end without waiting for it."""
        self._signal("SIGTERM")

    def wait(self) -> int:
        """Wait for its end and return its exit code."""
        self.forget()
        return int(self._found.wait(timeout=30)["StatusCode"])

    def pause(self) -> None:
        """Freeze it: it still accepts connections, and answers none."""
        self._found.pause()

    def resume(self) -> None:
        """Let it go on."""
        self._found.unpause()

    def end(self) -> None:
        """End it if it runs."""
        if self.alive:
            self.kill()

    def last_lines(self) -> Iterable[str]:
        """Return the end of its log, for the report of a failed scenario."""
        log: bytes = self._found.logs(tail=60)
        return log.decode(errors="replace").splitlines()

    def footprint(self) -> tuple[int, int]:
        """Return the resident bytes and the open files of all its processes (a Python image)."""
        code, output = self._found.exec_run(["python", "-c", FOOTPRINT])
        assert code == 0, output
        resident, files = output.split()
        return int(resident), int(files)

    def _signal(self, name: str) -> None:
        with contextlib.suppress(docker.errors.APIError):  # it has ended already
            self._found.kill(name)

    @property
    def _found(self) -> Container:
        return self._engine.containers.get(self.container)

    @property
    def _state(self) -> Mapping[str, Any]:
        state: Mapping[str, Any] = self._found.attrs["State"]
        return state


class Way:
    """The network by which one service, and no other, reaches a server by its name."""

    def __init__(
        self, engine: docker.DockerClient, network: str, server: ContainerProcess, alias: str
    ) -> None:
        self._engine, self._network = engine, network
        self._server, self._alias = server, alias

    def cut(self) -> None:
        """Take the server off the network: what is under way gets lost, its name is unknown."""
        self._engine.networks.get(self._network).disconnect(self._server.container, force=True)

    def hang(self) -> None:
        """Freeze the server, for this service and for all others."""
        self._server.pause()

    def restore(self) -> None:
        """Be as always again."""
        if self._server.paused:
            self._server.resume()
        network = self._engine.networks.get(self._network)
        if not self._is_on(network):
            network.connect(self._server.container, aliases=[self._alias])

    def _is_on(self, network: Any) -> bool:
        return any(
            container["Name"] == self._server.container
            for container in network.attrs["Containers"].values()
        )


class Ways:
    """Several ways that are cut and restored together."""

    def __init__(self, ways: Sequence[Way]) -> None:
        self._ways = ways

    def cut(self) -> None:
        """Cut each."""
        for way in self._ways:
            way.cut()

    def hang(self) -> None:
        """Let each hang."""
        for way in self._ways:
            way.hang()

    def restore(self) -> None:
        """Let each be as always again."""
        for way in self._ways:
            way.restore()
