"""What the record holds of each series, read under the fence; how an answer changes it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date as Day
from datetime import datetime, timedelta

from rates_contracts.calendar import ONE_DAY, BankCalendar, is_weekend, mexico_day
from rates_contracts.observation import Observation
from rates_sync.cycle.judgement import SEEN_TWICE_AFTER, Context, Judgement
from rates_sync.store.recording import Recording
from rates_sync.store.review import Withdrawal
from rates_sync.store.rows import read_loaded_at
from rates_sync.timetable.status import SeriesKnowledge
from rates_sync.upstream import Answer, Rejected

LOOK_BACK = timedelta(days=15)
"""How far before an answer the record is read, to find the value before its first day."""

MAX_DELAY = timedelta(days=45)
"""A first value that was recorded later than this after its day came with the history."""


async def read_knowledge(
    recording: Recording, series: Sequence[str], first_fix_day: Day
) -> dict[str, SeriesKnowledge]:
    """Return what is known of each of `series`, whose history begins on `first_fix_day`."""
    old = recording.status
    reviewed = [row for row in recording.quarantined if row.under_review]
    withdrawn = [row for row in recording.withdrawals if row.in_force]
    known = {}
    for name in series:
        complete_from = await _complete_from(recording, name, first_fix_day)
        is_complete = complete_from is not None and complete_from <= first_fix_day
        before = old.series.get(name) if old else None
        # It stays, also while a later hole makes the history incomplete.
        at = recording.complete_at.get(name) or (before.complete_at if before else None)
        if at is None and is_complete:
            at = await _first_complete_at(recording, name, is_migrated=before is None)
        known[name] = await _knowledge(
            recording,
            name,
            {row.date for row in reviewed if row.series == name and row.date},
            [row for row in withdrawn if row.series == name],
            complete_from,
            at,
        )
    return known


async def _complete_from(recording: Recording, series: str, first_fix_day: Day) -> Day | None:
    """Return the day since which every day is known.

    A later value makes no absence known that nobody asked about: where weekdays between the newest
    span and the newest value have none, it is the day after them.
    """
    spans = recording.coverage.get(series)
    if not spans:
        return None
    span = spans[-1]
    rows = await recording.newest(series, span.last + ONE_DAY, mexico_day(recording.recorded_at))
    unasked = weekdays_without({row.date for row in rows}, span.last + ONE_DAY)
    return max(unasked[-1] + ONE_DAY if unasked else span.first, first_fix_day)


def weekdays_without(days: Collection[Day], first: Day) -> list[Day]:
    """Return the weekdays from `first` to the last of `days` that are none of them."""
    length = (max(days, default=first) - first).days
    all_days = (first + timedelta(days=n) for n in range(length))
    return [day for day in all_days if not is_weekend(day) and day not in days]


async def _first_complete_at(recording: Recording, series: str, *, is_migrated: bool) -> datetime:
    """Return since when a complete history is; a record of the first edition tells it."""
    if not is_migrated:
        return recording.recorded_at
    loaded_at = await read_loaded_at(recording.connection, series, MAX_DELAY)
    return loaded_at or recording.head.recorded_at


async def _knowledge(
    recording: Recording,
    series: str,
    under_review: set[Day],
    withdrawn: Sequence[Withdrawal],
    complete_from: Day | None,
    complete_at: datetime | None,
) -> SeriesKnowledge:
    days = tuple(row.date for row in withdrawn)
    newest = await recording.newest_day(series, except_for=days)
    # A FIX set aside on a weekend leaves that day closed, and a late one late (rules 28 and 29).
    reviewed = (day for day in under_review if not is_weekend(day))
    seen = max(filter(None, (newest, *reviewed, *days)), default=None)
    return SeriesKnowledge(
        newest_day=newest,
        newest_seen_day=seen,
        complete_from=complete_from,
        complete_at=complete_at,
        under_review=tuple(sorted(under_review, reverse=True)),
        withdrawn=days,
    )


async def read_confirmable(recording: Recording, series: Sequence[str]) -> dict[str, Day | None]:
    """Return the newest known day of each series that an answer must show to confirm it.

    A day that was missed long enough is left out: the next answer that lacks it withdraws it.
    """
    now = recording.recorded_at
    gone = [
        row
        for row in recording.withdrawals
        if row.settled or now - row.first_missed_at >= SEEN_TWICE_AFTER
    ]
    return {
        name: await recording.newest_day(
            name, except_for=[row.date for row in gone if row.series == name]
        )
        for name in series
    }


async def read_context(
    recording: Recording,
    answer: Answer,
    came_at: datetime,
    series: Sequence[str],
    calendar: BankCalendar,
) -> Context:
    """Return what `answer` of `came_at` is judged by: the record from before its first day on."""
    days = [row.date for row in answer.published]
    if answer.query is not None and answer.query.first and answer.query.last:
        days += [answer.query.first, answer.query.last]
    known: Mapping[str, Sequence[Observation]] = {}
    if days:
        known = await recording.newest_of(series, min(days) - LOOK_BACK, max(days))
    return Context(
        known=known,
        quarantine=recording.quarantined,
        withdrawals=recording.withdrawals,
        calendar=calendar,
        now=recording.recorded_at,
        seen_at=came_at,
    )


async def apply_judgement(
    recording: Recording, answer: Answer, judgement: Judgement
) -> tuple[Rejected, ...]:
    """Write what is set aside, withdrawn or back; return what was not in quarantine before."""
    new = await recording.quarantine(judgement.set_aside, answer.sha256)
    await recording.end_quarantine(judgement.released, "released")
    await recording.end_quarantine(judgement.accepted, "accepted")
    await recording.end_quarantine(judgement.closed, "closed")
    await recording.note_missed(judgement.missed)
    await recording.change_withdrawals(judgement.withdrawn, withdrawn_at=recording.recorded_at)
    await recording.forget_missed(judgement.back)
    return new
