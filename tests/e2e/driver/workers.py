"""Reaching each worker of an instance, although all of them listen on one port.

Nothing in an answer names its worker, on purpose. On Linux the kernel knows which process holds
the other end of a connection; elsewhere many connections make it likely that all were asked.
"""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from driver.answers import Connection, Unreachable

MAX_CONNECTIONS = 200
"""Connections that are tried at most; elsewhere than on Linux so many are kept, at most 16."""

TCP = Path("/proc/net/tcp")


@contextlib.contextmanager
def connections_to_each_worker(port: int, leader: int, workers: int) -> Iterator[list[Connection]]:
    """Yield one open connection to each of the `workers` below the process `leader`."""
    reached: dict[int, Connection] = {}
    with contextlib.ExitStack() as opened:
        if workers == 1:
            yield [opened.enter_context(Connection(port))]
            return
        candidates = _session(leader)
        for number in range(MAX_CONNECTIONS if TCP.exists() else 16):
            connection = opened.enter_context(Connection(port))
            connection.ask("GET", "/livez")
            owner = _owner(connection.local_port, port, candidates) if TCP.exists() else number
            reached.setdefault(owner, connection)
            if TCP.exists() and len(reached) == workers:
                break
        if len(reached) < workers:
            raise Unreachable(f"reached {len(reached)} of {workers} workers")
        yield list(reached.values())


def _owner(client: int, server: int, candidates: Sequence[int]) -> int:
    """Return which process holds the server's end of the connection from port `client`."""
    inode = _inode(client, server)
    for pid in candidates:
        if f"socket:[{inode}]" in _open_files(pid):
            return pid
    raise Unreachable(f"no worker holds the connection from port {client}")


def _inode(client: int, server: int) -> str:
    local, remote = f":{server:04X}", f":{client:04X}"
    for line in TCP.read_text().splitlines()[1:]:
        columns = line.split()
        if columns[1].endswith(local) and columns[2].endswith(remote):
            return columns[9]
    raise Unreachable(f"no connection from port {client} to port {server}")


def _session(leader: int) -> list[int]:
    """Return the leader and its workers, which lead no session of their own."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            session = int(stat.read_text().rpartition(")")[2].split()[3])
            if session == leader:
                found.append(int(stat.parent.name))
    return found


def _open_files(pid: int) -> set[str]:
    found = set()
    with contextlib.suppress(OSError):
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):  # closed meanwhile
                found.add(str(link.readlink()))
    return found
