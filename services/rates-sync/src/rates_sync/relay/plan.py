"""What a step must do to the stream, from its tail and the record alone (protocol rules 8, 9).

Pure. The record must be read after the tail, so that a stream ahead of it holds what the record
never had, or has lost.
"""

from enum import Enum

from rates_sync.committed import CommittedState
from rates_sync.relay.stream import Tail


class RepairAction(Enum):
    """What the stream needs."""

    APPEND = "append"
    """The stream agrees with the outbox as far as it goes."""
    REFILL = "refill"
    """It lost entries, or is of an earlier timeline: delete it and fill it from the outbox."""
    RESTART = "restart"
    """It holds what the record does not: the record needs a new timeline first."""


def decide_repair(tail: Tail, committed: CommittedState) -> RepairAction:
    """Compare the stream with the record; timeline first, then position, then `event_id`."""
    if tail.cursor is None:
        return RepairAction.REFILL if committed.events else RepairAction.APPEND
    if _is_ahead(tail, committed):
        return RepairAction.RESTART
    if committed.event_id_at_cursor is None or tail.event_id != committed.event_id_at_cursor:
        return RepairAction.REFILL
    if must_trim(tail, committed):
        return RepairAction.APPEND
    is_whole = tail.length == committed.count - len(committed.events)
    return RepairAction.APPEND if is_whole else RepairAction.REFILL


def must_trim(tail: Tail, committed: CommittedState) -> bool:
    """Tell whether pruning has passed the stream's first entries.

    How many they are isn't known, so the length is compared in the step after the trim.
    """
    return tail.first is not None and committed.first is not None and tail.first < committed.first


def _is_ahead(tail: Tail, committed: CommittedState) -> bool:
    """Protocol rule 9: beyond the head, or another event where the record has one.

    Once the record is in a later timeline than the stream, it has been restarted already.
    """
    if tail.cursor is None or tail.cursor.timeline < committed.head.timeline:
        return False
    differs = None not in (tail.event_id, committed.event_id_at_cursor) and (
        tail.event_id != committed.event_id_at_cursor
    )
    return tail.cursor > committed.head.at or differs
