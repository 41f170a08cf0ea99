"""Ports for the servers of tests: free, given once, and each parallel worker's own."""

import os
import random
import socket

# Below the range from which systems take the ports of outgoing connections (Linux 32768, macOS
# 49152): a client that knocks at a server that was killed could otherwise take the server's own
# port, and on the loopback interface even connect to itself.
_PORTS = range(20_000, 32_000)
_SHARE = 1_000
"""How many of them each of the test runner's parallel workers takes from."""
_given: set[int] = set()


def free_port() -> int:
    """Return a port on which nobody listens, and never the same one twice."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = worker * _SHARE % len(_PORTS)
    share = _PORTS[first : first + _SHARE]
    for port in random.sample(share, len(share)):
        if port not in _given and _is_free(port):
            _given.add(port)
            return port
    raise RuntimeError("no port is free")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
