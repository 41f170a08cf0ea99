"""Answers as CSV (RFC 4180): one header line, then a line for each row, as in the JSON.

An answer of one value has one line, and `date` there is the day of that value, as in a list.
Members of a list's envelope are left out; those that continue `changes` are in its header `Link`.
That days of a list are not known is one of them: such a list is refused as one of its days is
(`require_known`), or a spreadsheet would take what is there for all there is. Pure.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, get_args

import msgspec
from msgspec import UNSET
from msgspec.structs import astuple

from rates_api.http.parameters import query_fields
from rates_api.http.problems import Refused
from rates_api.rates.query_parameters import RateQuery
from rates_contracts.answers import (
    AverageRate,
    Batch,
    BatchResult,
    CalendarDay,
    CalendarDays,
    Change,
    Changes,
    Conversion,
    CurrentRate,
    DayRate,
    DaySheet,
    Gap,
    Gaps,
    History,
    Monthly,
    MonthRow,
    RevisionRow,
    Revisions,
    Row,
    Summary,
)
from rates_contracts.observation import Kind, Source
from rates_contracts.warnings import in_order

HISTORY_COLUMNS = Row.__struct_encode_fields__
REVISIONS_COLUMNS = RevisionRow.__struct_encode_fields__
GAPS_COLUMNS = Gap.__struct_encode_fields__
CHANGES_COLUMNS = (*Change.__struct_encode_fields__, "cursor")
MONTHLY_COLUMNS = MonthRow.__struct_encode_fields__
CALENDAR_COLUMNS = CalendarDay.__struct_encode_fields__
RATE_COLUMNS = (
    "rate",
    "derived",
    "determined",
    "dof_published",
    "applies_from",
    "applies_to",
    "confirmed",
    "source",
    "series",
    "revision",
    "recorded_at",
    "payload_sha256",
    "in_force",
    "as_of",
)
QUALITY_COLUMNS = ("level", "state", "verified_at", "warnings")
CURRENT_COLUMNS = ("kind", "date", *RATE_COLUMNS, "change", "change_percent", *QUALITY_COLUMNS)
DAY_COLUMNS = ("kind", "date", "requested", "reason", *RATE_COLUMNS, "warnings")
AVERAGE_COLUMNS = (
    "kind",
    "window",
    "mean",
    "from",
    "to",
    "count",
    "expected",
    "complete",
    "known",
    "low",
    "high",
    "first_used",
    "last_used",
    "source",
    "series",
    "as_of",
    *QUALITY_COLUMNS,
)
CONVERT_COLUMNS = (
    "kind",
    "from",
    "to",
    "amount",
    "result",
    "operation",
    "scale",
    "rounding",
    "date",
    "requested",
    "reason",
    *RATE_COLUMNS,
    "warnings",
)
BATCH_COLUMNS = (
    "requested",
    "resolved",
    "reason",
    "rate",
    "derived",
    "determined",
    "applies_from",
    "applies_to",
    "revision",
    "recorded_at",
    "problem",
    "warnings",
    "in_force",
)
SHEET_COLUMNS = ("kind", *BATCH_COLUMNS, "level", "state", "verified_at")
SUMMARY_FIGURES = ("count", "expected", "complete", "mean", "change", "change_percent")
SUMMARY_COLUMNS = (
    "kind",
    "from",
    "to",
    *SUMMARY_FIGURES,
    "first",
    "first_date",
    "last",
    "last_date",
    "low",
    "low_date",
    "high",
    "high_date",
    "as_of",
    "warnings",
)
UNKNOWN = ("not-known-then", "history-loading", "not-verified", "under-review")
"""The codes of days that are not known; of several, a list is refused with the first of these."""
NOT_KNOWN = (
    "Not every day of the span is known, which only JSON can say. Ask for it, where `known` and "
    "`warnings` do, or for days that are known."
)

SPECIAL = re.compile(r'[",\[\]\\\x00-\x1f]+')
"""What in a cell would need quotes, or is taken out by the writer."""
UNSAFE = re.compile(r"[^A-Za-z0-9.]+")
"""What in a file's name means something to a system or a header."""
MAX_FILE_NAME = 100

_encode_lines = msgspec.json.Encoder().encode_lines


class Table(NamedTuple):
    """The columns of a CSV and its rows, whose cells need no quotes: days, numbers, codes."""

    columns: Sequence[str]
    rows: Iterable[Sequence[Any]]


def require_known(query: RateQuery, codes: Collection[str]) -> None:
    """Raise `Refused` if `query` asks for no JSON and days of its span have one of the `codes`.

    Before there are rows: a refusal is not cached, and thousands of rows would be made for each.
    """
    if query.format != "json" and codes:
        raise Refused(next(code for code in UNKNOWN if code in codes), NOT_KNOWN)


def history(answer: History) -> Table:
    """Return the observations."""
    return Table(HISTORY_COLUMNS, map(_row, answer.observations))


def revisions(answer: Revisions) -> Table:
    """Return every revision."""
    return Table(REVISIONS_COLUMNS, map(_revision_row, answer.observations))


def gaps(answer: Gaps) -> Table:
    """Return the gaps."""
    return Table(GAPS_COLUMNS, map(astuple, answer.gaps))


def changes(answer: Changes) -> Table:
    """Return the changes; the last row has the `cursor` that continues after it."""
    last = len(answer.changes) - 1
    rows = (
        _blank((*astuple(change), answer.next if at == last else None))
        for at, change in enumerate(answer.changes)
    )
    return Table(CHANGES_COLUMNS, rows)


def batch(answer: Batch) -> Table:
    """Return a row for each day asked: its rate, or the code of its problem, known or not."""
    return Table(BATCH_COLUMNS, (_flat(result) for result in answer.results))


def current(answer: CurrentRate) -> Table:
    """Return the current rate, and how good it is."""
    return _line(CURRENT_COLUMNS, answer)


def day(answer: DayRate) -> Table:
    """Return the rate of a day."""
    return _line(DAY_COLUMNS, answer)


def average(answer: AverageRate) -> Table:
    """Return the average, and how good it is."""
    return _line(AVERAGE_COLUMNS, answer)


def conversion(answer: Conversion) -> Table:
    """Return the converted amount with its rate."""
    return _line(CONVERT_COLUMNS, answer)


def _line(columns: Sequence[str], answer: msgspec.Struct) -> Table:
    """Return an answer as one row; what it has no member for stays empty."""
    built = msgspec.to_builtins(answer)
    for part in ("dates", "provenance", "freshness"):
        built |= built.pop(part, {})
    built["warnings"] = " ".join(built.get("warnings", ()))
    built.setdefault("date", built.get("resolved"))
    return Table(columns, [_filled(columns, built)])


def summary(answer: Summary) -> Table:
    """Return the figures of the span."""
    dated = {name: getattr(answer, name) for name in ("first", "last", "low", "high")}
    values = {
        "kind": answer.kind,
        "from": answer.from_,
        "to": answer.to,
        "as_of": answer.as_of or None,
        **{name: getattr(answer, name) for name in SUMMARY_FIGURES},
        **{name: found and found.rate for name, found in dated.items()},
        **{f"{name}_date": found and found.date for name, found in dated.items()},
        "warnings": " ".join(answer.warnings or ()),
    }
    return Table(SUMMARY_COLUMNS, [_filled(SUMMARY_COLUMNS, values)])


def monthly(answer: Monthly) -> Table:
    """Return a row for each month."""
    return Table(MONTHLY_COLUMNS, (_blank(_row(month)) for month in answer.months))


def calendar(answer: CalendarDays) -> Table:
    """Return a row for each day; a name is the only text, kept clear of what would need quotes."""
    days = (msgspec.structs.replace(day, name=_unquoted(day.name)) for day in answer.days)
    return Table(CALENDAR_COLUMNS, (_blank(astuple(day)) for day in days))


def _unquoted(name: str | None) -> str | None:
    return name and SPECIAL.sub(" ", name)


def sheet(answer: DaySheet) -> Table:
    """Return a row for each kind of rate: that of the day, or the code of its problem."""
    return Table(SHEET_COLUMNS, [_sheet_line(answer, kind) for kind in get_args(Kind)])


def _row(row: Row | MonthRow) -> Sequence[Any]:
    """Return the cells of a row; its warnings come last, set apart by blanks."""
    *cells, warnings = astuple(row)
    return (*cells, " ".join(warnings or ()))


def _revision_row(row: RevisionRow) -> Sequence[Any]:
    """Return the cells of a revision; what came after v1 began stands behind its warnings."""
    *cells, warnings, derived = astuple(row)
    return (*cells, " ".join(warnings or ()), derived)


def _flat(result: BatchResult) -> Sequence[Any]:
    built = msgspec.to_builtins(result)
    problem = built.pop("problem", {})
    warnings = problem.get("warnings", built.get("warnings", ()))
    return _cells(BATCH_COLUMNS, built, problem=problem.get("code"), warnings=warnings)


def _sheet_line(answer: DaySheet, kind: Kind) -> Sequence[Any]:
    part = getattr(answer, kind)
    built = {} if part is None else msgspec.to_builtins(part)
    named = {"kind": kind, "requested": answer.date, "problem": answer.problems.get(kind)}
    warnings = in_order((*(answer.warnings or ()), *built.get("warnings", ())))
    return _cells(SHEET_COLUMNS, built, warnings=warnings, **named, **_quality(answer))


def _quality(answer: DaySheet) -> dict[str, Any]:
    """Return how good the rates of today are; nothing of another day's."""
    if answer.freshness is UNSET:
        return {}
    fresh = answer.freshness
    return {"level": answer.level, "state": fresh.state, "verified_at": fresh.verified_at}


def _cells(
    columns: Sequence[str], built: dict[str, Any], *, warnings: Iterable[str], **more: Any
) -> Sequence[Any]:
    """Return the cells of a resolved day, its dates and provenance beside the other members."""
    values = {**built.pop("dates", {}), **built.pop("provenance", {}), **built, **more}
    values["warnings"] = " ".join(warnings)
    return _filled(columns, values)


def _filled(columns: Sequence[str], values: Mapping[str, Any]) -> Sequence[Any]:
    """Return a cell for each column, in their order."""
    return _blank([values.get(column) for column in columns])


def _blank(cells: Iterable[Any]) -> Sequence[Any]:
    """Return the cells, an empty one where there is no value."""
    return ["" if cell is None else cell for cell in cells]


def marked(table: Table, source: Source) -> Table:
    """Return the table; each line of a simulator's values warns of it, where lines have warnings.

    A CSV has no envelope that says whose values they are.
    """
    if source != "simulator" or "warnings" not in table.columns:
        return table
    place = table.columns.index("warnings")
    return Table(table.columns, (_warned(row, place) for row in table.rows))


def _warned(row: Sequence[Any], place: int) -> Sequence[Any]:
    """Return the row with the warning of simulated values beside those in its cell at `place`."""
    warnings = in_order((*row[place].split(), "simulated_data"))
    return [*row[:place], " ".join(warnings), *row[place + 1 :]]


def write(table: Table, fields: Sequence[str] | None = None) -> bytes:
    """Write a table, or its columns named in `fields`, in their order.

    Each row is written as an array of JSON, which is eight times as fast as `csv.writer`.
    """
    columns, rows = table if fields is None else _chosen(table, fields)
    lines: bytes = _encode_lines([columns, *rows])
    return lines.translate(None, b'["').replace(b"]\n", b"\r\n")


def _chosen(table: Table, fields: Sequence[str]) -> Table:
    places = [table.columns.index(name) for name in fields]
    return Table(fields, ([row[place] for place in places] for row in table.rows))


def file_name(query: RateQuery) -> str:
    """Return the name of the file with the CSV of `query`, the same whoever answers it.

    It says what was asked: `usd-mxn-historical-last-10.csv`.
    """
    asked = [
        f"{name}-{_in_file_name(value)}"
        for name, field in query_fields(type(query)).items()
        if (value := getattr(query, field.name)) != field.default
        and name != "format"
        and not field.parameter.is_list
    ]
    answered = type(query).__name__.removesuffix("Query").lower()
    name = UNSAFE.sub("-", "-".join(["usd-mxn", answered, *asked]))
    return f"{name[:MAX_FILE_NAME]}.csv"


def _in_file_name(value: Any) -> str:
    return f"{value:%Y-%m-%dT%H%M%SZ}" if isinstance(value, datetime) else str(value)
