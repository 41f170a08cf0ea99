"""Which days an answer covers, and which days nothing covers yet (protocol rule 25).

Pure. A day that is covered has the values that are recorded, or none; of any other day nothing is
known.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date as Day
from datetime import timedelta
from itertools import pairwise

from rates_contracts.calendar import ONE_DAY, is_weekend
from rates_contracts.observation import FIX
from rates_sync.store.coverage import Coverage, Span, merged
from rates_sync.upstream import Answer

MAX_CLOSURE = timedelta(days=15)
"""No two FIX were ever more than 5 days apart: a longer gap is missing history."""


def covered(answer: Answer, series: str, today: Day) -> tuple[Span, ...]:
    """Return the days of `series` that `answer` covers, ascending, none of them after `today`.

    None of an answer that is not of now, lacks the series or has a row whose day can't be read.
    A weekday `today` is covered by its value alone: one that is not out yet may come after the last
    question, and then nobody asks for it again.
    """
    days = {day for name, day in answer.days if name == series}
    asked = _asked(answer, today if today in days or is_weekend(today) else today - ONE_DAY)
    if asked is None or not answer.is_of_now or not _is_readable(answer, series):
        return ()
    seen = sorted(day for day in days if asked.first <= day <= asked.last)
    if series == FIX:
        # The settlement series has no such edges: it began in 2020.
        seen = [asked.first - ONE_DAY, *seen, asked.last + ONE_DAY]
    return uncovered(asked, list(_silences(seen)))


def holes(span: Span, series: Iterable[str], coverage: Coverage) -> tuple[Span, ...]:
    """Return the days of `span` that `coverage` lacks for any of `series`, ascending."""
    return merged(hole for name in series for hole in uncovered(span, coverage.get(name, ())))


def uncovered(span: Span, spans: Sequence[Span]) -> tuple[Span, ...]:
    """Return the days of `span` that are in none of `spans`, which ascend and never overlap."""
    ends = [span.first - ONE_DAY, *(row.last for row in spans)]
    starts = [*(row.first for row in spans), span.last + ONE_DAY]
    between = (
        Span(max(end + ONE_DAY, span.first), min(start - ONE_DAY, span.last))
        for end, start in zip(ends, starts, strict=True)
    )
    return tuple(gap for gap in between if gap.first <= gap.last)


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
