"""Lists as CSV (RFC 4180): one header line, then a line for each row, as in the JSON.

Members of the JSON envelope are left out. That days of a list are not known is one of them: such a
list is refused as one of its days is (`require_known`), or a spreadsheet would take what is there
for all there is. Pure.
"""

import csv
import io
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec

from rates_api.http.problems import Refused
from rates_api.rates.query_parameters import RateQuery
from rates_contracts.answers import (
    Batch,
    BatchResult,
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


def require_known(query: RateQuery, codes: Collection[str]) -> None:
    """Raise `Refused` if `query` asks for CSV and days of its list have one of the `codes`.

    Before there are rows: a refusal is not cached, and thousands of rows would be made for each.
    """
    if query.format == "csv" and codes:
        raise Refused(next(code for code in UNKNOWN if code in codes), NOT_KNOWN)


def history(answer: History) -> bytes:
    """Write the observations."""
    return _structs(Row, answer.observations)


def revisions(answer: Revisions) -> bytes:
    """Write every revision."""
    return _structs(RevisionRow, answer.observations)


def gaps(answer: Gaps) -> bytes:
    """Write the gaps."""
    return _structs(Gap, answer.gaps)


def batch(answer: Batch) -> bytes:
    """Write a line for each day asked: its rate, or the code of its problem, known or not."""
    return _table(BATCH_COLUMNS, (_flat(result) for result in answer.results))


def _flat(result: BatchResult) -> Sequence[Any]:
    built = msgspec.to_builtins(result)
    values = {**built.pop("dates", {}), **built.pop("provenance", {}), **built}
    if "problem" in built:
        values["problem"] = built["problem"]["code"]
        values["warnings"] = built["problem"].get("warnings")
    return [values.get(column) for column in BATCH_COLUMNS]


def _structs(kind: type[msgspec.Struct], rows: Iterable[msgspec.Struct]) -> bytes:
    columns = kind.__struct_encode_fields__
    built = (msgspec.to_builtins(row) for row in rows)
    return _table(columns, ([row.get(column) for column in columns] for row in built))


def _table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    """Return what stands in a cell; several codes are set apart by blanks."""
    if isinstance(value, bool):
        return str(value).lower()
    return " ".join(value) if isinstance(value, (list, tuple)) else value
