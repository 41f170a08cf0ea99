"""One series in memory: every observation with its revisions, found by date.

Immutable: a new observation makes a new history that shares the old rows. Nearly all days have one
revision, so the newest of each day lie in one list, and only what a correction has superseded is
kept beside it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import date as Day
from datetime import datetime
from operator import attrgetter

from rates_contracts.observation import Observation

_date = attrgetter("date")
_date_and_revision = attrgetter("date", "revision")


class SeriesHistory:
    """All revisions of one series, ascending by date and revision; never changes."""

    __slots__ = ("_newest", "_superseded", "first_recorded_at", "last_recorded_at")

    first_recorded_at: datetime | None
    """When the first of these observations was recorded, UTC; null for an empty series."""
    last_recorded_at: datetime | None
    """When the last of these observations was recorded, UTC; null for an empty series."""

    def __init__(
        self,
        newest: list[Observation],
        superseded: dict[Day, tuple[Observation, ...]],
        recorded: Iterable[datetime],
    ) -> None:
        """Wrap rows already in order; `recorded` holds the first and the last of their instants.

        `of` builds one from observations.
        """
        self._newest = newest
        self._superseded = superseded
        instants = list(recorded)
        self.first_recorded_at = min(instants, default=None)
        self.last_recorded_at = max(instants, default=None)

    @classmethod
    def of(cls, observations: Iterable[Observation]) -> "SeriesHistory":
        """Build a history from observations in any order, each (date, revision) counted once."""
        return cls([], {}, ()).with_observations(observations)

    def with_observations(self, new: Iterable[Observation]) -> "SeriesHistory":
        """Return this history and `new`; what is already known changes nothing (rule 12)."""
        newest, superseded = self._newest.copy(), self._superseded.copy()
        rows = sorted(new, key=_date_and_revision)
        added = [row.recorded_at for row in rows if _put(newest, superseded, row)]
        known = filter(None, (self.first_recorded_at, self.last_recorded_at))
        return SeriesHistory(newest, superseded, [*known, *added])

    @property
    def first_day(self) -> Day | None:
        """Return the first observed day, null without observations."""
        return self._newest[0].date if self._newest else None

    @property
    def last_day(self) -> Day | None:
        """Return the last observed day, null without observations."""
        return self._newest[-1].date if self._newest else None

    def on(self, day: Day) -> Observation | None:
        """Return the newest revision of `day`."""
        at = bisect_left(self._newest, day, key=_date)
        found = at < len(self._newest) and self._newest[at].date == day
        return self._newest[at] if found else None

    def at_or_before(self, day: Day) -> Observation | None:
        """Return the newest revision of the last observed day up to `day`."""
        at = bisect_right(self._newest, day, key=_date)
        return self._newest[at - 1] if at else None

    def between(self, first: Day, last: Day) -> Sequence[Observation]:
        """Return the newest revisions from `first` to `last`, both included, ascending."""
        start = bisect_left(self._newest, first, key=_date)
        end = bisect_right(self._newest, last, key=_date)
        return self._newest[start:end]

    def last(self, n: int, upto: Day | None = None) -> Sequence[Observation]:
        """Return the newest revisions of the last `n` observed days up to `upto`, ascending."""
        end = len(self._newest) if upto is None else bisect_right(self._newest, upto, key=_date)
        return self._newest[max(end - n, 0) : end]

    def revisions(self, day: Day) -> Sequence[Observation]:
        """Return everything ever recorded for `day`, ascending by revision."""
        newest = self.on(day)
        return () if newest is None else (*self._superseded.get(day, ()), newest)

    def as_of(self, instant: datetime) -> "SeriesHistory":
        """Return what was known at `instant`: the rows with `recorded_at` not after it."""
        if self.last_recorded_at is None or self.last_recorded_at <= instant:
            return self
        return SeriesHistory.of(row for row in self._rows() if row.recorded_at <= instant)

    def __len__(self) -> int:
        """Return the number of observed days."""
        return len(self._newest)

    def __eq__(self, other: object) -> bool:
        """Compare every row."""
        if not isinstance(other, SeriesHistory):
            return NotImplemented
        return self._newest == other._newest and self._superseded == other._superseded

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"SeriesHistory({len(self)} days, {self.first_day} to {self.last_day})"

    def _rows(self) -> Iterable[Observation]:
        yield from self._newest
        for rows in self._superseded.values():
            yield from rows


def _put(
    newest: list[Observation], superseded: dict[Day, tuple[Observation, ...]], row: Observation
) -> bool:
    """Insert `row`, in place, and tell whether it was new.

    The newest revision of its day moves to or stays in `newest`.
    """
    at = bisect_left(newest, row.date, key=_date)
    if at == len(newest) or newest[at].date != row.date:
        newest.insert(at, row)
        return True
    known = {old.revision: old for old in (*superseded.get(row.date, ()), newest[at])}
    if row.revision in known:
        return False
    known[row.revision] = row
    *older, newest[at] = (known[revision] for revision in sorted(known))
    superseded[row.date] = tuple(older)
    return True
