"""Histories as data frames, for which pandas or polars are imported on demand."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from usdmxn.errors import MissingPackage

if TYPE_CHECKING:
    import pandas
    import polars

    from usdmxn.answers import Row

COLUMNS = ("date", "rate", "revision", "recorded_at", "derived")
MAX_DIGITS = 38
"""What a decimal of 128 bits holds."""


def to_pandas(rows: "Sequence[Row]") -> "pandas.DataFrame":
    """Return a frame of `rows` indexed by day, the rates as objects. Raises `MissingPackage`."""
    try:
        import pandas
    except ImportError as error:
        raise MissingPackage("pandas") from error
    columns = _columns(rows)
    columns["rate"] = pandas.Series(columns["rate"], dtype="object")
    columns["recorded_at"] = pandas.to_datetime(columns["recorded_at"], utc=True)
    index = pandas.DatetimeIndex(columns.pop("date"), name="date")
    return pandas.DataFrame(columns).set_index(index)


def to_polars(rows: "Sequence[Row]") -> "polars.DataFrame":
    """Return a frame of `rows`, the rates with as many places as any has. Raises `MissingPackage`.

    Instants are UTC.
    """
    try:
        import polars
    except ImportError as error:
        raise MissingPackage("polars") from error
    types = {
        "date": polars.Date(),
        "rate": polars.Decimal(MAX_DIGITS, _places(rows)),
        "revision": polars.Int64(),
        "recorded_at": polars.Datetime("us", "UTC"),
        "derived": polars.Boolean(),
    }
    return polars.DataFrame(_columns(rows), schema=types)


def _columns(rows: "Sequence[Row]") -> dict[str, Any]:
    return {name: [getattr(row, name) for row in rows] for name in COLUMNS}


def _places(rows: "Sequence[Row]") -> int:
    """Return how many decimal places the most exact rate has."""
    return max((-int(row.rate.as_tuple().exponent) for row in rows), default=0)
