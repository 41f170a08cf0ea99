"""An HTTP answer as a scenario reads it, and the client that holds it against the golden."""

import functools
import gzip
import json
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

GOLDEN = Path(__file__).parents[3] / "docs" / "api" / "openapi-v1.json"


class Unreachable(Exception):
    """The service took no connection, or dropped it before it had answered."""


@dataclass(frozen=True)
class Answer:
    """Status, headers (lower-case names) and body of one answer."""

    method: str
    path: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Return the body's JSON."""
        return json.loads(self._plain)

    @property
    def text(self) -> str:
        """Return the body's text."""
        return self._plain.decode()

    @property
    def _plain(self) -> bytes:
        zipped = self.headers.get("content-encoding") == "gzip"
        return gzip.decompress(self.body) if zipped else self.body

    def __getitem__(self, key: str) -> Any:
        return self.json[key]


class Connection:
    """One kept connection; `get` raises `Unreachable` where no whole answer comes."""

    def __init__(self, port: int, timeout: float = 5.0) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=timeout)

    def ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """Send one request and return its whole answer."""
        try:
            self._connection.request(method, path, body=body, headers=dict(headers or {}))
            return _read(method, path, self._connection.getresponse())
        except (OSError, HTTPException) as error:
            self._connection.close()
            raise Unreachable(f"{method} {path}: {error!r}") from error

    def open(self) -> None:
        """Connect without asking yet."""
        try:
            self._connection.connect()
        except OSError as error:
            raise Unreachable(repr(error)) from error

    @property
    def local_port(self) -> int:
        """Return the port of our end, by which the other end can be told."""
        assert isinstance(self._connection.sock, socket.socket)
        port: int = self._connection.sock.getsockname()[1]
        return port

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _read(method: str, path: str, response: HTTPResponse) -> Answer:
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answer(method, path, response.status, headers, response.read())


def validate(answer: Answer) -> None:
    """Hold the answer against the OpenAPI golden: known path, known status, the body's schema."""
    operation = _operation(answer.method, answer.path)
    if operation is None or answer.method == "HEAD":
        return
    responses = operation["responses"]
    documented = responses.get(str(answer.status)) or responses.get("default")
    assert documented, f"{answer.method} {answer.path}: {answer.status} is not documented"
    documented = _resolved(documented)
    media = answer.headers.get("content-type", "").split(";")[0]
    if answer.status == 304 or not documented.get("content"):
        return
    assert media in documented["content"], f"{answer.path}: {media} is not documented"
    if media.endswith("json"):
        schema = documented["content"][media]["schema"]
        _validator(json.dumps(schema)).validate(answer.json)


@functools.cache
def _golden() -> dict[str, Any]:
    golden: dict[str, Any] = json.loads(GOLDEN.read_text(encoding="utf-8"))
    return golden


@functools.cache
def _patterns() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    """Return path patterns and their operations, paths without parameters first."""
    paths = sorted(_golden()["paths"].items(), key=lambda item: item[0].count("{"))
    return [(re.compile(re.sub(r"\\{[^}]+\\}", "[^/]+", re.escape(path))), item)
            for path, item in paths]  # fmt: skip


def _operation(method: str, path: str) -> dict[str, Any] | None:
    bare = path.split("?", maxsplit=1)[0]
    for pattern, item in _patterns():
        if pattern.fullmatch(bare):
            operation: dict[str, Any] | None = item.get(method.lower())
            return operation
    return None


def _resolved(node: dict[str, Any]) -> dict[str, Any]:
    """Follow a `$ref` into the golden's components."""
    while "$ref" in node:
        found: Any = _golden()
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


@functools.cache
def _validator(schema: str) -> Draft202012Validator:
    parsed = json.loads(schema)
    return Draft202012Validator({**parsed, "components": _golden().get("components", {})})
