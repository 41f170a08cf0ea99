"""Looks at every entry of the stream: the tail alone does not show what was rewritten before it.

Only where there is a key to verify with (protocol rule 45).
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from redis.asyncio.client import Pipeline

from rates_contracts.stream import EVENTS
from rates_sync.clock import Monotonic
from rates_sync.errors import EntryForeign
from rates_sync.relay.signing import CarrierSigning
from rates_sync.relay.stream import Tail, is_signed, place

SCRUBBED_EVERY = 300.0
"""Seconds from one scrub to the next: a week of events keeps a core busy for a moment."""
PAGE = 200
"""Entries that are read and verified at a time."""

Entry = tuple[bytes, Mapping[bytes, bytes]]


class ScrubTimer:
    """When all that Redis holds is looked at: at first, then every five minutes of `monotonic`."""

    def __init__(self, monotonic: Monotonic) -> None:
        self._monotonic = monotonic
        self._done_at: float | None = None

    @property
    def is_due(self) -> bool:
        """Tell whether the last scrub is long enough ago."""
        return self._done_at is None or self._monotonic() - self._done_at >= SCRUBBED_EVERY

    def on_done(self) -> None:
        """Note a scrub that has ended."""
        self._done_at = self._monotonic()


async def scrub_stream(pipe: Pipeline, tail: Tail, signing: CarrierSigning) -> Tail:
    """Return the tail as the entries before it leave it: perhaps foreign, perhaps not signed.

    On a connection that runs commands at once; raises Redis' own errors.
    """
    if tail.cursor is None:
        return tail
    try:
        async for page in _pages(pipe):
            # In a thread: the loop renews the lease meanwhile.
            if not await asyncio.to_thread(_are_signed, page, signing):
                tail = replace(tail, is_signed=False)
    except EntryForeign as error:
        return Tail(foreign=str(error))
    return tail


async def _pages(pipe: Pipeline) -> AsyncIterator[Sequence[Entry]]:
    after = "-"
    while True:
        page: Any = await pipe.xrange(EVENTS, min=after, count=PAGE)
        if page:
            yield page
        if len(page) < PAGE:
            return
        after = f"({page[-1][0].decode()}"


def _are_signed(page: Sequence[Entry], signing: CarrierSigning) -> bool:
    # All of them: after one of another key's a forged one is still to be found.
    found = {is_signed(place(stream_id), fields, signing) for stream_id, fields in page}
    return found == {True}
