"""The ceilings: raw ASGI or RSGI on the same Granian, answering the bytes that rates-api answered.

`python -m bench.ceiling PORT FILE WORKERS INTERFACE`: the settings are those of
`rates_api.supervisor` (uvloop, no websockets, spawned workers); the application is one look-up and
two sends, with RSGI a single one. Whatever rates-api adds to this is its own cost.
"""

import json
import os
import sys
from base64 import b64decode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from granian.constants import Interfaces, Loops
from granian.log import LogLevels
from granian.server.mp import MPServer

from rates_dev.ports import HOST

FILE = "BENCH_CEILING_FILE"
BY_SERVER = frozenset({"server", "date"})
"""Headers that Granian sends itself."""

Send = Callable[[dict[str, Any]], Awaitable[None]]
Answer = tuple[dict[str, Any], dict[str, Any]]


def create() -> Callable[[Mapping[str, Any], Any, Send], Awaitable[None]]:
    """Return the application of one worker."""
    answers = _recorded()

    async def app(scope: Mapping[str, Any], _receive: Any, send: Send) -> None:
        if scope["type"] != "http":
            return
        start, body = answers[scope["path"]]
        await send(start)
        await send(body)

    return app


class Bare:
    """The application of one worker over RSGI."""

    def __init__(self) -> None:
        """Read the answers."""
        self._answers = {
            path: (start["status"], _decoded(start["headers"]), body["body"])
            for path, (start, body) in _recorded().items()
        }

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """Answer a request."""
        protocol.response_bytes(*self._answers[scope.path])


def _decoded(headers: Sequence[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    return [(name.decode(), value.decode()) for name, value in headers]


def _recorded() -> dict[str, Answer]:
    recorded = json.loads(Path(os.environ[FILE]).read_text(encoding="utf-8"))
    return {path: _answer(answer) for path, answer in recorded.items()}


def _answer(recorded: Mapping[str, Any]) -> Answer:
    headers = [
        (name.encode(), value.encode())
        for name, value in recorded["headers"]
        if name not in BY_SERVER
    ]
    return (
        {"type": "http.response.start", "status": recorded["status"], "headers": headers},
        {"type": "http.response.body", "body": b64decode(recorded["body"]), "more_body": False},
    )


def main() -> None:
    """Serve until SIGTERM."""
    port, os.environ[FILE], workers, interface = sys.argv[1:]
    MPServer(
        "bench.ceiling:create" if interface == "asgi" else "bench.ceiling:Bare",
        address=HOST,
        port=int(port),
        interface=Interfaces(interface),
        workers=int(workers),
        loop=Loops.uvloop,
        websockets=False,
        factory=True,
        log_level=LogLevels.warning,
    ).serve()


if __name__ == "__main__":
    main()
