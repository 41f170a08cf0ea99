"""What an answer is made from: the record at this moment, or as it was known at an instant.

Made for each rendering from the snapshot and the request's `now`. With `as_of` the series and the
calendar are those of that instant, and "today" is its day in Mexico City. Such an answer has no
freshness (`assessment` is None), and rests on rows and versions of the calendar alone: what is
under review, withdrawn or not verified now says nothing about then (protocol rule 25).
"""

import dataclasses
from collections.abc import Hashable, Mapping, Sequence
from datetime import UTC, datetime
from datetime import date as Day
from functools import cached_property
from typing import Any

import msgspec

from rates_api.http.problems import Refused
from rates_api.snapshot.history import SeriesHistory
from rates_api.snapshot.level import Assessment, is_told
from rates_api.snapshot.snapshot import Snapshot
from rates_contracts.averages import Average
from rates_contracts.calendar import ONE_DAY, BankCalendar, BankingDays, is_weekend, mexico_day
from rates_contracts.events import Head
from rates_contracts.observation import (
    FIRST_FIX_DAY,
    RESTS_ON,
    SERIES_OF,
    Kind,
    Observation,
    SeriesKind,
    Source,
)
from rates_contracts.status import DataStatusDay, SeriesStatus, SyncStatus

COMPLETE = SeriesStatus(complete_from=FIRST_FIX_DAY)
"""What is known of a series at an instant of `as_of`, which is never before `complete_at`."""


@dataclasses.dataclass
class Memo:
    """What was found in the rows of a view, and is the same in all views of the same rows.

    `determinations` are those of settlement days; `derived` the values of the settlement days
    before the stored series, `published` those of the publication days, `missing` the banking days
    without a FIX: each ascending, None before somebody asks for them, and the same on whatever day
    it is today. `resolutions` are what answers for which kind, day and roll at present: those of
    the past may be of another today. `drawn` is what pages show whatever they are asked.
    """

    determinations: dict[Day, Day | None] = dataclasses.field(default_factory=dict)
    derived: Sequence[tuple[Day, Observation, bool]] | None = None
    published: Sequence[tuple[Day, Observation, bool]] | None = None
    missing: Sequence[Day] | None = None
    resolutions: dict[Hashable, Any] = dataclasses.field(default_factory=dict)
    drawn: dict[Hashable, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class View:
    """The record at `at`; `assessment`, `averages` and `data_status` only for the present.

    `head` is where the record stands, `series` tells what is known of each kind. `is_settled` tells
    that no later recording can belong to the answer: only then is it immutable (protocol rule 33).
    """

    at: datetime
    today: Day
    head: Head
    fix: SeriesHistory
    settlement: SeriesHistory
    calendar: BankCalendar
    status: SyncStatus
    series: Mapping[SeriesKind, SeriesStatus]
    assessment: Assessment | None
    averages: tuple[Average, ...] = ()
    data_status: tuple[DataStatusDay, ...] = ()
    is_settled: bool = False
    memo: Memo = dataclasses.field(default_factory=Memo, compare=False)

    @property
    def is_as_of(self) -> bool:
        """Tell whether the answer is about what was known at an instant of the past."""
        return self.assessment is None

    def holds_at(self, instant: datetime) -> bool:
        """Tell whether nothing but `at` is different at `instant`."""
        return self.assessment is not None and self.at <= instant < self.assessment.valid_until

    @property
    def state(self) -> Hashable:
        """Return what tells its rows and its calendar from those of other views of a snapshot."""
        return self.fix.last_recorded_at, self.settlement.last_recorded_at, self.calendar

    def history(self, kind: SeriesKind) -> SeriesHistory:
        """Return the series of `kind`."""
        match kind:
            case "fix":
                return self.fix
            case "settlement":
                return self.settlement

    def recorded(self, kind: SeriesKind, day: Day) -> Observation | None:
        """Return the value of `day`. A FIX of a weekend is a mistake and answers for no day."""
        if kind == "fix" and is_weekend(day):
            return None
        return self.history(kind).on(day)

    def values(self, kind: SeriesKind, first: Day, last: Day) -> Sequence[Observation]:
        """Return the values of the days from `first` to `last`, ascending, each as `recorded`."""
        found = self.history(kind).between(first, last)
        return [row for row in found if kind != "fix" or not is_weekend(row.date)]

    def newest(self, kind: SeriesKind, upto: Day = Day.max) -> Observation | None:
        """Return the value of the last day up to `upto` that has one."""
        found = self.history(kind).at_or_before(upto)
        while found is not None and self.recorded(kind, found.date) is None:
            found = self.history(kind).at_or_before(found.date - ONE_DAY)
        return found

    @cached_property
    def banking_days(self) -> BankingDays:
        """Return the banking days since the first FIX; before the calendar, the FIX's own days."""
        first = min(self.fix.first_day or self.calendar.first, self.calendar.first)
        return BankingDays(self.calendar, first, lambda day: self.recorded("fix", day) is not None)

    def banking_days_between(self, first: Day, last: Day) -> Sequence[Day]:
        """Return the banking days from `first` to `last`, ascending, each as `banking_days` says.

        All at once: asked day by day, thirty years would keep other requests waiting.
        """
        predicted = self.calendar.banking_days(max(first, self.calendar.first), last)
        return sorted({*predicted, *[row.date for row in self.values("fix", first, last)]})

    @property
    def source(self) -> Source:
        """Return who published the values."""
        return self.status.source


def present(snapshot: Snapshot, assessment: Assessment, now: datetime) -> View:
    """Return what is known now."""
    return View(
        at=now,
        today=mexico_day(now),
        head=snapshot.head,
        fix=snapshot.fix,
        settlement=snapshot.settlement,
        calendar=snapshot.calendar,
        status=snapshot.status,
        series={kind: _known(snapshot, series, now) for kind, series in SERIES_OF.items()},
        assessment=assessment,
        averages=snapshot.averages,
        data_status=snapshot.data_status,
    )


def _known(snapshot: Snapshot, series: str, now: datetime) -> SeriesStatus:
    """Return what is known of `series`; past the days that rates-sync told of none is verified."""
    known = snapshot.series_status(series)
    return known if is_told(snapshot, now) else msgspec.structs.replace(known, fresh_until=None)


def as_known_at(snapshot: Snapshot, instant: datetime, now: datetime) -> View:
    """Return what was known at `instant` (UTC), asked at `now`.

    Raises `Refused` before the whole history was recorded.
    """
    complete_at = _complete_at(snapshot)
    if complete_at is None or instant < complete_at:
        raise _before_first_record(complete_at)
    return View(
        at=instant,
        today=mexico_day(instant),
        head=snapshot.head,
        fix=snapshot.fix.as_of(instant),
        settlement=snapshot.settlement.as_of(instant),
        calendar=snapshot.calendar.as_of(instant),
        status=snapshot.status,
        series=dict.fromkeys(SERIES_OF, COMPLETE),
        assessment=None,
        is_settled=instant <= snapshot.head.recorded_at <= now,
    )


def _complete_at(snapshot: Snapshot) -> datetime | None:
    """Return the instant at which both series first were complete, None before."""
    instants = [snapshot.series_status(series).complete_at for series in SERIES_OF.values()]
    complete = [instant for instant in instants if instant is not None]
    return max(complete) if len(complete) == len(instants) else None


def _before_first_record(complete_at: datetime | None) -> Refused:
    if complete_at is None:
        detail = "The history is still being recorded; ask without `as_of` for what is known now."
        return Refused("before-first-record", detail)
    instant = complete_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    detail = (
        f"The whole history was first recorded at {instant}: ask with that instant or a later one, "
        "or without `as_of` for what is known now."
    )
    return Refused("before-first-record", detail, complete_at=complete_at)


def envelope(view: View, kind: Kind) -> dict[str, Any]:
    """Return the members that a list has once for all its rows."""
    stated = {"kind": kind, "source": view.source, "series": SERIES_OF[RESTS_ON[kind]]}
    return {**stated, **as_of_member(view)}


def as_of_member(view: View) -> dict[str, Any]:
    """Return the member `as_of`; none in an answer about the present."""
    return {"as_of": view.at} if view.is_as_of else {}
