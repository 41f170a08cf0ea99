"""A TCP proxy that puts a server at a distance: what passes is delayed, round trips are counted."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass


@dataclass
class Distance:
    """A server seen through the proxy at `port`.

    `one_way` is the delay in seconds of whatever passes, in both directions; it may be changed at
    any time. `round_trips` counts the client's turns: what it sends after the server has spoken.
    """

    server_port: int
    one_way: float = 0.0
    round_trips: int = 0
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on a connection's traffic until both sides have closed it."""
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self.server_port)
        turn = _Turn()
        await asyncio.gather(
            self._pass_on(reader, server_writer, turn, of_client=True),
            self._pass_on(server_reader, writer, turn, of_client=False),
        )

    async def _pass_on(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        turn: "_Turn",
        *,
        of_client: bool,
    ) -> None:
        """Pass on chunk by chunk; a later one waits for the delay of the one before it."""
        try:
            while chunk := await reader.read(65536):
                self.round_trips += of_client and not turn.is_clients
                turn.is_clients = of_client
                await asyncio.sleep(self.one_way)
                writer.write(chunk)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()


@dataclass
class _Turn:
    """Who sent last on a connection."""

    is_clients: bool = False


@contextlib.asynccontextmanager
async def distant(server_port: int) -> AsyncIterator[Distance]:
    """Run a proxy to `server_port` on this machine; its connections end with it."""
    distance = Distance(server_port)
    serving: set[asyncio.Task[None]] = set()

    def on_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.create_task(distance.serve(reader, writer)))

    server = await asyncio.start_server(on_connection, "127.0.0.1", 0)
    distance.port = server.sockets[0].getsockname()[1]
    async with server:
        yield distance
    for task in serving:
        task.cancel()
    await asyncio.gather(*serving, return_exceptions=True)
