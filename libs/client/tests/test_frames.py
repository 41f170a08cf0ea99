"""Histories as frames: exact rates, days as days, instants as instants."""

import builtins
from datetime import date
from decimal import Decimal
from typing import Any

import polars
import pytest

from usdmxn.answers import History
from usdmxn.errors import MissingPackage
from usdmxn.http.reading import decoded

TEXT = b"""{"base":"USD","quote":"MXN","kind":"fix","source":"Banco de M\xc3\xa9xico",
"series":"SF43718","from":"1991-11-12","to":"1991-11-13","known":true,"count":2,"missing":0,
"observations":[
{"date":"1991-11-12","rate":"3.07","revision":1,"recorded_at":"1991-11-12T18:00:00Z","derived":false},
{"date":"1991-11-13","rate":"3.0712","revision":2,"recorded_at":"1991-11-13T18:00:00Z","derived":true}
]}"""
HISTORY = decoded(TEXT, History, "test")
EMPTY = decoded(
    b'{"base":"USD","quote":"MXN","kind":"fix","source":"s","series":"s","from":null,"to":null,'
    b'"known":true,"count":0,"missing":0,"observations":[]}',
    History,
    "test",
)


def test_pandas_has_decimals() -> None:
    """With the digits that were published, indexed by day."""
    frame = HISTORY.to_pandas()
    assert [str(rate) for rate in frame["rate"]] == ["3.07", "3.0712"]
    assert [day.date() for day in frame.index] == [date(1991, 11, 12), date(1991, 11, 13)]
    assert str(frame["recorded_at"].dt.tz) == "UTC"
    assert list(frame["revision"]) == [1, 2]
    assert list(frame["derived"]) == [False, True]


def test_polars_has_decimals() -> None:
    """With as many places as the most exact rate."""
    frame = HISTORY.to_polars()
    assert frame["rate"].to_list() == [Decimal("3.07"), Decimal("3.0712")]
    assert frame.schema["rate"] == polars.Decimal(38, 4)
    assert frame.schema["date"] == polars.Date
    assert frame.schema["recorded_at"] == polars.Datetime("us", "UTC")


def test_an_empty_history_is_an_empty_frame() -> None:
    """With the same columns."""
    assert list(EMPTY.to_pandas().columns) == list(HISTORY.to_pandas().columns)
    assert EMPTY.to_polars().columns == HISTORY.to_polars().columns
    assert len(EMPTY.to_pandas()) == len(EMPTY.to_polars()) == 0


@pytest.mark.parametrize("package", ["pandas", "polars"])
def test_a_missing_package_is_said(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    """With the command that installs it."""
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == package:
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingPackage, match=rf"pip install 'usdmxn\[{package}\]'"):
        getattr(HISTORY, f"to_{package}")()
