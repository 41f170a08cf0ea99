"""The stream's name and the layout of an entry (protocol rule 6).

The entry ID is `<timeline>-<position>`. Beside the event's bytes an entry holds its `event_id`,
which tells a repeat from another history, and `previous` and `traceparent` for people who read the
stream by hand. `signature` is rates-sync's, of the event's bytes (protocol rule 45).
"""

from collections.abc import Mapping

from rates_contracts.events import (
    Event,
    EventUndecodable,
    Position,
    StoredEvent,
    decode_event,
    stored_event,
)

EVENTS = "{rates:v1}:events"
"""The stream's key; the hash tag keeps it in one slot with the documents (protocol rule 10)."""

EVENT, EVENT_ID, PREVIOUS, TRACEPARENT = b"event", b"event_id", b"previous", b"traceparent"
SIGNATURE = b"signature"


def entry_fields(event: StoredEvent, signature: str | None = None) -> dict[bytes, bytes]:
    """Return the fields of the event's stream entry; the event's bytes are those recorded."""
    envelope = event.envelope
    previous = envelope.previous
    fields = {
        EVENT: event.body,
        EVENT_ID: envelope.event_id.encode(),
        PREVIOUS: f"{previous.at.stream_id} {previous.event_id}".encode(),
    }
    if envelope.traceparent is not None:
        fields[TRACEPARENT] = envelope.traceparent.encode()
    if signature is not None:
        fields[SIGNATURE] = signature.encode()
    return fields


def event_of(fields: Mapping[bytes, bytes]) -> Event:
    """Decode an entry's event. Raises `EventUndecodable`, also for a foreign entry."""
    return decode_event(_body_of(fields))


def reject_foreign(at: Position, fields: Mapping[bytes, bytes]) -> None:
    """Raise `EventUndecodable` for an entry that no version of rates-sync can have written at `at`.

    Others may write to Redis: it carries events and is no witness of them (protocol rules 38, 45).
    """
    event = stored_event(_body_of(fields))
    if (event.at, event.envelope.event_id) != (at, event_id_of(fields)):
        raise EventUndecodable(f"the event of {event.at.stream_id} stands at {at.stream_id}")


def _body_of(fields: Mapping[bytes, bytes]) -> bytes:
    if EVENT not in fields:
        raise EventUndecodable("the entry has no event")
    return fields[EVENT]


def signature_in(fields: Mapping[bytes, bytes]) -> str | None:
    """Return the entry's signature, None without one."""
    return fields[SIGNATURE].decode(errors="replace") if SIGNATURE in fields else None


def event_id_of(fields: Mapping[bytes, bytes]) -> str:
    """Return the entry's `event_id`, empty for a foreign entry."""
    return fields.get(EVENT_ID, b"").decode(errors="replace")
