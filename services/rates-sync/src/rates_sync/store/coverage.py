"""Which days of a series were asked for: of the others nothing is known (protocol rule 25)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Day
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from rates_contracts.calendar import ONE_DAY
from rates_sync.store.schema import completeness, coverage

PROVISIONAL = timedelta(days=10)
"""Of a span's newest days values may come after they were asked for: they are asked for again."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Days, both ends included."""

    first: Day
    last: Day

    def overlaps(self, other: "Span") -> bool:
        """Tell whether a day is in both."""
        return self.first <= other.last and other.first <= self.last


Coverage = Mapping[str, tuple[Span, ...]]
"""The spans of each series, ascending; those of a series never touch."""
NOTHING: Coverage = {}


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the same days as spans that neither overlap nor touch, ascending."""
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and span.first <= joined[-1].last + ONE_DAY:
            joined[-1] = Span(joined[-1].first, max(joined[-1].last, span.last))
        else:
            joined.append(span)
    return tuple(joined)


def lasting(known: tuple[Span, ...], added: Sequence[Span]) -> tuple[Span, ...]:
    """Return the `known` spans; of the newest only what is final, if `added` begin beyond it.

    Then nobody would ask for its newest days again.
    """
    if not known or not added or min(added).first <= known[-1].last + ONE_DAY:
        return known
    *older, newest = known
    final = Span(newest.first, newest.last - PROVISIONAL)
    return (*older, final) if final.first <= final.last else tuple(older)


def uncovered(span: Span, spans: Sequence[Span]) -> tuple[Span, ...]:
    """Return the days of `span` that are in none of `spans`, which ascend and never overlap."""
    ends = [span.first - ONE_DAY, *(row.last for row in spans)]
    starts = [*(row.first for row in spans), span.last + ONE_DAY]
    between = (
        Span(max(end + ONE_DAY, span.first), min(start - ONE_DAY, span.last))
        for end, start in zip(ends, starts, strict=True)
    )
    return tuple(gap for gap in between if gap.first <= gap.last)


SELECT_COVERAGE = select(coverage.c.series, coverage.c.first, coverage.c.last)
SELECT_COMPLETE_AT = select(completeness.c.series, completeness.c.complete_at)


def coverage_of(rows: Iterable[Sequence[Any]]) -> Coverage:
    """Return the spans of every series in rows of `SELECT_COVERAGE`, which come in any order."""
    return {
        series: tuple(Span(first, last) for _, first, last in spans)
        for series, spans in groupby(sorted(map(tuple, rows)), itemgetter(0))
    }


async def read_coverage(connection: AsyncConnection) -> Coverage:
    """Return the spans of every series that has any."""
    return coverage_of(await connection.execute(SELECT_COVERAGE))


async def keep_complete_at(connection: AsyncConnection, instants: Mapping[str, datetime]) -> None:
    """Keep when the history of further series was complete: once, it is never moved."""
    rows = [{"series": series, "complete_at": at} for series, at in instants.items()]
    if rows:
        await connection.execute(insert(completeness), rows)


async def add_coverage(
    connection: AsyncConnection, known: Coverage, added: Coverage, silent: Coverage = NOTHING
) -> Coverage:
    """Merge the spans of `added` into those that are `known`, and take out the `silent` ones.

    Return what the record holds then. The lease row is locked already. What was asked for just
    before a hole is part of the hole: its values may have come later.
    """
    changed = {
        series: _merged(known.get(series, ()), spans, silent.get(series, ()))
        for series, spans in added.items()
    }
    after = {**known, **changed}
    old, new = _rows(known), _rows(after)
    await _extend(connection, {key: last for key, last in new.items() if key in old}, old)
    await _delete(connection, old.keys() - new.keys())
    rows = [(*key, new[key]) for key in sorted(new.keys() - old.keys())]
    if rows:
        names = ("series", "first", "last")
        values = [dict(zip(names, row, strict=True)) for row in rows]
        await connection.execute(insert(coverage), values)
    return after


_Key = tuple[str, Day]


def _merged(
    known: tuple[Span, ...], added: tuple[Span, ...], silent: tuple[Span, ...]
) -> tuple[Span, ...]:
    joined = merged((*lasting(known, added), *added))
    return tuple(part for span in joined for part in uncovered(span, silent))


def _rows(spans: Coverage) -> dict[_Key, Day]:
    """Return the last day of each span, by series and first day."""
    return {(name, span.first): span.last for name, each in spans.items() for span in each}


async def _extend(
    connection: AsyncConnection, lasts: Mapping[_Key, Day], old: Mapping[_Key, Day]
) -> None:
    """Set the last day of the spans that have another one now, in a statement for each day."""
    changed = sorted((last, key) for key, last in lasts.items() if old[key] != last)
    for last, spans in groupby(changed, itemgetter(0)):
        those = update(coverage).where(_any_of(key for _, key in spans))
        await connection.execute(those.values(last=last))


async def _delete(connection: AsyncConnection, keys: Collection[_Key]) -> None:
    if keys:
        await connection.execute(delete(coverage).where(_any_of(keys)))


def _any_of(keys: Iterable[_Key]) -> ColumnElement[bool]:
    return or_(*(and_(coverage.c.series == name, coverage.c.first == day) for name, day in keys))
