"""Reaching each worker of rates-api, although all of them listen on one port.

Nothing in an answer names its worker, on purpose; the kernel knows which process holds the other
end of a connection.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path

from bench.errors import BenchRefused
from bench.generator import request
from rates_dev.ports import HOST

MAX_ATTEMPTS = 200
TCP = Path("/proc/net/tcp")
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def connections_to_each(port: int, workers: Sequence[int]) -> list[Streams]:
    """Return one open connection to each process of `workers`. Raises `BenchRefused`."""
    reached: dict[int, Streams] = {}
    for _ in range(MAX_ATTEMPTS):
        streams = await asyncio.open_connection(HOST, port)
        # Until something was asked, nobody may have taken the connection.
        await get(streams, "/livez")
        owner = _owner(streams[1].get_extra_info("sockname")[1], port, workers)
        if reached.setdefault(owner, streams) is not streams:
            streams[1].close()
        if len(reached) == len(workers):
            return list(reached.values())
    raise BenchRefused(f"reached {len(reached)} of {len(workers)} workers")


async def get(streams: Streams, path: str) -> bytes:
    """Ask on a kept connection and return the body."""
    reader, writer = streams
    writer.write(request(path))
    head = await reader.readuntil(b"\r\n\r\n")
    length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    return await reader.readexactly(int(length))


def _owner(client: int, server: int, workers: Sequence[int]) -> int:
    inode = _inode(client, server)
    for pid in workers:
        if f"socket:[{inode}]" in _open_files(pid):
            return pid
    raise BenchRefused(f"no worker holds the connection from port {client}")


def _inode(client: int, server: int) -> str:
    local, remote = f":{server:04X}", f":{client:04X}"
    for line in TCP.read_text().splitlines()[1:]:
        columns = line.split()
        if columns[1].endswith(local) and columns[2].endswith(remote):
            return columns[9]
    raise BenchRefused(f"no connection from port {client} to port {server}")


def _open_files(pid: int) -> set[str]:
    found = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            found.add(str(link.readlink()))
    return found
