"""A place in the order in which everything was recorded, as clients hand it back. Pure.

Its text is opaque to them, `<timeline>-<instant>-<c|l>[-<kind>-<date>-<revision>]`: the last row
that was read, and whether the history was complete (`c`) or still loading (`l`). The row itself is
the place: of one instant 1,014 rows of a backfill were seen. The instant, in microseconds since
1970, tells who must have the row: each worker whose head is not before it (protocol rule 4). A
position does not: rows of a rates-sync without positions have none, or that of the migration.
"""

import dataclasses
import re
from datetime import UTC, datetime, timedelta
from datetime import date as Day

from rates_api.http.parameters import Parameter
from rates_contracts.observation import KIND_OF, SERIES_OF, Observation, SeriesKind

TEXT = re.compile(
    r"(?P<timeline>[0-9]{1,18})-(?P<instant>[0-9]{1,18})-(?P<state>[cl])"
    rf"(-(?P<kind>{'|'.join(SERIES_OF)})-(?P<date>[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})"
    r"-(?P<revision>[1-9][0-9]{0,8}))?"
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclasses.dataclass(frozen=True)
class RowKey:
    """What names a recorded row for ever."""

    kind: SeriesKind
    date: Day
    revision: int


@dataclasses.dataclass(frozen=True)
class Cursor:
    """The place after `row`, recorded at `instant` (microseconds); before all rows without one.

    `complete` tells that the history was complete when the cursor was given.
    """

    timeline: int
    instant: int
    complete: bool
    row: RowKey | None = None

    @classmethod
    def after(cls, row: Observation | None, timeline: int, *, complete: bool) -> "Cursor":
        """Return the place after `row`."""
        if row is None:
            return cls(timeline, 0, complete)
        key = RowKey(KIND_OF[row.series], row.date, row.revision)
        return cls(timeline, _microseconds(row.recorded_at), complete, key)

    def is_after(self, recorded_at: datetime) -> bool:
        """Tell whether its row was recorded after `recorded_at`, UTC."""
        return self.instant > _microseconds(recorded_at)

    def __str__(self) -> str:
        """Return its text."""
        place = f"{self.timeline}-{self.instant}-{'c' if self.complete else 'l'}"
        if self.row is None:
            return place
        return f"{place}-{self.row.kind}-{self.row.date}-{self.row.revision}"


def read_cursor(text: str) -> Cursor:
    """Read the text of a cursor. Raises ValueError."""
    found = TEXT.fullmatch(text)
    if found is None:
        raise ValueError("is no cursor that this API gives")
    timeline, instant = int(found["timeline"]), int(found["instant"])
    return Cursor(timeline, instant, found["state"] == "c", _row(found))


def _microseconds(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)


def _row(found: re.Match[str]) -> RowKey | None:
    if found["kind"] is None:
        return None
    kind = next(kind for kind in SERIES_OF if kind == found["kind"])
    try:
        return RowKey(kind, Day.fromisoformat(found["date"]), int(found["revision"]))
    except ValueError as error:
        raise ValueError("is no cursor that this API gives") from error


CURSOR = Parameter(
    "cursor",
    "Continue after this place: the `next` of the answer before, unchanged.",
    "the `next` of an answer",
    read_cursor,
    {"type": "string"},
    unbounded=True,
)
