"""Read one datum of an answer, `{"fecha":"02/01/2024","dato":"17.0297"}`, or say why it can't be.

Pure. No number passes a float: `dato` is decoded as a string
and stays one until it is a `Decimal`; a JSON number is refused.
"""

import re
from datetime import date as Day
from decimal import Decimal

import msgspec

from rates_sync.banxico.series import SERIES
from rates_sync.upstream import Query

NO_OBSERVATION = "N/E"
DAY = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})")
PLAIN = r"(?:0|[1-9][0-9]{0,8})"
GROUPED = r"[1-9][0-9]{0,2}(?:,[0-9]{3}){1,3}"
ANY_NUMBER = re.compile(rf"(?:{PLAIN}|{GROUPED})(?:\.[0-9]{{1,12}})?")
"""Thousands commas only where they belong: "18,3500" is an error, not 183500."""


class Unusable(Exception):
    """The datum can't be used; `day` is None when not even its day can be read."""

    def __init__(self, reason: str, day: Day | None = None) -> None:
        super().__init__(reason)
        self.reason, self.day = reason, day


class _Datum(msgspec.Struct):
    fecha: str
    dato: str


_datum = msgspec.json.Decoder(_Datum)


def read(raw: bytes, series: str, query: Query, today: Day) -> tuple[Day, Decimal | None]:
    """Return the day and its value, None where the series has no observation (`N/E`).

    `today` is the day in Mexico City. Raises `Unusable`.
    """
    try:
        wire = _datum.decode(raw)
    except (ValueError, RecursionError) as error:
        raise Unusable(f"not a datum: {error}") from error
    day = _day(wire.fecha)
    _check_asked(series, day, query, today)
    return day, None if wire.dato == NO_OBSERVATION else _value(series, day, wire.dato)


def _day(text: str) -> Day:
    match = DAY.fullmatch(text)
    if match is None:
        raise Unusable("fecha is not dd/MM/yyyy")
    day, month, year = (int(part) for part in match.groups())
    try:
        return Day(year, month, day)
    except ValueError as error:
        raise Unusable("fecha is not a day of the calendar") from error


def _check_asked(series: str, day: Day, query: Query, today: Day) -> None:
    if series not in query.series:
        raise Unusable("series not asked for", day)
    if not query.covers(day):
        raise Unusable("day not asked for", day)
    known = SERIES.get(series)
    if known is not None and known.kind == "fix" and day > today:
        raise Unusable("determined after today in Mexico City", day)


def _value(series: str, day: Day, text: str) -> Decimal:
    known = SERIES.get(series)
    if known is not None and not re.fullmatch(rf"{PLAIN}\.[0-9]{{{known.decimals}}}", text):
        raise Unusable(f"dato is not a number with {known.decimals} decimals", day)
    if not ANY_NUMBER.fullmatch(text):
        raise Unusable("dato is not a number", day)
    value = Decimal(text.replace(",", ""))
    if value <= 0:
        raise Unusable("dato is not positive", day)
    return value
