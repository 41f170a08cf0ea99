"""The platform's Redis: a local redis-server or valkey-server, else fakeredis' TCP server.

`python -m rates_dev.redis` reads RATES_REDIS, RATES_REDIS_PORT and RATES_STATE. It listens on
127.0.0.1 alone. Only a server keeps its data over a restart; losing it loses nothing.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Literal, cast

from fakeredis import TcpFakeServer

from rates_dev.errors import Refused
from rates_dev.ports import HOST

Kind = Literal["server", "embedded"]
PROGRAMS = ("redis-server", "valkey-server")


class EmbeddedRedis(TcpFakeServer):
    """fakeredis' server with room for a burst of connections: several workers start at once."""

    request_queue_size = 128


def choose(choice: str, which: Callable[[str], str | None] = shutil.which) -> Kind:
    """Turn RATES_REDIS (auto, server, embedded) into the kind to run. Raises `Refused`."""
    if choice not in ("auto", "server", "embedded"):
        raise Refused(f"RATES_REDIS: must be auto, server or embedded, not {choice!r}")
    if choice == "auto":
        return "server" if server_program(which) else "embedded"
    if choice == "server" and (lack := no_server_program(which)):
        raise Refused(f"RATES_REDIS=server: {lack}")
    return cast("Kind", choice)


def server_program(which: Callable[[str], str | None] = shutil.which) -> str | None:
    """Return the path of the first Redis server on PATH, or none."""
    return next((path for name in PROGRAMS if (path := which(name))), None)


def no_server_program(which: Callable[[str], str | None] = shutil.which) -> str | None:
    """Say why no Redis server can be run, none if one can."""
    return None if server_program(which) else f"no {' or '.join(PROGRAMS)} on PATH"


def server_command(program: str, port: int, folder: Path) -> list[str]:
    """Return how to run `program` in the foreground, saving to `folder` when it ends."""
    options = {"bind": HOST, "port": str(port), "dir": str(folder), "dbfilename": "redis.rdb"}
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    return [program, *arguments, "--save", "60", "1", "--daemonize", "no"]


def main() -> None:
    """Become the Redis that the environment asks for; returns only by an error."""
    port = int(os.environ["RATES_REDIS_PORT"])
    program = server_program()
    if choose(os.environ["RATES_REDIS"]) == "server" and program:
        os.execv(program, server_command(program, port, Path(os.environ["RATES_STATE"])))
    EmbeddedRedis((HOST, port)).serve_forever()


if __name__ == "__main__":
    main()
