"""Lists as CSV (RFC 4180): one header line, then a line for each row, as in the JSON.

What JSON says once in the envelope is not repeated. Pure.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

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
)


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
    """Write a line for each day asked, its rate or the code of its problem."""
    return _table(BATCH_COLUMNS, (_flat(result) for result in answer.results))


def _flat(result: BatchResult) -> Sequence[Any]:
    built = msgspec.to_builtins(result)
    values = {**built.pop("dates", {}), **built.pop("provenance", {}), **built}
    if "problem" in built:
        values["problem"] = built["problem"]["code"]
    return [values.get(column) for column in BATCH_COLUMNS]


def _structs(kind: type[msgspec.Struct], rows: Iterable[msgspec.Struct]) -> bytes:
    columns = kind.__struct_encode_fields__
    return _table(columns, (list(msgspec.to_builtins(row).values()) for row in rows))


def _table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value
