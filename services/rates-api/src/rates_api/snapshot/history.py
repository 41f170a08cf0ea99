"""One series in memory: every observation with its revisions, found by date.

Immutable: a new observation makes a new history that shares the old rows. Nearly all days have one
revision. The latest revisions are one list; superseded ones are kept separately.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import date as Day
from datetime import datetime
from itertools import chain
from operator import attrgetter

from rates_contracts.observation import Observation

_date = attrgetter("date")
_date_and_revision = attrgetter("date", "revision")
_as_recorded = attrgetter("recorded_at", "date", "revision")

MAX_EARLIER = 8
"""So many earlier states are kept: each is asked for by all instants until the next recording."""


class SeriesHistory:
    """All revisions of one series, ascending by date and revision; never changes."""

    __slots__ = ("_earlier", "_journal", "_newest", "_payloads", "_recordings", "_superseded")

    def __init__(
        self,
        newest: list[Observation],
        superseded: dict[Day, tuple[Observation, ...]],
        recordings: list[datetime],
        journal: list[Observation] | None = None,
    ) -> None:
        """Wrap sorted rows and the instants (UTC) at which they were recorded, ascending.

        `journal` has them in that order, where it is known. `of` builds one from observations.
        """
        self._newest, self._superseded, self._recordings = newest, superseded, recordings
        self._earlier: dict[int, SeriesHistory] = {}
        self._journal = journal
        self._payloads: frozenset[str] | None = None

    @classmethod
    def of(cls, observations: Iterable[Observation]) -> "SeriesHistory":
        """Build a history from observations in any order, each (date, revision) counted once."""
        return cls([], {}, []).with_observations(observations)

    def with_observations(self, new: Iterable[Observation]) -> "SeriesHistory":
        """Return this history and `new`; known rows change nothing (rule 12)."""
        newest, superseded = self._newest.copy(), self._superseded.copy()
        recordings, added = self._recordings.copy(), []
        for row in sorted(new, key=_date_and_revision):
            if _put(newest, superseded, row):
                _put_instant(recordings, row.recorded_at)
                added.append(row)
        return SeriesHistory(newest, superseded, recordings, self._journal_with(added))

    def _journal_with(self, added: list[Observation]) -> list[Observation] | None:
        """Return the journal with what an event adds at its end; None where it must be sorted."""
        if not self._journal or any(
            row.recorded_at <= self._journal[-1].recorded_at for row in added
        ):
            return None
        return self._journal + sorted(added, key=_as_recorded)

    @property
    def first_recorded_at(self) -> datetime | None:
        """Return when the first observation was recorded, UTC; None for an empty series."""
        return self._recordings[0] if self._recordings else None

    @property
    def last_recorded_at(self) -> datetime | None:
        """Return when the last observation was recorded, UTC; None for an empty series."""
        return self._recordings[-1] if self._recordings else None

    @property
    def first_day(self) -> Day | None:
        """Return the first observed day, None without observations."""
        return self._newest[0].date if self._newest else None

    @property
    def last_day(self) -> Day | None:
        """Return the last observed day, None without observations."""
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

    def revision(self, day: Day, number: int) -> Observation | None:
        """Return one revision of `day`, None without it."""
        found = (row for row in self.revisions(day) if row.revision == number)
        return next(found, None)

    @property
    def journal(self) -> Sequence[Observation]:
        """Return everything ever recorded as it was recorded: by instant, date and revision.

        It only grows at its end: `recorded_at` rises with each recording (protocol rule 4).
        """
        if self._journal is None:
            superseded = chain.from_iterable(self._superseded.values())
            self._journal = sorted(chain(self._newest, superseded), key=_as_recorded)
        return self._journal

    def as_of(self, instant: datetime) -> "SeriesHistory":
        """Return what was known at `instant`: the rows with `recorded_at` not after it."""
        made = bisect_right(self._recordings, instant)
        if made == len(self._recordings):
            return self
        if made not in self._earlier:
            if len(self._earlier) == MAX_EARLIER:
                del self._earlier[next(iter(self._earlier))]
            self._earlier[made] = self._after(made)
        return self._earlier[made]

    def _after(self, made: int) -> "SeriesHistory":
        """Return the state after the first so many recordings; superseded rows were newest then."""
        recordings = self._recordings[:made]
        if not recordings:
            return SeriesHistory([], {}, [])
        last = recordings[-1]
        newest = [row for row in self._newest if row.recorded_at <= last]
        superseded = [row for rows in self._superseded.values() for row in rows]
        found = SeriesHistory(newest, {}, recordings)
        return found.with_observations(row for row in superseded if row.recorded_at <= last)

    @property
    def payloads(self) -> frozenset[str]:
        """Return the SHA-256 of each raw answer that a revision of any day was read from."""
        if self._payloads is None:
            superseded = chain.from_iterable(self._superseded.values())
            self._payloads = frozenset(
                row.payload_sha256 for row in chain(self._newest, superseded)
            )
        return self._payloads

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


def _put_instant(recordings: list[datetime], instant: datetime) -> None:
    """Insert `instant`, in place, where it is not there yet; nearly always it is the last."""
    at = bisect_left(recordings, instant)
    if at == len(recordings) or recordings[at] != instant:
        recordings.insert(at, instant)


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
