"""One request and its whole answer: how the benchmark asks where speed does not matter."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rates_dev.ports import HOST


@dataclass(frozen=True)
class Answer:
    """Status, headers in their order (names in lower case) and body as it came."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return the value of a header, null without it."""
        return dict(self.headers).get(name)

    @property
    def json(self) -> Any:
        """Return the JSON of the body."""
        return json.loads(self.body)


def fetch(
    port: int,
    path: str,
    headers: Mapping[str, str] | None = None,
    *,
    body: Any = None,
    method: str = "GET",
    timeout: float = 10.0,
) -> Answer:
    """Ask once, on a connection of its own. Raises `OSError` where no whole answer comes."""
    connection = http.client.HTTPConnection(HOST, port, timeout=timeout)
    sent = dict(headers or {})
    encoded = None
    if body is not None:
        encoded = json.dumps(body).encode()
        sent["Content-Type"] = "application/json"
    try:
        connection.request(method, path, encoded, sent)
        response = connection.getresponse()
        named = tuple((name.lower(), value) for name, value in response.getheaders())
        return Answer(response.status, named, response.read())
    except http.client.HTTPException as error:
        raise ConnectionError(repr(error)) from error
    finally:
        connection.close()
