"""rates-sync and rates-api as processes of this machine, each with its own link to Redis."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from driver.answers import Answer, Connection, validate
from driver.crash import IN_PROCESS, Point, arm
from driver.links import Link, TripWire, Way
from driver.load import Load
from driver.metrics import Metrics
from driver.processes import OwnedProcess
from driver.workers import connections_to_each_worker

OPERATOR_TOKEN = "operator-of-the-scenarios"

TRIP_WIRES: dict[Point, tuple[Literal["banxico", "redis"], bytes, Way]] = {
    "requested": ("banxico", b"GET /", "there"),
    "answered": ("banxico", b"GET /", "back"),
    "before_exec": ("redis", b"EXEC\r\n", "there"),
    "executed": ("redis", b"EXEC\r\n", "back"),
}


class _Service:
    """What both services have: a process, a link to Redis, health and metrics."""

    def __init__(
        self, role: str, name: str, directory: Path, environ: Mapping[str, str], redis: Link
    ) -> None:
        command = [sys.executable, "-m", "driver.launch", role]
        self.process = OwnedProcess(name, command, environ, directory / f"{name}.log")
        self.redis = redis

    def start(self) -> None:
        """Start it, without waiting."""
        self.process.start()

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()

    def stop(self) -> int:
        """Ask it to end and return its exit code."""
        return self.process.stop()

    def ask_to_stop(self) -> None:
        """Ask it to end, without waiting."""
        self.process.ask_to_stop()

    def wait(self) -> int:
        """Wait for its end and return its exit code."""
        return self.process.wait()

    def pause(self) -> None:
        """Stop it where it stands."""
        self.process.pause()

    def resume(self) -> None:
        """Let it go on."""
        self.process.resume()

    @property
    def alive(self) -> bool:
        """Tell whether it runs."""
        return self.process.alive

    def close(self) -> None:
        """End whatever is left of it."""
        self.process.end()


class NativeSync(_Service):
    """One instance of rates-sync."""

    def __init__(
        self,
        name: str,
        directory: Path,
        environ: Mapping[str, str],
        links: tuple[Link, Link],
        port: int,
    ) -> None:
        self._crash = directory / f"{name}.crash"
        self._port = port
        redis, self.banxico = links
        environ = {**environ, "E2E_CRASH": str(self._crash)}
        super().__init__("sync", name, directory, environ, redis)

    def ready(self) -> bool:
        """Tell whether it says that it is ready."""
        return self._ask("GET", "/readyz").status == 200

    def health(self) -> Answer:
        """Return what it says of itself and its dependencies."""
        return self._ask("GET", "/health")

    def metrics(self) -> Metrics:
        """Return its metrics."""
        return Metrics(self._ask("GET", "/metrics").text)

    def leads(self) -> bool:
        """Tell whether it holds the lease."""
        return self.metrics().value("rates_sync_leader") == 1

    def poll(self) -> Answer:
        """Have it ask Banxico now, as an operator would."""
        return self.operate("sync", {})

    def operate(
        self, action: str, body: dict[str, Any], token: str | None = OPERATOR_TOKEN
    ) -> Answer:
        """Call an operator action."""
        headers = {"Content-Type": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        with Connection(self._port, timeout=20) as connection:
            path = f"/internal/v1/{action}"
            return connection.ask("POST", path, headers, json.dumps(body).encode())

    def die_at(self, point: Point) -> None:
        """Have it die once, the next time it comes to `point`."""
        if point in IN_PROCESS:
            arm(self._crash, point)
            return
        link, needle, way = TRIP_WIRES[point]
        wire = TripWire(needle, way, self.process.signal_kill)
        (self.banxico if link == "banxico" else self.redis).trip(wire)

    def _ask(self, method: str, path: str) -> Answer:
        with Connection(self._port) as connection:
            return connection.ask(method, path)


class NativeApi(_Service):
    """One instance of rates-api with its workers."""

    def __init__(
        self, directory: Path, environ: Mapping[str, str], redis: Link, port: int, admin: int
    ) -> None:
        super().__init__("api", "api", directory, environ, redis)
        self._port, self._admin = port, admin
        self._workers = int(environ["RATES_API_WORKERS"])
        self.said = "nothing"

    def ready(self) -> bool:
        """Tell whether it says that it is ready."""
        return self.get("/readyz").status == 200

    def health(self) -> Answer:
        """Return what it says of itself and its dependencies."""
        return self.get("/health")

    def metrics(self) -> Metrics:
        """Return the metrics of the whole instance."""
        with Connection(self._admin) as connection:
            return Metrics(connection.ask("GET", "/metrics").text)

    def get(self, path: str, **headers: str) -> Answer:
        """Get `path`; the answer agrees with the OpenAPI golden."""
        return self.ask("GET", path, **headers)

    def ask(self, method: str, path: str, **headers: str) -> Answer:
        """Ask; the answer agrees with the OpenAPI golden. `if_none_match` names a header."""
        with Connection(self._port) as connection:
            answer = connection.ask(method, path, _named(headers))
        self.said = f"{answer.status} {answer.text[:1000]}"
        validate(answer)
        return answer

    def kept_connection(self) -> Connection:
        """Return a connection for several requests."""
        return Connection(self._port)

    def every_worker(self, path: str, **headers: str) -> list[Answer]:
        """Return the answer of each worker of the instance."""
        with connections_to_each_worker(self._port, self.process.pid, self._workers) as each:
            answers = [connection.ask("GET", path, _named(headers)) for connection in each]
        for answer in answers:
            validate(answer)
        return answers

    def load(self, *paths: str) -> Load:
        """Ask for `paths` in turn, from several clients, for as long as the block lasts."""
        return Load(self._port, paths)


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
