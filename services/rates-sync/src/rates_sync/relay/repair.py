"""How a step must repair the stream, from its tail and the record (protocol rules 8, 9, 38, 45).

Pure. Read the record after the tail: then a stream that is ahead proves that the record lost
something.
"""

from enum import Enum

from rates_sync.clock import Monotonic
from rates_sync.committed_state import CommittedState
from rates_sync.relay.stream import Tail

MAX_TIMELINES_AHEAD = 1000
"""Each restore raises the timeline by one: a stream further ahead was never relayed from here."""
CONTEST_SECONDS = 300.0
"""Nobody restores a record twice within so long; two records on one Redis take turns each step."""


class RepairAction(Enum):
    """What the stream needs."""

    APPEND = "append"
    """The stream is a prefix of the outbox: add what follows."""
    REFILL = "refill"
    """It lost entries, is of an earlier timeline, or the current key has not signed it.

    It is deleted and refilled from the outbox, under the current key.
    """
    FOREIGN = "foreign"
    """No relay has written it: as `REFILL`, and an alert. Nothing of it reaches the record."""
    NEW_TIMELINE = "new_timeline"
    """The record was restored to an earlier state: the stream, or this process, knew more.

    The record raises its timeline and announces that; the stream is deleted and refilled from the
    outbox; every worker then reloads; the alert `stream_reset` is sent. Counted as `restarted`,
    logged as `timeline_restarted`.
    """


class Restarts:
    """New timelines of one leader that follow each other closely, by `monotonic` seconds.

    The first is a restored record's; the others are the work of another record's relay.
    """

    def __init__(self, monotonic: Monotonic) -> None:
        self._monotonic = monotonic
        self._at: float | None = None
        self._in_a_row = 0

    def on_restart(self) -> int:
        """Note a new timeline; return how many came so far, each soon after the one before."""
        now = self._monotonic()
        is_close = self._at is not None and now - self._at < CONTEST_SECONDS
        self._in_a_row = self._in_a_row + 1 if is_close else 1
        self._at = now
        return self._in_a_row


def decide_repair(tail: Tail, committed: CommittedState) -> RepairAction:
    """Compare the stream with the record; timeline first, then position, then `event_id`."""
    if is_foreign(tail, committed):
        return RepairAction.FOREIGN
    if committed.lost or _is_ahead(tail, committed):
        return RepairAction.NEW_TIMELINE
    is_kept = tail.is_signed and _is_prefix(tail, committed)
    return RepairAction.APPEND if is_kept else RepairAction.REFILL


def _is_prefix(tail: Tail, committed: CommittedState) -> bool:
    """Tell whether the stream holds what the outbox begins with, so that appending is enough."""
    if tail.cursor is None:
        return not committed.events
    if committed.event_id_at_cursor is None or tail.event_id != committed.event_id_at_cursor:
        return False
    is_whole = tail.length == committed.count - len(committed.events)
    return is_whole or must_trim(tail, committed)


def is_foreign(tail: Tail, committed: CommittedState) -> bool:
    """Tell whether no relay of this record can have written the stream (protocol rule 38)."""
    if tail.cursor is None:
        return tail.foreign is not None
    return tail.cursor.timeline > committed.head.timeline + MAX_TIMELINES_AHEAD


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
