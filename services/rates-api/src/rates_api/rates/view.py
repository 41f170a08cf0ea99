"""What an answer may draw on: the record at this moment, or as it was known at an instant.

Made once for each rendering from the snapshot and the request's `now`. With `as_of` the series and
the calendar are those of that instant, "today" is its day in Mexico City, and nothing that can go
stale belongs to the answer (`assessment` is null).
"""

import dataclasses
from datetime import date as Day
from datetime import datetime
from functools import cached_property
from typing import Any

from rates_api.http.problems import Refused
from rates_api.snapshot.history import SeriesHistory
from rates_api.snapshot.level import Assessment
from rates_api.snapshot.snapshot import Snapshot
from rates_contracts.averages import Average
from rates_contracts.calendar import BankCalendar, BankingDays, mexico_day
from rates_contracts.observation import SERIES_OF, Kind, Source
from rates_contracts.status import SyncStatus


@dataclasses.dataclass(frozen=True)
class View:
    """The record at `at`; `assessment` and the shipped `averages` only for the present."""

    at: datetime
    today: Day
    fix: SeriesHistory
    settlement: SeriesHistory
    calendar: BankCalendar
    status: SyncStatus
    assessment: Assessment | None
    averages: tuple[Average, ...] = ()

    def history(self, kind: Kind) -> SeriesHistory:
        """Return the series of `kind`."""
        return self.fix if kind == "fix" else self.settlement

    @cached_property
    def banking_days(self) -> BankingDays:
        """Return the banking days since the first FIX, before the calendar by the FIX itself."""
        return BankingDays(
            self.calendar, self.fix.first_day, lambda day: self.fix.on(day) is not None
        )

    @property
    def source(self) -> Source:
        """Return who published the values."""
        return self.status.source


def present(snapshot: Snapshot, assessment: Assessment, now: datetime) -> View:
    """Return what is known now."""
    return View(
        at=now,
        today=mexico_day(now),
        fix=snapshot.fix,
        settlement=snapshot.settlement,
        calendar=snapshot.calendar,
        status=snapshot.status,
        assessment=assessment,
        averages=snapshot.averages,
    )


def as_known_at(snapshot: Snapshot, instant: datetime) -> View:
    """Return what was known at `instant` (UTC). Raises `Refused` before the first record."""
    first = snapshot.first_recorded_at
    if first is None or instant < first:
        raise _before_first_record(first)
    return View(
        at=instant,
        today=mexico_day(instant),
        fix=snapshot.fix.as_of(instant),
        settlement=snapshot.settlement.as_of(instant),
        calendar=snapshot.calendar.as_of(instant),
        status=snapshot.status,
        assessment=None,
    )


def _before_first_record(first: datetime | None) -> Refused:
    if first is None:
        return Refused("before-first-record", "Nothing has been recorded yet.")
    detail = "Nothing was recorded yet at that instant."
    return Refused("before-first-record", detail, first_recorded_at=first)


def envelope(view: View, kind: Kind) -> dict[str, Any]:
    """Return what a list says once of all its rows."""
    stated = {"kind": kind, "source": view.source, "series": SERIES_OF[kind]}
    return {**stated, **as_of_member(view)}


def as_of_member(view: View) -> dict[str, Any]:
    """Return the `as_of` of an answer about the past, no member in one about the present."""
    return {"as_of": view.at} if view.assessment is None else {}
