"""Parses one datum of an answer, `{"fecha":"02/01/2024","dato":"17.0297"}`.

Pure. No float is involved: `dato` is decoded as a string and converted to a `Decimal`; a JSON
number is rejected.
"""

import re
from datetime import date as Day
from decimal import Decimal

import msgspec

from rates_sync.banxico.series import SERIES
from rates_sync.upstream import Query, RejectedKind

NO_OBSERVATION = "N/E"
DAY = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})")
PLAIN = r"(?:0|[1-9][0-9]{0,8})"
GROUPED = r"[1-9][0-9]{0,2}(?:,[0-9]{3}){1,3}"
ANY_NUMBER = re.compile(rf"(?:{PLAIN}|{GROUPED})(?:\.[0-9]{{1,12}})?")
"""Thousands commas only in their places: "18,3500" is an error, not 183500."""


class Unusable(Exception):
    """The datum can't be used; `day` is None when its day can't be read either."""

    def __init__(self, kind: RejectedKind, reason: str, day: Day | None = None) -> None:
        super().__init__(reason)
        self.kind, self.reason, self.day = kind, reason, day


class _Datum(msgspec.Struct):
    fecha: str
    dato: msgspec.Raw = msgspec.Raw(b"null")


_datum = msgspec.json.Decoder(_Datum)
_text = msgspec.json.Decoder(str)


def read(raw: bytes, series: str, query: Query, today: Day) -> tuple[Day, Decimal | None]:
    """Return the day and its value, None where the series has no observation (`N/E`).

    `series` was asked for; `today` is the day in Mexico City. Raises `Unusable`.
    """
    try:
        wire = _datum.decode(raw)
    except (ValueError, RecursionError) as error:
        raise Unusable("undated", f"not a datum: {error}") from error
    day = _day(wire.fecha)
    _check_asked(series, day, query, today)
    text = _dato(wire.dato, day)
    return day, None if text == NO_OBSERVATION else _value(series, day, text)


def _dato(raw: msgspec.Raw, day: Day) -> str:
    """Decode the value apart from its day: an odd value must not hide whose it is."""
    try:
        return _text.decode(raw)
    except (ValueError, RecursionError) as error:
        raise Unusable("unusable", f"dato is not text: {error}", day) from error


def _day(text: str) -> Day:
    match = DAY.fullmatch(text)
    if match is None:
        raise Unusable("undated", "fecha is not dd/MM/yyyy")
    day, month, year = (int(part) for part in match.groups())
    try:
        return Day(year, month, day)
    except ValueError as error:
        raise Unusable("undated", "fecha is not a day of the calendar") from error


def _check_asked(series: str, day: Day, query: Query, today: Day) -> None:
    if not query.covers(day):
        raise Unusable("unasked", "day not asked for", day)
    known = SERIES.get(series)
    if known is not None and known.kind == "fix" and day > today:
        raise Unusable("unasked", "determined after today in Mexico City", day)


def _value(series: str, day: Day, text: str) -> Decimal:
    known = SERIES.get(series)
    if known is not None and not re.fullmatch(rf"{PLAIN}\.[0-9]{{{known.decimals}}}", text):
        reason = f"dato is not a number with {known.decimals} decimals"
        raise Unusable("unusable", reason, day)
    if not ANY_NUMBER.fullmatch(text):
        raise Unusable("unusable", "dato is not a number", day)
    value = Decimal(text.replace(",", ""))
    if value <= 0:
        raise Unusable("unusable", "dato is not positive", day)
    return value
