"""Ports of this machine: the platform's, whether one is free, and free ones for tests.

A platform never gets another port than the one asked for.
"""

import atexit
import random
import socket
from collections.abc import Mapping

from rates_dev.errors import Refused

HOST = "127.0.0.1"

DEFAULTS: Mapping[str, int] = {
    "RATES_API_PORT": 8000,
    "RATES_API_ADMIN_PORT": 8010,
    "RATES_SYNC_PORT": 8001,
    "BANXICO_SIM_PORT": 8002,
    "RATES_REDIS_PORT": 6390,
}

FREE = range(20_000, 32_000)
"""Below the range from which systems take the ports of outgoing connections (Linux 32768, macOS
49152): a client that knocks at a server that was killed could otherwise take the server's own
port, and on the loopback interface even connect to itself."""


def read(environ: Mapping[str, str]) -> dict[str, int]:
    """Return the port of each variable. Raises `Refused` naming all at fault."""
    texts = {name: environ.get(name) or str(default) for name, default in DEFAULTS.items()}
    wrong = [f"{name}: {text!r} is not a port" for name, text in texts.items() if not _port(text)]
    if wrong:
        raise Refused("\n".join(wrong))
    ports = {name: int(text) for name, text in texts.items()}
    _refuse_doubled(ports)
    return ports


def refuse_taken(ports: Mapping[str, int]) -> None:
    """Raise `Refused` naming every variable whose port is not free."""
    taken = [
        f"{name}: port {port} is taken; end what listens there, or set {name} to a free one"
        for name, port in ports.items()
        if not free(port)
    ]
    if taken:
        raise Refused("\n".join(taken))


def free(port: int) -> bool:
    """Say whether `port` can be listened on.

    Both connecting and binding are tried: macOS lets a second socket bind 127.0.0.1 beside one on
    all addresses, and a port below 1024 may be closed to us without anybody listening.
    """
    return not answers(port) and _can_bind(port)


def answers(port: int) -> bool:
    """Say whether something listens on `port` of this machine."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def free_port() -> int:
    """Return a TCP port on which nobody listens, until this process ends given to nobody else.

    Nobody else who asks here, that is. Raises `Refused` if there is none.
    """
    for port in random.sample(FREE, len(FREE)):
        if _claim(port) and _can_bind(port):
            return port
    raise Refused("no port is free")


def _claim(port: int) -> bool:
    """Hold UDP's port of that number, which no server of ours uses and only one process can."""
    claim = socket.socket(type=socket.SOCK_DGRAM)
    try:
        claim.bind((HOST, port))
    except OSError:
        claim.close()
        return False
    atexit.register(claim.close)
    return True


def _can_bind(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _port(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < int(text) < 65536


def _refuse_doubled(ports: Mapping[str, int]) -> None:
    by_port: dict[int, list[str]] = {}
    for name, port in ports.items():
        by_port.setdefault(port, []).append(name)
    doubled = [
        f"{' and '.join(names)}: both are {port}"
        for port, names in by_port.items()
        if len(names) > 1
    ]
    if doubled:
        raise Refused("\n".join(doubled))
