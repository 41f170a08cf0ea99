"""Says how long the documents in Redis still live; `clear` removes them first.

An automation runs it inside the container of rates-sync, which has the address of Redis. Clearing
loses nothing (rule R1): the relay writes missing documents anew with its next step, within 5 s, and
workers answer from memory meanwhile. The stream is left alone: workers read it, and it is no cache.
"""

import sys

from redis import Redis

from rates_contracts.documents import TTL_OF
from rates_sync.settings import load

with Redis.from_url(load().redis_url.reveal(), socket_timeout=5, protocol=2) as redis:
    if sys.argv[1:] == ["clear"]:
        print("removed", redis.delete(*TTL_OF), "of", len(TTL_OF))
    for key in TTL_OF:
        print(key, max(0, redis.pttl(key)) // 1000, "s")
