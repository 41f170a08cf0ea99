"""The events on the stream: one per recording, each naming the one before it.

An event is written to the outbox in the recording transaction (rule R3) and relayed from there. It
applies only to the state that `previous` names (rule R5); anything else means a reload. Every event
carries the whole `status`, so that any event brings a worker's freshness up to date. After a
rollback the outbox may hold events of a later version: these are relayed as bytes, and only their
envelope is read.
"""

from datetime import datetime

import msgspec

from rates_contracts.averages import Average
from rates_contracts.calendar import BankCalendar
from rates_contracts.observation import Observation
from rates_contracts.status import DataStatusDay, SyncStatus


class Position(msgspec.Struct, frozen=True, order=True, array_like=True):
    """A position in the record; compares timeline first, then position (protocol rule 9)."""

    timeline: int
    position: int

    @property
    def stream_id(self) -> str:
        """Return the Redis stream ID `<timeline>-<position>` (rule R4)."""
        return f"{self.timeline}-{self.position}"

    @classmethod
    def of_stream_id(cls, stream_id: str) -> "Position":
        """Parse a stream ID. Raises `ValueError`."""
        timeline, _, position = stream_id.partition("-")
        return cls(int(timeline), int(position))


class Head(msgspec.Struct, frozen=True):
    """The newest event of the record. `event_id` is random, empty before the first event."""

    timeline: int
    position: int
    event_id: str
    recorded_at: datetime

    @property
    def at(self) -> Position:
        """Return the position of the head."""
        return Position(self.timeline, self.position)


class Previous(msgspec.Struct, frozen=True):
    """The event before: a worker at another position has missed something."""

    timeline: int
    position: int
    event_id: str

    @property
    def at(self) -> Position:
        """Return the position of the event before."""
        return Position(self.timeline, self.position)


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    event_id: str
    timeline: int
    position: int
    previous: Previous
    recorded_at: datetime
    status: SyncStatus
    averages: tuple[Average, ...] | None = None
    """The whole table if it changed, else null."""
    traceparent: str | None = None
    ended_days: tuple[DataStatusDay, ...] = ()
    """The days that have ended since the event before, ascending; where that counted none, all that
    workers are told of."""

    @property
    def at(self) -> Position:
        """Return the position of this event in the record."""
        return Position(self.timeline, self.position)

    @property
    def head(self) -> Head:
        """Return the head that this event makes."""
        return Head(self.timeline, self.position, self.event_id, self.recorded_at)


class ObservationsRecorded(_Event, frozen=True, kw_only=True, tag="observations_recorded.v1"):
    """New observations or corrections (revisions above 1), ascending by series and date."""

    observations: tuple[Observation, ...]


class StatusChanged(_Event, frozen=True, kw_only=True, tag="status_changed.v1"):
    """No new value: `fresh_until` moved by a minute or more, or a state changed (rule 5)."""


class CalendarChanged(_Event, frozen=True, kw_only=True, tag="calendar_changed.v1"):
    """The bank calendar changed: a new version of it, or a closure declared by an operator."""

    calendar: BankCalendar


class HistoryReload(_Event, frozen=True, kw_only=True, tag="history_reload.v1"):
    """More was recorded than an event should carry (a backfill): load the record again."""


class TimelineChanged(_Event, frozen=True, kw_only=True, tag="timeline_changed.v1"):
    """The record was restored to an earlier state and goes on from there: load it again."""


Event = ObservationsRecorded | StatusChanged | CalendarChanged | HistoryReload | TimelineChanged


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """The members that every event has, of whatever type and version. They never change.

    Not a base class of the events: their members would be written in another order.
    """

    event_id: str
    timeline: int
    position: int
    previous: Previous
    recorded_at: datetime
    traceparent: str | None = None


class StoredEvent(msgspec.Struct, frozen=True):
    """An event as recorded: its bytes, which are relayed unchanged, and its envelope."""

    body: bytes
    envelope: Envelope

    @property
    def at(self) -> Position:
        """Return the position of this event in the record."""
        return Position(self.envelope.timeline, self.envelope.position)


class _Carried(msgspec.Struct, frozen=True):
    """The status that events of every type carry."""

    status: SyncStatus


class EventUndecodable(ValueError):
    """The bytes are no event of a type that this version knows: reload instead."""


_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
_envelope_decoder = msgspec.json.Decoder(Envelope)
_carried_decoder = msgspec.json.Decoder(_Carried)


def encode_event(event: Event) -> bytes:
    """Return the event's JSON, the same bytes for the outbox and for the stream."""
    return _encoder.encode(event)


def decode_event(body: bytes | str) -> Event:
    """Read an event of any shipped version, ignoring fields of later ones.

    Raises `EventUndecodable`.
    """
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise EventUndecodable(str(error)) from error


def stored_event(body: bytes) -> StoredEvent:
    """Read the envelope of an event of any type and version. Raises `EventUndecodable`."""
    try:
        return StoredEvent(body, _envelope_decoder.decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise EventUndecodable(str(error)) from error


def status_in(event: StoredEvent) -> SyncStatus | None:
    """Return the status of an event of any type, null if it can't be read."""
    try:
        return _carried_decoder.decode(event.body).status
    except msgspec.DecodeError:
        return None
