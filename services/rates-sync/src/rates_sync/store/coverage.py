"""Which days of a series were asked for: of the others nothing is known (protocol rule 25)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Day
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter

from sqlalchemy import delete, insert, select
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


async def read_newest_span(connection: AsyncConnection, series: str) -> Span | None:
    """Return the newest span of `series`, None while no day was asked for."""
    newest = select(coverage).where(coverage.c.series == series).order_by(coverage.c.first.desc())
    row = (await connection.execute(newest.limit(1))).one_or_none()
    return None if row is None else Span(row.first, row.last)


async def read_coverage(connection: AsyncConnection) -> Coverage:
    """Return the spans of every series that has any."""
    ordered = select(coverage).order_by(coverage.c.series, coverage.c.first)
    rows = await connection.execute(ordered)
    return {
        series: tuple(Span(row.first, row.last) for row in spans)
        for series, spans in groupby(rows, attrgetter("series"))
    }


async def read_complete_at(connection: AsyncConnection) -> dict[str, datetime]:
    """Return when the whole history of each series first was there, without those still loading."""
    rows = await connection.execute(select(completeness.c.series, completeness.c.complete_at))
    return {row.series: row.complete_at for row in rows}


async def keep_complete_at(connection: AsyncConnection, instants: Mapping[str, datetime]) -> None:
    """Keep when the history of further series was complete: once, it is never moved."""
    rows = [{"series": series, "complete_at": at} for series, at in instants.items()]
    if rows:
        await connection.execute(insert(completeness), rows)


async def add_coverage(
    connection: AsyncConnection, known: Coverage, added: Coverage, silent: Coverage = NOTHING
) -> None:
    """Merge the spans of `added` into those that are `known`, and take out the `silent` ones.

    What was asked for just before a hole is part of the hole: its values may have come later. The
    lease row is locked already.
    """
    for series, spans in added.items():
        old, holes = known.get(series, ()), silent.get(series, ())
        joined = merged((*lasting(old, spans), *spans))
        new = tuple(part for span in joined for part in uncovered(span, holes))
        if new != old:
            await _replace(connection, series, new)


async def _replace(connection: AsyncConnection, series: str, spans: tuple[Span, ...]) -> None:
    await connection.execute(delete(coverage).where(coverage.c.series == series))
    rows = [{"series": series, "first": span.first, "last": span.last} for span in spans]
    if rows:
        await connection.execute(insert(coverage), rows)
