"""Lists as CSV (RFC 4180): one header line, then a line for each row, as in the JSON.

Members of the JSON envelope are left out. That days of a list are not known is one of them: such a
list is refused as one of its days is (`require_known`), or a spreadsheet would take what is there
for all there is. Pure.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec
from msgspec.structs import astuple

from rates_api.http.problems import Refused
from rates_api.rates.query_parameters import RateQuery
from rates_contracts.answers import (
    Batch,
    BatchResult,
    Change,
    Changes,
    Gap,
    Gaps,
    History,
    RevisionRow,
    Revisions,
    Row,
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


def changes(answer: Changes) -> bytes:
    """Write the changes; the last line has the `cursor` that continues after it."""
    columns = (*Change.__struct_encode_fields__, "cursor")
    last = len(answer.changes) - 1
    rows = (
        (*cells, "" if replaced is None else replaced, answer.next if at == last else "")
        for at, (*cells, replaced) in enumerate(map(astuple, answer.changes))
    )
    return _table(columns, rows)


def batch(answer: Batch) -> bytes:
    """Write a line for each day asked: its rate, or the code of its problem, known or not."""
    return _table(BATCH_COLUMNS, (_flat(result) for result in answer.results))


def _row(row: Row | RevisionRow) -> Sequence[Any]:
    """Return the cells of a row; its warnings come last, set apart by blanks."""
    *cells, warnings = astuple(row)
    return (*cells, " ".join(warnings or ()))


def _flat(result: BatchResult) -> Sequence[Any]:
    built = msgspec.to_builtins(result)
    problem = built.get("problem", {})
    values = {**built.pop("dates", {}), **built.pop("provenance", {}), **built}
    values |= {
        "problem": problem.get("code"),
        "warnings": " ".join(problem.get("warnings", built.get("warnings", ()))),
    }
    return ["" if (value := values.get(column)) is None else value for column in BATCH_COLUMNS]


def _table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Write cells that need no quotes: days, numbers, instants, codes.

    Each row is written as an array of JSON, which is eight times as fast as `csv.writer`.
    """
    lines: bytes = _encode_lines([columns, *rows])
    return lines.translate(None, b'["').replace(b"]\n", b"\r\n")
