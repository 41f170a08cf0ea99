"""What one step must do to the stream, from its tail and the record alone (protocol rules 8, 9).

Pure; `relay` follows it. The record was read after the tail, so that a stream ahead of it holds
what the record never had, or has lost.
"""

from enum import Enum

from rates_sync.relay.port import RecordView
from rates_sync.relay.stream import Tail


class Course(Enum):
    """What the stream needs."""

    APPEND = "append"
    """The stream agrees with the outbox as far as it goes."""
    REFILL = "refill"
    """It lost entries, or is of an earlier timeline: delete it and fill it from the outbox."""
    RESTART = "restart"
    """It holds what the record does not: the record needs a new timeline first."""


def course(tail: Tail, view: RecordView) -> Course:
    """Compare the stream with the record; timeline first, then position, then `event_id`."""
    if tail.cursor is None:
        return Course.REFILL if view.events else Course.APPEND
    if _is_ahead(tail, view):
        return Course.RESTART
    if view.event_id_at_cursor is None or tail.event_id != view.event_id_at_cursor:
        return Course.REFILL
    if must_trim(tail, view):
        return Course.APPEND
    return Course.APPEND if tail.length == view.count - len(view.events) else Course.REFILL


def must_trim(tail: Tail, view: RecordView) -> bool:
    """Tell whether pruning has passed the stream's first entries.

    How many they are isn't known, so the length is compared in the step after the trim.
    """
    return tail.first is not None and view.first is not None and tail.first < view.first


def _is_ahead(tail: Tail, view: RecordView) -> bool:
    """Protocol rule 9: beyond the head, or another event where the record has one.

    Once the record is in a later timeline than the stream it has turned away already.
    """
    if tail.cursor is None or tail.cursor.timeline < view.head.timeline:
        return False
    other = None not in (tail.event_id, view.event_id_at_cursor) and (
        tail.event_id != view.event_id_at_cursor
    )
    return tail.cursor > view.head.at or other
