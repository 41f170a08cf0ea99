"""Ports for the servers of tests: free, and given once among all that test at the same time."""

import atexit
import random
import socket

HOST = "127.0.0.1"
PORTS = range(20_000, 32_000)
"""Below the range from which systems take the ports of outgoing connections (Linux 32768, macOS
49152): a client that knocks at a server that was killed could otherwise take the server's own
port, and on the loopback interface even connect to itself."""


def free_port() -> int:
    """Return a TCP port on which nobody listens, until this process ends given to nobody else."""
    for port in random.sample(PORTS, len(PORTS)):
        if _claim(port) and _is_free(port):
            return port
    raise RuntimeError("no port is free")


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


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
