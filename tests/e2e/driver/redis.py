"""Redis as a scenario sees it: a server that dies and comes back, and what the stream holds."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from driver.answers import Unreachable
from driver.processes import Process
from rates_contracts.documents import AVERAGES, CURRENT, HISTORY
from rates_contracts.events import Event
from rates_contracts.stream import EVENT, EVENT_ID, EVENTS, event_of

DOCUMENTS = (CURRENT, AVERAGES, HISTORY)
FORGED_ID = "f" * 32
"""The ID of an event that nobody has recorded."""
UNREACHABLE = (redis.ConnectionError, redis.TimeoutError)


@dataclass(frozen=True)
class RedisState:
    """Stream and documents at a moment, with what is left of the documents' lives in ms."""

    entries: tuple[tuple[bytes, Mapping[bytes, bytes]], ...]
    documents: Mapping[str, tuple[bytes, int]]


class RedisServer:
    """One Redis and a client of the driver's own."""

    def __init__(self, process: Process, user: str | None = None) -> None:
        """Ask as `user`, who needs no password; None for a Redis without users."""
        self.process, self._user = process, user
        self._opened: redis.Redis | None = None

    def start(self) -> None:
        """Start it; it may take a moment until it answers."""
        self.process.start()

    def kill(self) -> None:
        """End it at once; every connection to it breaks."""
        self.process.kill()
        self.close()

    def answers(self) -> bool:
        """Tell whether it answers a ping."""
        try:
            return bool(self._client.ping())
        except (*UNREACHABLE, Unreachable):
            return False

    def flush(self) -> None:
        """Forget everything, the stream's last ID included."""
        self._client.flushall()

    def run_out_of_memory(self) -> None:
        """Take no write any more that needs memory; all is read as before."""
        self._client.config_set("maxmemory", 1)

    def have_memory(self) -> None:
        """Take writes again."""
        self._client.config_set("maxmemory", 0)

    def delete_stream(self) -> None:
        """Delete the stream and leave the documents."""
        self._client.delete(EVENTS)

    def age_documents(self, seconds: int) -> None:
        """Leave each document no more than so many seconds to live."""
        for key in DOCUMENTS:
            self._client.expire(key, seconds, lt=True)

    def lives(self) -> float:
        """Return the seconds that the document that expires first has left, 0 if one is gone."""
        return float(min(max(self._client.pttl(key), 0) for key in DOCUMENTS)) / 1000

    def add_foreign_entry(self) -> None:
        """Add an entry of nobody's, at the highest id there is but one (protocol rule 38)."""
        self._client.xadd(EVENTS, {"a": "b"}, id="18446744073709551614-1")

    def append_forged(self, value: str, forged: str) -> None:
        """Append the last event that tells `value` as one that follows, with `forged` instead."""
        entries = self._entries()
        fields = next(each for _, each in reversed(entries) if value.encode() in each[EVENT])
        last = event_of(entries[-1][1])
        event = json.loads(fields[EVENT].replace(value.encode(), forged.encode()))
        previous = {"event_id": last.event_id, **_place(last.at.timeline, last.at.position)}
        event |= {"event_id": FORGED_ID, "previous": previous}
        event |= _place(last.at.timeline, last.at.position + 1)
        body = {**fields, EVENT: json.dumps(event).encode(), EVENT_ID: FORGED_ID.encode()}
        at = f"{last.at.timeline}-{last.at.position + 1}"
        self._client.xadd(EVENTS, cast("Any", body), id=at)

    def forge_documents(self, value: str, forged: str) -> None:
        """Replace `value` in each document; their signatures and lives stay."""
        for key in DOCUMENTS:
            body = self._get(key) or b""
            self._client.set(key, body.replace(value.encode(), forged.encode()), keepttl=True)

    def holds(self, value: str) -> bool:
        """Tell whether a document has `value` in it."""
        return any(value.encode() in (self._get(key) or b"") for key in DOCUMENTS)

    def trim(self, to: int) -> None:
        """Keep the newest `to` entries; the stream's last ID stays."""
        self._client.xtrim(EVENTS, maxlen=to, approximate=False)

    def remember(self) -> RedisState:
        """Return the state now, for `set_back`."""
        entries = tuple(self._entries())
        documents = {
            key: (body, self._client.pttl(key)) for key in DOCUMENTS if (body := self._get(key))
        }
        return RedisState(entries, documents)

    def set_back(self, state: RedisState) -> None:
        """Become what a replica that lagged behind `state` becomes when it takes over."""
        transaction = self._client.pipeline(transaction=True)
        transaction.delete(EVENTS, *DOCUMENTS)
        for entry_id, fields in state.entries:
            transaction.xadd(EVENTS, cast("Any", dict(fields)), id=entry_id)
        for key, (body, life) in state.documents.items():
            transaction.set(key, body, px=max(life, 1))
        transaction.execute()

    def events(self) -> list[Event]:
        """Return the stream's events in order; each stands at its own position."""
        entries = self._entries()
        events = [event_of(fields) for _, fields in entries]
        at = [entry_id.decode() for entry_id, _ in entries]
        assert at == [event.at.stream_id for event in events], "an entry stands at a foreign ID"
        return events

    def document(self, key: str) -> bytes | None:
        """Return a document's bytes, None where it is gone."""
        return self._get(key)

    def close(self) -> None:
        """Close the driver's connections; the next question opens another, where it is then."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    @property
    def _client(self) -> redis.Redis:
        port = self.process.port("public")
        if self._opened is None or self._opened.get_connection_kwargs()["port"] != port:
            self.close()
            self._opened = redis.Redis(
                port=port,
                retry=Retry(NoBackoff(), 0),
                socket_timeout=2,
                socket_connect_timeout=2,
                client_name="e2e",
                username=self._user,
                protocol=2,
            )
        return self._opened

    def _entries(self) -> list[tuple[bytes, Mapping[bytes, bytes]]]:
        return cast("list[tuple[bytes, Mapping[bytes, bytes]]]", self._client.xrange(EVENTS))

    def _get(self, key: str) -> bytes | None:
        return cast("bytes | None", self._client.get(key))


def _place(timeline: int, position: int) -> dict[str, int]:
    return {"timeline": timeline, "position": position}
