"""Which days an answer covers, and which days nothing covers yet (protocol rule 25).

Pure. A day that is covered has the values that are recorded, or none; of any other day nothing is
known.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date as Day
from datetime import timedelta
from itertools import pairwise
from typing import Literal

from rates_contracts.calendar import ONE_DAY, is_weekend
from rates_contracts.observation import FIX
from rates_sync.banxico.series import SERIES
from rates_sync.store.coverage import Coverage, Span, merged, uncovered
from rates_sync.upstream import Answer

MAX_CLOSURE = timedelta(days=15)
"""No two FIX were ever more than 5 days apart: a longer gap is missing history."""


def covered(answer: Answer, series: str, today: Day) -> tuple[Span, ...]:
    """Return the days of `series` that `answer` covers, ascending, none of them after `today`.

    None of an answer that is not of now, lacks the series or has a row whose day can't be read.
    A weekday `today` is covered by its value alone: one that is not out yet may come after the last
    question, and then nobody asks for it again.
    """
    asked = _covering(answer, series, today)
    if asked is None:
        return ()
    seen = _seen(answer, series, asked)
    if series == FIX:
        # The settlement series has no such edges: it began in 2020.
        seen = [asked.first - ONE_DAY, *seen, asked.last + ONE_DAY]
    return uncovered(asked, list(_silences(seen)))


def silences(
    answer: Answer, series: str, today: Day, neighbours: Iterable[Day], known: Sequence[Span]
) -> tuple[Span, ...]:
    """Return the days that `answer` shows to be a hole, also those that others have covered.

    They lie between two values too far apart, one of which may be recorded: `neighbours` are the
    recorded days next to those that were asked for. Not where nobody asked yet, by the spans that
    are `known`, nor where these have every day: such a silence is accepted.
    """
    asked = _covering(answer, series, today)
    if asked is None:
        return ()
    whole = merged((*known, asked))
    return tuple(
        silence
        for silence in _silences(sorted({*neighbours, *_seen(answer, series, asked)}))
        if uncovered(silence, known) and not uncovered(silence, whole)
    )


def unusable(answer: Answer) -> Literal["unconfirmed", "malformed"] | None:
    """Return why `answer` covers no day of one of its series, None if it covers days of each.

    It is not of now, or it lacks a series or has a row whose day can't be read: that tells nothing
    of the days that were asked for.
    """
    if not answer.is_of_now:
        return "unconfirmed"
    if not all(_is_readable(answer, series) for series in SERIES):
        return "malformed"
    return None


def holes(span: Span, series: Iterable[str], coverage: Coverage) -> tuple[Span, ...]:
    """Return the days of `span` that `coverage` lacks for any of `series`, ascending."""
    return merged(hole for name in series for hole in uncovered(span, coverage.get(name, ())))


def _covering(answer: Answer, series: str, today: Day) -> Span | None:
    """Return the days that `answer` speaks of, None if it covers none."""
    is_final = (series, today) in answer.days or is_weekend(today)
    asked = _asked(answer, today if is_final else today - ONE_DAY)
    return asked if answer.is_of_now and _is_readable(answer, series) else None


def _seen(answer: Answer, series: str, asked: Span) -> list[Day]:
    days = (day for name, day in answer.days if name == series)
    return sorted(day for day in days if asked.first <= day <= asked.last)


def _asked(answer: Answer, last: Day) -> Span | None:
    query = answer.query
    if query is None or query.first is None or query.last is None or query.first > last:
        return None
    return Span(query.first, min(query.last, last))


def _is_readable(answer: Answer, series: str) -> bool:
    undated = any(row.series == series and row.kind == "undated" for row in answer.rejected)
    return series not in answer.missing_series and not undated


def _silences(days: Sequence[Day]) -> Iterator[Span]:
    """Yield the days between two of `days` that lie too far apart."""
    for before, after in pairwise(days):
        if after - before > MAX_CLOSURE:
            yield Span(before + ONE_DAY, after - ONE_DAY)
