"""TLS to Redis, as ElastiCache asks for it."""

from contextlib import AsyncExitStack
from typing import Any

import pytest

from rates_contracts.environment import Secret
from rates_sync.bootstrap import _open_redis
from rates_sync.errors import RelayError
from rates_sync.relay.relay import Relay
from rates_sync.settings import Settings
from rates_sync.store.outbox import Outbox

pytestmark = pytest.mark.integration


async def _step(server: Any, query: str, leader: Any) -> int:
    """Relay once over TLS and return how many events went."""
    settings = Settings(
        database_url=Secret("sqlite+aiosqlite:///nowhere.db"),
        redis_url=Secret(f"rediss://{server.host}:{server.tls_port}/0{query}"),
        banxico_token=Secret("t" * 64),
        operator_token=Secret("o" * 16),
    )
    async with AsyncExitStack() as closing:
        outbox = Outbox(leader.engine, leader.record, leader.fence)
        relay = Relay(_open_redis(settings, closing), outbox, interval=5)
        return (await relay.step()).relayed


async def test_the_right_authority_connects(
    redis_container: Any, mirror: Any, leader: Any, certificates: Any
) -> None:
    """What is relayed over TLS lies in the stream."""
    await leader.change_status()
    trust = f"?ssl_ca_certs={certificates.authority}"
    assert await _step(redis_container, trust, leader) == 1
    assert await mirror.is_exact()


async def test_a_wrong_authority_is_refused(
    redis_container: Any, mirror: Any, leader: Any, certificates: Any
) -> None:
    """Nothing is sent to a server that neither the file nor the system vouches for."""
    await leader.change_status()
    for trust in (f"?ssl_ca_certs={certificates.stranger}", ""):
        with pytest.raises(RelayError, match="certificate verify failed"):
            await _step(redis_container, trust, leader)
    assert await mirror.events() == []
