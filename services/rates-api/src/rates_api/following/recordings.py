"""What a snapshot has recorded beyond an earlier one, change by change, each at its position. Pure.

Rows of a rates-sync that knows no positions have none of their own: 0, or what the record gives to
all of them (the head's at its migration), which is not above what was recorded before. They can
only be told of by the position of the snapshot that brought them.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import accumulate, chain, groupby, islice, pairwise
from operator import attrgetter, itemgetter

from rates_api.snapshot.history import SeriesHistory
from rates_api.snapshot.snapshot import Snapshot
from rates_contracts.events import Position
from rates_contracts.observation import SERIES_OF, Observation

MAX_ROWS = 1000
"""A position with more, as a backfill's has, is no message: clients are told to read anew."""

_place = attrgetter("recorded_at", "series", "date", "revision")
_content = attrgetter("date", "revision", "value", "recorded_at")


@dataclasses.dataclass(frozen=True)
class RecordedChange:
    """What was recorded at a position, in the order of its recording.

    Who has seen the record more often may have told of it in parts, at positions between `since`
    and `at`; nobody has where `since` is `at`.
    """

    at: Position
    rows: Sequence[Observation]
    since: Position


def continues(sent: Snapshot, latest: Snapshot) -> bool:
    """Tell whether `latest` has what `sent` has, unchanged, and more at a later head alone."""
    if not all(_is_prefix(sent.series[name], latest.series[name]) for name in SERIES_OF.values()):
        return False
    before, head = sent.head, latest.head
    if before.at == head.at:
        return before.event_id == head.event_id and not _rows_beyond(sent, latest)
    return before.timeline == head.timeline and before.position < head.position


def changes_since(sent: Snapshot, latest: Snapshot) -> Iterator[RecordedChange]:
    """Yield what `latest` has recorded beyond `sent`, which it continues; positions rise."""
    rows, before, head = _rows_beyond(sent, latest), sent.head.at, latest.head.at
    own = (row.position if row.position > before.position else head.position for row in rows)
    for place, group in groupby(zip(accumulate(own, max), rows, strict=True), itemgetter(0)):
        at, of_it = Position(head.timeline, place), [row for _, row in group]
        is_own = all(row.position == place for row in of_it)
        yield RecordedChange(at, of_it, at if is_own else before)
        before = at


def newest(snapshot: Snapshot) -> Iterator[RecordedChange]:
    """Yield the last changes of a record, newest first, as far as their positions are their own.

    That of one recording is: it has one instant, and is above that of the recording before.
    """
    for (place, rows), (before, _) in pairwise(chain(_backwards(snapshot), [(0, [])])):
        is_one = rows[0].recorded_at == rows[-1].recorded_at and len(rows) <= MAX_ROWS
        if place <= before or not is_one:
            return
        at = Position(snapshot.head.timeline, place)
        yield RecordedChange(at, rows[::-1], at)


def _is_prefix(before: SeriesHistory, after: SeriesHistory) -> bool:
    """Tell whether `after` begins with all of `before`; rows are the same whatever position."""
    if before is after:
        return True
    begun = after.journal[: len(before.journal)]
    # The same rows, as an event leaves them, are compared at once.
    return begun == before.journal or (
        len(begun) == len(before.journal)
        and [*map(_content, begun)] == [*map(_content, before.journal)]
    )


def _rows_beyond(sent: Snapshot, latest: Snapshot) -> list[Observation]:
    """Return the rows that `latest` has after those of `sent`, in the order of recording."""
    pairs = [(sent.series[name], latest.series[name]) for name in SERIES_OF.values()]
    new = (after.journal[len(before.journal) :] for before, after in pairs if before is not after)
    return sorted(chain.from_iterable(new), key=_place)


def _backwards(snapshot: Snapshot) -> Iterator[tuple[int, list[Observation]]]:
    """Yield position and rows, newest first, one more than `MAX_ROWS` at most of each."""
    journals = (reversed(snapshot.series[name].journal) for name in SERIES_OF.values())
    rows = merge(*journals, key=_place, reverse=True)
    for place, group in groupby(rows, attrgetter("position")):
        yield place, list(islice(group, MAX_ROWS + 1))
