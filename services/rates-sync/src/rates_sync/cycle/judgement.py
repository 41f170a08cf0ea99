"""Judges an answer against the record (protocol rules 27 and 28).

Pure: what is recorded, what is set aside, withdrawn or back, and which series are confirmed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Day
from datetime import datetime, timedelta

from rates_contracts.calendar import BankCalendar, mexico_day
from rates_contracts.observation import FIX, SETTLEMENT, Observation
from rates_sync.cycle.comparison import Changes, Comparison, Reviewed, SeriesDay, Trust, digits
from rates_sync.cycle.missing import Missing, missing_days
from rates_sync.store.review import Quarantined, Withdrawal, fingerprint
from rates_sync.upstream import Answer, Rejected

SEEN_TWICE_AFTER = timedelta(minutes=5)
"""Two answers at least this far apart withdraw a day, or release a value that was set aside."""


@dataclass(frozen=True, slots=True)
class Context:
    """What an answer is judged by: the record around its days, and the instant of recording.

    `seen_at` is when the answer came, however late it is recorded (protocol rule 37).
    """

    known: Mapping[str, Sequence[Observation]]
    quarantine: Sequence[Quarantined]
    withdrawals: Sequence[Withdrawal]
    calendar: BankCalendar
    now: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Judgement:
    """What follows from an answer.

    `changes` are recorded, `set_aside` is quarantined; the quarantine's rows in `released`,
    `accepted` and `closed` end so. Known days are `missed` for the first time, `withdrawn`, or
    `back`. `confirmed` are the series that the answer verifies, if it may verify any.
    """

    changes: Changes
    set_aside: tuple[Rejected, ...]
    released: tuple[str, ...]
    accepted: tuple[str, ...]
    closed: tuple[str, ...]
    missed: tuple[SeriesDay, ...]
    withdrawn: tuple[SeriesDay, ...]
    back: tuple[SeriesDay, ...]
    confirmed: frozenset[str]

    @property
    def distrusted(self) -> bool:
        """Tell whether the answer as a whole is set aside."""
        return any(datum.kind == "answer" for datum in self.set_aside)


def judge(answer: Answer, context: Context, *, trusted: bool) -> Judgement:
    """Judge `answer`; `trusted` accepts large moves that an operator has reviewed."""
    missing = _missing(answer, context)
    trust = _trust(answer, missing, trusted=trusted)
    changes = Comparison(
        answer, context.known, context.calendar, context.now, trust, _reviewed(context)
    ).changes()
    distrusted = trust is Trust.NEW_DAYS
    set_aside = _set_aside(answer, changes, missing, trust)
    missed, withdrawn = ((), ()) if distrusted else _withdrawn(missing, context)
    return Judgement(
        changes=changes,
        set_aside=set_aside,
        released=_ids(changes.released),
        accepted=_ids(changes.observations) if trust is Trust.OPERATOR else (),
        closed=() if distrusted else _closed(answer, context, set_aside, changes),
        missed=missed,
        withdrawn=withdrawn,
        back=() if distrusted else _back(answer, context),
        confirmed=NONE if distrusted else _confirmed(changes, context, withdrawn, missing),
    )


NONE: frozenset[str] = frozenset()


def _missing(answer: Answer, context: Context) -> Missing:
    gone = [(row.series, row.date) for row in context.withdrawals if row.settled]
    today = mexico_day(context.seen_at)
    return missing_days(answer, context.known, gone, context.calendar, today)


def _trust(answer: Answer, missing: Missing, *, trusted: bool) -> Trust:
    if not answer.is_of_now or FIX in missing.distrusted:
        return Trust.NEW_DAYS
    return Trust.OPERATOR if trusted else Trust.FULL


def _reviewed(context: Context) -> Reviewed:
    """A value seen for the first time at least 5 minutes ago may be released (rule 28)."""
    releasable, refused = set(), set()
    for row in context.quarantine:
        if row.date is None:
            continue
        if row.state == "rejected":
            refused.add((row.series, row.date, row.raw))
        elif context.seen_at - row.first_seen >= SEEN_TWICE_AFTER:
            releasable.add((row.series, row.date, row.raw))
    return Reviewed(releasable, refused)


def _set_aside(
    answer: Answer, changes: Changes, missing: Missing, trust: Trust
) -> tuple[Rejected, ...]:
    """Return what is quarantined: of a distrusted answer only the answer as a whole."""
    if FIX in missing.distrusted and trust is Trust.NEW_DAYS:
        reason = "more than two known FIX days are missing"
        return (Rejected(FIX, None, "", reason, "answer"),)
    if trust is Trust.NEW_DAYS:
        return ()
    return (*answer.rejected, *changes.suspicious)


def _withdrawn(
    missing: Missing, context: Context
) -> tuple[tuple[SeriesDay, ...], tuple[SeriesDay, ...]]:
    """Return the days missed for the first time, and those missed long enough to be withdrawn."""
    first_missed = {(row.series, row.date): row.first_missed_at for row in context.withdrawals}
    missed = tuple(day for day in missing.days if day not in first_missed)
    withdrawn = tuple(
        day
        for day in missing.days
        if day in first_missed and context.seen_at - first_missed[day] >= SEEN_TWICE_AFTER
    )
    return missed, withdrawn


def _back(answer: Answer, context: Context) -> tuple[SeriesDay, ...]:
    """Return the missed days that the answer shows again."""
    missed = [(row.series, row.date) for row in context.withdrawals]
    return tuple(day for day in missed if day in answer.days)


def _ids(observations: Iterable[Observation]) -> tuple[str, ...]:
    return tuple(
        fingerprint(Rejected(row.series, row.date, digits(row.value), "")) for row in observations
    )


def _closed(
    answer: Answer, context: Context, set_aside: Iterable[Rejected], changes: Changes
) -> tuple[str, ...]:
    """Return the open rows that the answer was asked for and does not show any more."""
    still = {fingerprint(datum) for datum in set_aside} | set(_ids(changes.released))
    return tuple(
        row.id
        for row in context.quarantine
        if row.state == "open" and row.id not in still and _was_asked_for(answer, row)
    )


def _was_asked_for(answer: Answer, row: Quarantined) -> bool:
    """What has no day that was asked for is expected again in each answer to a poll."""
    query = answer.query
    if query is None or row.series in answer.missing_series:
        return False
    if row.under_review and row.date is not None:
        return row.series in query.series and query.covers(row.date)
    return query.confirms is not None


def _confirmed(
    changes: Changes, context: Context, withdrawn: Iterable[SeriesDay], missing: Missing
) -> frozenset[str]:
    """Return the series with a usable value for their newest known day or a later one.

    No answer will show a day that is withdrawn, also where an operator stands by its value.
    """
    gone = {(row.series, row.date) for row in context.withdrawals if row.settled} | set(withdrawn)
    return frozenset(
        series
        for series in (FIX, SETTLEMENT)
        if series not in missing.distrusted
        and _shows_newest(series, changes, context.known.get(series, ()), gone)
    )


def _shows_newest(
    series: str, changes: Changes, known: Sequence[Observation], gone: set[SeriesDay]
) -> bool:
    newest = max((row.date for row in known if (series, row.date) not in gone), default=Day.min)
    return any(name == series and day >= newest for name, day in changes.usable)
