"""TLS to Redis, as ElastiCache asks for it."""

from typing import Any

import pytest

from rates_api.consume.stream import Stream, Tail, open_redis
from rates_api.errors import StreamUnavailable
from rates_contracts.events import Position

pytestmark = pytest.mark.integration


async def _tail(server: Any, query: str) -> Tail | None:
    url = f"rediss://{server.host}:{server.tls_port}/0{query}"
    client = open_redis(url, timeout=2, connect_timeout=2)
    try:
        return await Stream(client, block=0.05, timeout=2).tail()
    finally:
        await client.aclose()


async def test_the_right_authority_connects(
    redis_server: Any, relay: Any, certificates: Any, fakes: Any
) -> None:
    """What was written in the clear is read over TLS."""
    record = fakes.Record()
    record.poll(breaker="open")
    relay.relay(record)

    tail = await _tail(redis_server, f"?ssl_ca_certs={certificates.authority}")

    assert tail is not None
    assert tail.at == Position(1, 1)


async def test_a_wrong_authority_is_refused(redis_server: Any, certificates: Any) -> None:
    """A server that neither the file nor the system vouches for is one that is away."""
    for trust in (f"?ssl_ca_certs={certificates.stranger}", ""):
        with pytest.raises(StreamUnavailable, match="certificate verify failed"):
            await _tail(redis_server, trust)
