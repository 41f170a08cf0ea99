"""Prints the TTLs of the documents in Redis; `clear` deletes them first.

It runs inside the container of rates-sync, which has the URL of Redis. Deleting them loses nothing
(rule R1): the relay rewrites missing documents in its next step, within 5 s, and workers answer
from memory meanwhile. It leaves the stream alone: workers read it, and it is not a cache.
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
