"""The stream's name and the layout of an entry (protocol rule 6).

The entry ID is `<timeline>-<position>`. Beside the event stand its `event_id`, with which the relay
tells a repeat from another history, and `previous` and `traceparent`, for whoever reads the stream
by hand.
"""

from collections.abc import Mapping

from rates_contracts.events import Event, EventUndecodable, decode_event, encode_event

EVENTS = "{rates:v1}:events"
"""The stream's key; the hash tag keeps it in one slot with the documents (protocol rule 10)."""

EVENT, EVENT_ID, PREVIOUS, TRACEPARENT = b"event", b"event_id", b"previous", b"traceparent"


def entry_fields(event: Event) -> dict[bytes, bytes]:
    """Return the fields of the event's stream entry."""
    fields = {
        EVENT: encode_event(event),
        EVENT_ID: event.event_id.encode(),
        PREVIOUS: f"{event.previous.at.stream_id} {event.previous.event_id}".encode(),
    }
    if event.traceparent is not None:
        fields[TRACEPARENT] = event.traceparent.encode()
    return fields


def event_of(fields: Mapping[bytes, bytes]) -> Event:
    """Read an entry's event. Raises `EventUndecodable`, also for a foreign entry."""
    if EVENT not in fields:
        raise EventUndecodable("the entry has no event")
    return decode_event(fields[EVENT])


def event_id_of(fields: Mapping[bytes, bytes]) -> str:
    """Return the entry's `event_id`, empty for a foreign entry."""
    return fields.get(EVENT_ID, b"").decode(errors="replace")
