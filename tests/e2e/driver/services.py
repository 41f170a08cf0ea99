"""rates-sync and rates-api: their processes, how they reach Redis, and what they say."""

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from driver.answers import Answer, Connection, Unreachable, validate
from driver.crash import Point, arm
from driver.load import Load
from driver.metrics import Metrics
from driver.processes import Process
from driver.workers import connections_to_each_worker

OPERATOR_TOKEN = "development-operator-token"
"""That of deploy/compose/secrets."""


class Connectivity(Protocol):
    """How one service reaches what it depends on."""

    def cut(self) -> None:
        """Let nothing through."""
        ...

    def hang(self) -> None:
        """Let connections stand and be made, and nothing be answered."""
        ...

    def restore(self) -> None:
        """Be as always again."""
        ...


class Instance:
    """What each instance of a service is: a process that can be asked."""

    def __init__(self, process: Process) -> None:
        self.process = process

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

    def ready(self) -> bool:
        """Tell whether it says that it is ready."""
        return self._ask("public", "GET", "/readyz").status == 200

    def _ask(
        self,
        port: str,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float = 5,
    ) -> Answer:
        with Connection(self.process.port(port), timeout) as connection:
            return connection.ask(method, path, headers, body)


class Sync(Instance):
    """One instance of rates-sync; its one port is for people."""

    def __init__(self, process: Process, redis: Connectivity, crash: Path) -> None:
        super().__init__(process)
        self.redis = redis
        self._crash = crash

    def health(self) -> Answer:
        """Return what it says of itself and its dependencies."""
        return self._ask("public", "GET", "/health")

    def metrics(self) -> Metrics:
        """Return its metrics."""
        return Metrics(self._ask("public", "GET", "/metrics").text)

    def leads(self) -> bool:
        """Tell whether it holds the lease, as far as it can be asked."""
        try:
            return self.metrics().value("rates_sync_leader") == 1
        except Unreachable:
            return False

    def poll(self) -> Answer:
        """Have it ask Banxico now, as an operator would."""
        return self.operate("sync", {})

    def operate(
        self, action: str, body: Mapping[str, str | bool], *, patience: float = 20
    ) -> Answer:
        """Run an operator's action, who hangs up when nothing comes for `patience` seconds."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {OPERATOR_TOKEN}"}
        encoded = json.dumps(body).encode()
        return self._ask("public", "POST", f"/internal/v1/{action}", headers, encoded, patience)

    def die_at(self, point: Point) -> None:
        """Have it die once, the next time it comes to `point`."""
        arm(self._crash, point)


class ApiInstance(Instance):
    """One instance of rates-api with its workers."""

    def __init__(self, process: Process, workers: int) -> None:
        super().__init__(process)
        self._workers = workers

    def get(self, path: str) -> Answer:
        """Get `path` from whichever worker."""
        return self._ask("public", "GET", path)

    def metrics(self) -> Metrics:
        """Return the metrics of the whole instance."""
        return Metrics(self._ask("admin", "GET", "/metrics").text)

    def kept_connection(self) -> Connection:
        """Return a connection for several requests."""
        return Connection(self.process.port("public"))

    @contextlib.contextmanager
    def each_worker(self) -> Iterator[list[Connection]]:
        """Yield a connection to each worker."""
        port, pid = self.process.port("public"), self.process.pid
        with connections_to_each_worker(port, pid, self._workers) as connections:
            yield connections


class Api:
    """All instances of rates-api, behind the `front` that clients ask."""

    def __init__(
        self, front: Process, instances: Sequence[ApiInstance], redis: Connectivity
    ) -> None:
        self._front = front
        self.instances = instances
        self.redis = redis
        self.said = "nothing"

    def start(self) -> None:
        """Start every instance, without waiting."""
        for instance in self.instances:
            instance.start()

    def kill(self) -> None:
        """End every instance at once."""
        for instance in self.instances:
            instance.kill()

    def ready(self) -> bool:
        """Tell whether every instance says that it is ready."""
        return all(instance.ready() for instance in self.instances)

    def every_worker_ready(self) -> bool:
        """Tell whether each worker says that it is ready: one learns of the others in a second."""
        return all(answer.status == 200 for answer in self.every_worker("/readyz"))

    def get(self, path: str, **headers: str) -> Answer:
        """Get `path`; the answer agrees with the OpenAPI golden."""
        return self.ask("GET", path, **headers)

    def ask(self, method: str, path: str, **headers: str) -> Answer:
        """Ask; the answer agrees with the OpenAPI golden. `if_none_match` names a header."""
        with Connection(self._front.port("public")) as connection:
            answer = connection.ask(method, path, _named(headers))
        self.said = f"{answer.status} {answer.text[:1000]}"
        if _is_of_the_balancer(answer):
            raise Unreachable(f"{method} {path}: no instance is in rotation")
        validate(answer)
        return answer

    def every_instance(self, path: str) -> list[Answer]:
        """Return the answer of one worker of each instance."""
        return _validated([instance.get(path) for instance in self.instances])

    def every_worker(self, path: str, **headers: str) -> list[Answer]:
        """Return the answer of each worker of each instance."""
        answers = []
        for instance in self.instances:
            with instance.each_worker() as connections:
                answers += [each.ask("GET", path, _named(headers)) for each in connections]
        return _validated(answers)

    def load(self, *paths: str, per_second: int = 100) -> Load:
        """Ask for `paths` in turn, from several clients, for as long as the block lasts."""
        return Load(self.port, paths, per_second)

    @property
    def port(self) -> int:
        """Return the port of the front."""
        return self._front.port("public")


def _is_of_the_balancer(answer: Answer) -> bool:
    """Tell its own 503 from one of rates-api, which names the request and speaks JSON."""
    return answer.status == 503 and "json" not in answer.headers.get("content-type", "")


def _validated(answers: list[Answer]) -> list[Answer]:
    for answer in answers:
        validate(answer)
    return answers


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
