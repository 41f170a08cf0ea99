"""Lists as CSV (RFC 4180): one header line, then a line for each row, as in the JSON.

Members of the JSON envelope are left out. That days of a list are not known is one of them: such a
list is refused as one of its days is (`require_known`), or a spreadsheet would take what is there
for all there is. Pure.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, get_args

import msgspec
from msgspec.structs import astuple

from rates_api.http.problems import Refused
from rates_api.rates.query_parameters import RateQuery
from rates_contracts.answers import (
    Batch,
    BatchResult,
    CalendarDay,
    CalendarDays,
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
from rates_contracts.observation import Kind

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
SHEET_COLUMNS = ("kind", *BATCH_COLUMNS)
SUMMARY_FIGURES = ("count", "expected", "complete", "mean", "change", "change_percent")
SUMMARY_COLUMNS = (
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
    "warnings",
)
UNKNOWN = ("not-known-then", "history-loading", "not-verified", "under-review")
"""The codes of days that are not known; of several, a list is refused with the first of these."""
NOT_KNOWN = (
    "Not every day of this list is known, which CSV can't say. Ask for JSON, where `known` and "
    "`warnings` do, or for days that are known."
)

_encode_lines = msgspec.json.Encoder().encode_lines


def require_known(query: RateQuery, codes: Collection[str]) -> None:
    """Raise `Refused` if `query` asks for CSV and days of its list have one of the `codes`.

    Before there are rows: a refusal is not cached, and thousands of rows would be made for each.
    """
    if query.format == "csv" and codes:
        raise Refused(next(code for code in UNKNOWN if code in codes), NOT_KNOWN)


def history(answer: History) -> bytes:
    """Write the observations."""
    return _table(Row.__struct_encode_fields__, map(_row, answer.observations))


def revisions(answer: Revisions) -> bytes:
    """Write every revision."""
    return _table(RevisionRow.__struct_encode_fields__, map(_row, answer.observations))


def gaps(answer: Gaps) -> bytes:
    """Write the gaps."""
    return _table(Gap.__struct_encode_fields__, map(astuple, answer.gaps))


def batch(answer: Batch) -> bytes:
    """Write a line for each day asked: its rate, or the code of its problem, known or not."""
    return _table(BATCH_COLUMNS, (_flat(result) for result in answer.results))


def summary(answer: Summary) -> bytes:
    """Write one line: the figures of the span."""
    dated = {name: getattr(answer, name) for name in ("first", "last", "low", "high")}
    values = {
        "from": answer.from_,
        "to": answer.to,
        **{name: getattr(answer, name) for name in SUMMARY_FIGURES},
        **{name: found and found.rate for name, found in dated.items()},
        **{f"{name}_date": found and found.date for name, found in dated.items()},
        "warnings": " ".join(answer.warnings or ()),
    }
    return _table(SUMMARY_COLUMNS, [_filled(SUMMARY_COLUMNS, values)])


def monthly(answer: Monthly) -> bytes:
    """Write a line for each month."""
    return _table(MonthRow.__struct_encode_fields__, map(_blank, map(astuple, answer.months)))


def calendar(answer: CalendarDays) -> bytes:
    """Write a line for each day."""
    return _table(CalendarDay.__struct_encode_fields__, map(_blank, map(astuple, answer.days)))


def sheet(answer: DaySheet) -> bytes:
    """Write a line for each kind of rate: that of the day, or the code of its problem."""
    return _table(SHEET_COLUMNS, [_sheet_line(answer, kind) for kind in get_args(Kind)])


def _row(row: Row | RevisionRow) -> Sequence[Any]:
    """Return the cells of a row; its warnings come last, set apart by blanks."""
    *cells, warnings = astuple(row)
    return (*cells, " ".join(warnings or ()))


def _flat(result: BatchResult) -> Sequence[Any]:
    built = msgspec.to_builtins(result)
    problem = built.pop("problem", {})
    warnings = problem.get("warnings", built.get("warnings", ()))
    return _cells(BATCH_COLUMNS, built, problem=problem.get("code"), warnings=warnings)


def _sheet_line(answer: DaySheet, kind: Kind) -> Sequence[Any]:
    part = getattr(answer, kind)
    built = {} if part is None else msgspec.to_builtins(part)
    named = {"kind": kind, "requested": answer.date, "problem": answer.problems.get(kind)}
    return _cells(SHEET_COLUMNS, built, warnings=built.get("warnings", ()), **named)


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


def _table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Write cells that need no quotes: days, numbers, instants, codes.

    Each row is written as an array of JSON, which is eight times as fast as `csv.writer`.
    """
    lines: bytes = _encode_lines([columns, *rows])
    return lines.translate(None, b'["').replace(b"]\n", b"\r\n")
