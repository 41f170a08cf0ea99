"""Compares an answer with the record: what to add, what to set aside.

Pure. A correction becomes a new revision; nothing is overwritten or ignored. A value in doubt is
set aside instead, until the source confirms it or an operator decides (protocol rule 28).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date as Day
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from itertools import groupby
from operator import attrgetter

from rates_contracts.calendar import BankCalendar, BankingDays, is_weekend
from rates_contracts.observation import FIX, SETTLEMENT, Observation
from rates_sync.upstream import Answer, Published, Rejected, RejectedKind

MAX_MOVE = Decimal("0.10")
"""Relative to the previous observation. The largest daily move of 1996-2026 was 7.65 %."""
FLOATING_SINCE = Day(1996, 1, 1)
"""In the peso crisis before it six real daily moves were larger, up to 22.28 %."""
MAX_REST = timedelta(days=7)
"""How long after its day a FIX begins to settle obligations, at most: over any long weekend."""

SeriesDay = tuple[str, Day]
"""A day of a series."""


class Trust(Enum):
    """What may be taken from an answer (protocol rule 27).

    `NEW_DAYS` is for an answer that is not of now or lacks too many known days: it adds days that
    have no value, and revises, sets aside and releases nothing. `OPERATOR`: large moves have been
    reviewed.
    """

    FULL = "full"
    NEW_DAYS = "new_days"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What is known of values set aside before, each by series, day and digits.

    `releasable` have been seen long enough; `refused` were rejected by an operator and count as
    never published.
    """

    releasable: Collection[tuple[str, Day, str]] = ()
    refused: Collection[tuple[str, Day, str]] = ()


NOT_REVIEWED = Reviewed()


@dataclass(frozen=True, slots=True)
class Changes:
    """Observations to record and data to set aside, ascending by series and date.

    `released` are those observations that had been set aside; `usable` are the days with a value
    that is neither set aside nor refused, changed or not.
    """

    observations: tuple[Observation, ...] = ()
    suspicious: tuple[Rejected, ...] = ()
    released: tuple[Observation, ...] = ()
    usable: frozenset[SeriesDay] = frozenset()


@dataclass(slots=True)
class _Collected:
    """The changes of one series while its days are compared, in their order.

    `previous` is the last accepted value, the measure of the next; `held` tells that a day has been
    set aside, after which no later one is released.
    """

    observations: list[Observation] = field(default_factory=list)
    suspicious: list[Rejected] = field(default_factory=list)
    released: list[Observation] = field(default_factory=list)
    usable: set[SeriesDay] = field(default_factory=set)
    previous: Decimal | None = None
    held: bool = False


class Comparison:
    """The comparison of `answer` with the record, as of `recorded_at`.

    `known` has the newest revisions of each series, ascending by date, from before the answer's
    first day.
    """

    def __init__(
        self,
        answer: Answer,
        known: Mapping[str, Sequence[Observation]],
        calendar: BankCalendar,
        recorded_at: datetime,
        trust: Trust,
        reviewed: Reviewed = NOT_REVIEWED,
    ) -> None:
        self._answer, self._known, self._calendar = answer, known, calendar
        self._recorded_at, self._trust, self._reviewed = recorded_at, trust, reviewed
        self._days = banking_days(calendar, self._fix_days())
        self._agreed = _agreed(answer, self._days)
        self._held: set[SeriesDay] = set()
        self._weekend = [row for row in answer.published if _is_weekend_fix(row)]

    def changes(self) -> Changes:
        """Return what to record and what to set aside."""
        all_series = [
            self._compare(published, self._known.get(series, ()))
            for series, published in groupby(self._answer.published, attrgetter("series"))
        ]
        return Changes(
            observations=tuple(row for collected in all_series for row in collected.observations),
            suspicious=tuple(row for collected in all_series for row in collected.suspicious),
            released=tuple(row for collected in all_series for row in collected.released),
            usable=frozenset(day for collected in all_series for day in collected.usable),
        )

    def _compare(self, published: Iterable[Published], known: Iterable[Observation]) -> _Collected:
        collected = _Collected()
        for shown, before in _by_day(published, known):
            value = before.value if before else None
            if shown is not None and not self._is_refused(shown):
                value = self._take(shown, before, collected)
            elif shown is not None and before is not None:
                # Its recorded value stands by an operator's decision: no other is awaited.
                collected.usable.add((shown.series, shown.date))
            collected.previous = collected.previous if value is None else value
        return collected

    def _take(
        self, shown: Published, before: Observation | None, collected: _Collected
    ) -> Decimal | None:
        """Record the value, or set it aside; return the value that the record then has."""
        value = before.value if before else None
        day = (shown.series, shown.date)
        if shown.value == value:
            collected.usable.add(day)
            return value
        if before is not None and self._trust is Trust.NEW_DAYS:
            return value
        doubt = self._doubt(shown, collected.previous)
        if doubt is not None and not self._is_released(shown, collected):
            collected.held = True
            self._held.add(day)
            collected.suspicious.append(doubt)
            return value
        observation = _observation(shown, before, self._recorded_at, self._answer.sha256)
        collected.observations.append(observation)
        collected.usable.add(day)
        if doubt is not None:
            collected.released.append(observation)
        return shown.value

    def _doubt(self, shown: Published, previous: Decimal | None) -> Rejected | None:
        """Return the value as one to set aside, None if there is no doubt about it."""
        if self._trust is Trust.OPERATOR and not _is_weekend_fix(shown):
            return None
        found = (
            _doubt_of_day(shown, self._calendar)
            or self._doubt_of_rest(shown)
            or _doubt_of_move(shown, previous)
        )
        if found is None:
            return None
        kind, reason = found
        return Rejected(shown.series, shown.date, digits(shown.value), reason, kind)

    def _doubt_of_rest(self, shown: Published) -> tuple[RejectedKind, str] | None:
        """Doubt a settlement rate that has the value of a weekend's FIX, not that of its own."""
        rests = any(
            row.value == shown.value and row.date < shown.date <= row.date + MAX_REST
            for row in self._weekend
        )
        if shown.series == SETTLEMENT and rests and (SETTLEMENT, shown.date) not in self._agreed:
            return "suspicious", "rests on a FIX of a weekend"
        return None

    def _is_released(self, shown: Published, collected: _Collected) -> bool:
        """Tell whether both series agree on a value that was seen long enough (rule 28).

        A settlement day waits for its FIX, which is compared before it.
        """
        return (
            self._trust is Trust.FULL
            and not collected.held
            and not _is_weekend_fix(shown)
            and _key(shown) in self._reviewed.releasable
            and (shown.series, shown.date) in self._agreed
            and partner_of(shown.series, shown.date, self._days) not in self._held
        )

    def _fix_days(self) -> Iterator[Day]:
        """Yield the days with a FIX, recorded or published."""
        yield from (row.date for row in self._known.get(FIX, ()))
        for row in self._answer.published:
            if row.series == FIX and not self._is_refused(row):
                yield row.date

    def _is_refused(self, shown: Published) -> bool:
        return _key(shown) in self._reviewed.refused


def digits(value: Decimal) -> str:
    """Return the digits of a value as published, by which the quarantine knows it."""
    return format(value, "f")


def _key(shown: Published) -> tuple[str, Day, str]:
    return (shown.series, shown.date, digits(shown.value))


def _by_day(
    published: Iterable[Published], known: Iterable[Observation]
) -> Iterator[tuple[Published | None, Observation | None]]:
    """Pair what is published and what is known of each day, ascending."""
    published_on = {row.date: row for row in published}
    known_on = {row.date: row for row in known}
    for day in sorted(published_on.keys() | known_on.keys()):
        yield published_on.get(day), known_on.get(day)


def _is_weekend_fix(shown: Published) -> bool:
    return shown.series == FIX and is_weekend(shown.date)


def _doubt_of_day(shown: Published, calendar: BankCalendar) -> tuple[RejectedKind, str] | None:
    """Doubt a FIX of a day on which banks are closed: Banxico determines none there."""
    if _is_weekend_fix(shown):
        return "weekend", "a FIX of a weekend"
    if shown.series == FIX and _is_closed(shown.date, calendar):
        return "closed_weekday", "a FIX of a day that the calendar closes"
    return None


def _is_closed(day: Day, calendar: BankCalendar) -> bool:
    return calendar.covers(day) and not calendar.is_banking_day(day)


def _doubt_of_move(shown: Published, previous: Decimal | None) -> tuple[RejectedKind, str] | None:
    if previous is None or shown.date < FLOATING_SINCE:
        return None
    if abs(shown.value - previous) > previous * MAX_MOVE:
        return "suspicious", f"moved more than 10 % from {previous}"
    return None


def _agreed(answer: Answer, days: BankingDays) -> frozenset[SeriesDay]:
    """Return the days on which the FIX and the settlement rate that rests on it are equal."""
    values = {(row.series, row.date): row.value for row in answer.published}
    agreed = set()
    for (series, day), value in values.items():
        partner = partner_of(series, day, days)
        if partner is not None and values.get(partner) == value:
            agreed.add((series, day))
    return frozenset(agreed)


def banking_days(calendar: BankCalendar, fix_days: Iterable[Day]) -> BankingDays:
    """Return the banking days by `calendar`, and by the FIX where it closes their weekday.

    The calendar predicts, a FIX refutes it (protocol rule 29); one of a weekend refutes nothing.
    """
    weekdays = {day for day in fix_days if not is_weekend(day)}
    return BankingDays(calendar, calendar.first, weekdays.__contains__)


def partner_of(series: str, day: Day, days: BankingDays) -> SeriesDay | None:
    """Return the settlement day that a FIX first applies to, or the FIX behind a settlement day.

    A settlement day rests on the FIX of two banking days before; a FIX applies from the day after
    the banking day that follows it (`rates_contracts.calendar`). None outside of the calendar.
    """
    if not days.calendar.first < day < days.calendar.last:
        return None
    if series == FIX:
        applies_from = days.legal_dates(day).applies_from
        return None if applies_from is None else (SETTLEMENT, applies_from)
    determined = days.determination_for(day)
    return None if determined is None else (FIX, determined)


def _observation(
    shown: Published, before: Observation | None, recorded_at: datetime, sha256: str
) -> Observation:
    revision = 1 if before is None else before.revision + 1
    return Observation(shown.series, shown.date, revision, shown.value, recorded_at, sha256)
