"""The stream's tail, read while it is watched (protocol rule 7).

The cursor is the stream's own `last-generated-id` and is stored nowhere else. Others can write to
Redis, too: what no relay can have written is foreign (protocol rules 38, 45).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from redis.asyncio.client import Pipeline
from redis.exceptions import RedisError

from rates_contracts.cancellation import cancellation_prevails
from rates_contracts.events import EventUndecodable, Position
from rates_contracts.stream import EVENT, EVENTS, event_id_of, reject_foreign, signature_in
from rates_sync.errors import EntryForeign, RelayError
from rates_sync.relay.signing import CarrierSigning, SignatureState

MAX_NUMBER = 2**63 - 1
"""The highest timeline or position that a record can hold."""


@dataclass(frozen=True, slots=True)
class Tail:
    """Where the stream ends; `cursor` is None without a stream.

    `event_id` is of the entry at the cursor, None if it was trimmed; `first` is the oldest entry.
    `foreign` says why no relay can have written it, else it is None; then nothing else is known.
    `is_signed` tells whether the current key has signed each entry that was looked at.
    """

    cursor: Position | None = None
    event_id: str | None = None
    first: Position | None = None
    length: int = 0
    foreign: str | None = None
    is_signed: bool = True

    @property
    def is_sound(self) -> bool:
        """Tell whether nothing is to be written anew for what was looked at."""
        return self.foreign is None and self.is_signed


async def read_tail(pipe: Pipeline, signing: CarrierSigning) -> Tail:
    """Read the tail on a connection that runs commands at once; raises Redis' own errors.

    Asks for the key's type first: an error reply would end the watch, since the embedded server
    closes the connection after one.
    """
    kind: Any = await pipe.type(EVENTS)
    if kind == b"none":
        return Tail()
    if kind != b"stream":
        return Tail(foreign=f"the stream's key holds a {kind.decode()}")
    return _tail_of(await pipe.xinfo_stream(EVENTS), signing)


def _tail_of(info: Mapping[str, Any], signing: CarrierSigning) -> Tail:
    cursor, last = place(info["last-generated-id"]), info["last-entry"]
    entry = last[1] if last is not None and place(last[0]) == cursor else None
    try:
        _reject_impossible(cursor)
        signed = entry is None or is_signed(cursor, entry, signing)
    except EntryForeign as error:
        return Tail(foreign=str(error))
    return Tail(
        cursor=cursor,
        event_id=None if entry is None else event_id_of(entry),
        first=None if info["first-entry"] is None else place(info["first-entry"][0]),
        length=info["length"],
        is_signed=signed,
    )


def _reject_impossible(at: Position) -> None:
    if max(at.timeline, at.position) > MAX_NUMBER:
        raise EntryForeign(f"{at.stream_id} is no position of a record")


def is_signed(at: Position, entry: Mapping[bytes, bytes], signing: CarrierSigning) -> bool:
    """Tell whether the current key has signed the entry at `at`; without a key nothing is missing.

    Raises `EntryForeign` for one that no relay can have written there.
    """
    try:
        reject_foreign(at, entry)
    except EventUndecodable as error:
        raise EntryForeign(f"at {at.stream_id}: {error}") from error
    state = signing.judge(EVENTS, entry[EVENT], signature_in(entry))
    if state is SignatureState.FORGED:
        raise EntryForeign(f"at {at.stream_id}: the signature is not of this event")
    return state is SignatureState.SIGNED


def place(stream_id: bytes) -> Position:
    """Return the position that an ID of the stream stands for. Raises `ValueError`."""
    return Position.of_stream_id(stream_id.decode())


@contextmanager
def translated() -> Iterator[None]:
    """Raise errors of Redis and its connection as `RelayError`; a cancellation stays one."""
    try:
        with cancellation_prevails():
            yield
    except (RedisError, OSError) as error:
        raise RelayError(f"{type(error).__name__}: {error}") from error
