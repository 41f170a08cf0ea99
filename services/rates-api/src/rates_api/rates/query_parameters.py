"""The parameters that endpoints share, each declared once, and how their texts are read.

Reasons never repeat what was sent: it may be enormous.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from datetime import date as Day
from typing import Any

from rates_api.http.parameters import Parameter, Reading
from rates_contracts.answers import ParameterError

WHOLE = re.compile(r"[0-9]{1,9}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
INSTANT = re.compile(r"[0-9]{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
AMOUNT = re.compile(r"[0-9]{1,15}(\.[0-9]{1,6})?")

MOST_DAYS = 3660
MOST_DATES = 100
MOST_PLACES = 6

DAY_SCHEMA = {"type": "string", "format": "date"}


def choice(name: str, doc: str, *options: str) -> Parameter:
    """Declare a parameter that takes one of `options`."""
    allowed = f"one of {', '.join(options)}" if len(options) > 1 else f"only {options[0]}"

    def read(text: str) -> str:
        if text not in options:
            raise ValueError("is none of the options")
        return text

    return Parameter(name, doc, allowed, read, {"type": "string", "enum": list(options)})


def whole(name: str, doc: str, least: int, most: int) -> Parameter:
    """Declare a whole number from `least` to `most`, both included."""

    def read(text: str) -> int:
        if not WHOLE.fullmatch(text):
            raise ValueError("is not a whole number in range")
        if not least <= int(text) <= most:
            raise ValueError("is out of range")
        return int(text)

    schema = {"type": "integer", "minimum": least, "maximum": most}
    return Parameter(name, doc, f"a whole number from {least} to {most}", read, schema)


def day(name: str, doc: str, *, endless: bool = False) -> Parameter:
    """Declare a calendar day; `endless` where two of them make a span."""
    return Parameter(name, doc, "a day as YYYY-MM-DD", read_day, DAY_SCHEMA, endless)


def read_day(text: str) -> Day:
    """Read an ISO day."""
    if not DAY.fullmatch(text):
        raise ValueError("is not written as YYYY-MM-DD")
    try:
        return Day.fromisoformat(text)
    except ValueError as error:
        raise ValueError("is no day of the calendar") from error


def read_days(text: str) -> tuple[Day, ...]:
    """Read a comma list of days, in the order asked."""
    texts = text.split(",")
    if len(texts) > MOST_DATES:
        raise ValueError(f"names more than {MOST_DATES} days")
    days = []
    for place, one in enumerate(texts, start=1):
        try:
            days.append(read_day(one))
        except ValueError as error:
            raise ValueError(f"its day {place} {error}") from error
    return tuple(days)


def read_instant(text: str) -> datetime:
    """Read an RFC 3339 instant and return it in UTC."""
    if " " in text:
        raise ValueError("has a blank: a `+` in a query string means one; write `Z` or `%2B`")
    if not INSTANT.fullmatch(text):
        raise ValueError("is not an RFC 3339 instant with `Z` or an offset")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("is no instant of the calendar") from error


def read_amount(text: str) -> str:
    """Read an amount; it stays a text, so that it is echoed with its zeros."""
    if not AMOUNT.fullmatch(text):
        raise ValueError("is not a plain decimal number in range")
    return text


KIND = choice(
    "kind",
    "`fix`: by the day on which Banco de México determined the rate (SF43718). `settlement`: the "
    "rate that applies to obligations and taxes on a calendar day (SF60653).",
    "fix",
    "settlement",
)
ONLY_FIX = choice("kind", "Only the FIX has this.", "fix")
FORMAT = choice("format", "The representation; never chosen by `Accept`.", "json", "csv")
ROLL = choice(
    "roll",
    "What a day without a FIX gets: the FIX of the `previous` banking day, or `none`. The "
    "settlement rate never rolls.",
    "previous",
    "none",
)
AS_OF = Parameter(
    "as_of",
    "Answer by what was known at this instant; today becomes its day in Mexico City.",
    "an RFC 3339 instant that is not in the future, with `Z` or an escaped offset (`%2B00:00`)",
    read_instant,
    {"type": "string", "format": "date-time"},
    endless=True,
)
DATE = day("date", "The day asked for.")
DATES = Parameter(
    "dates",
    f"At most {MOST_DATES} days, comma separated, answered in this order.",
    f"at most {MOST_DATES} days as YYYY-MM-DD, comma separated",
    read_days,
    {
        "type": "array",
        "items": DAY_SCHEMA,
        "minItems": 1,
        "maxItems": MOST_DATES,
    },
    endless=True,
)


def not_in_the_future(reading: Reading) -> Iterator[ParameterError]:
    """Refuse an `as_of` that lies ahead."""
    as_of = reading.values.get("as_of")
    if as_of is not None and as_of > reading.now:
        yield ParameterError("as_of", "is in the future", AS_OF.allowed)


def in_order(reading: Reading) -> Iterator[ParameterError]:
    """Refuse a span that ends before it begins."""
    first, last = reading.values.get("from"), reading.values.get("to")
    if first is not None and last is not None and first > last:
        yield ParameterError("from", "is after `to`", "a day not after `to`")


def one_form_of(*forms: tuple[str, ...]) -> Callable[[Reading], Iterator[ParameterError]]:
    """Refuse parameters of more than one of `forms` in one request."""
    allowed = "one of " + ", ".join(" and ".join(f"`{name}`" for name in form) for form in forms)

    def rule(reading: Reading) -> Iterator[ParameterError]:
        named = [name for form in forms for name in form if name in reading.given]
        if sum(any(name in reading.given for name in form) for form in forms) > 1:
            for name in named:
                yield ParameterError(name, "is one form of several in the request", allowed)

    return rule


def asked_as(query: Any) -> dict[str, Any]:
    """Return the `as_of` member of an answer, none where the request has none."""
    return {} if query.as_of is None else {"as_of": query.as_of}
