"""How a step must repair the stream, from only its tail and the record (protocol rules 8, 9).

Pure. Read the record after the tail: then a stream that is ahead proves that the record lost
something.
"""

from enum import Enum

from rates_sync.committed_state import CommittedState
from rates_sync.relay.stream import Tail


class RepairAction(Enum):
    """What the stream needs."""

    APPEND = "append"
    """The stream is a prefix of the outbox: add what follows."""
    REFILL = "refill"
    """It lost entries, or belongs to an earlier timeline: delete it, refill it from the outbox."""
    NEW_TIMELINE = "new_timeline"
    """The record was restored to an earlier state: the stream, or this process, knew more.

    The record raises its timeline and announces that; the stream is deleted and refilled from the
    outbox; every worker then reloads; the alert `stream_reset` is sent. Counted as `restarted`,
    logged as `timeline_restarted`.
    """


def decide_repair(tail: Tail, committed: CommittedState) -> RepairAction:
    """Compare the stream with the record; timeline first, then position, then `event_id`."""
    if committed.lost:
        return RepairAction.NEW_TIMELINE
    if tail.cursor is None:
        return RepairAction.REFILL if committed.events else RepairAction.APPEND
    if _is_ahead(tail, committed):
        return RepairAction.NEW_TIMELINE
    if committed.event_id_at_cursor is None or tail.event_id != committed.event_id_at_cursor:
        return RepairAction.REFILL
    if must_trim(tail, committed):
        return RepairAction.APPEND
    is_whole = tail.length == committed.count - len(committed.events)
    return RepairAction.APPEND if is_whole else RepairAction.REFILL


def must_trim(tail: Tail, committed: CommittedState) -> bool:
    """Tell whether pruning has passed the stream's first entries.

    How many is unknown, so the lengths are compared in the step after the trim.
    """
    return tail.first is not None and committed.first is not None and tail.first < committed.first


def _is_ahead(tail: Tail, committed: CommittedState) -> bool:
    """Protocol rule 9: beyond the head, or another event where the record has one.

    If the record is in a later timeline than the stream, it has the new timeline already.
    """
    if tail.cursor is None or tail.cursor.timeline < committed.head.timeline:
        return False
    differs = None not in (tail.event_id, committed.event_id_at_cursor) and (
        tail.event_id != committed.event_id_at_cursor
    )
    return tail.cursor > committed.head.at or differs
