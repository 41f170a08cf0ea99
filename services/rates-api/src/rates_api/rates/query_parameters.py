"""The parameters that endpoints share, each declared once, and how their texts are read.

Error texts never echo the input, which may be large.
"""

import dataclasses
import re
from collections.abc import Iterator, Mapping, Set
from datetime import UTC, datetime
from datetime import date as Day
from typing import Any

from rates_api.http.parameters import Parameter, Query, Rule
from rates_contracts.answers import ParameterError
from rates_contracts.observation import Kind
from rates_contracts.status import MAX_CLOCK_OFFSET

INTEGER = re.compile(r"[0-9]{1,9}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
INSTANT = re.compile(r"[0-9]{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)

MAX_DAYS = 3660
LONG_DAYS = 1000
"""A longer list is rendered in a thread; a thousand days take a millisecond."""
MAX_DATES = 100

DAY_SCHEMA = {"type": "string", "format": "date"}


def choice(name: str, doc: str, *options: str) -> Parameter:
    """Declare a parameter that takes one of `options`."""
    allowed = f"one of {', '.join(options)}" if len(options) > 1 else f"only {options[0]}"

    def read(text: str) -> str:
        if text not in options:
            raise ValueError("is none of the options")
        return text

    return Parameter(name, doc, allowed, read, {"type": "string", "enum": list(options)})


def integer(name: str, doc: str, minimum: int, maximum: int) -> Parameter:
    """Declare a whole number from `minimum` to `maximum`, both included."""

    def read(text: str) -> int:
        if not INTEGER.fullmatch(text):
            raise ValueError("is not a whole number in range")
        if not minimum <= int(text) <= maximum:
            raise ValueError("is out of range")
        return int(text)

    schema = {"type": "integer", "minimum": minimum, "maximum": maximum}
    return Parameter(name, doc, f"a whole number from {minimum} to {maximum}", read, schema)


def day(name: str, doc: str, *, unbounded: bool = False) -> Parameter:
    """Declare a calendar day; `unbounded` where two of them make a span."""
    return Parameter(name, doc, "a day as YYYY-MM-DD", read_day, DAY_SCHEMA, unbounded)


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
    if len(texts) > MAX_DATES:
        raise ValueError(f"names more than {MAX_DATES} days")
    days = []
    for place, day_text in enumerate(texts, start=1):
        try:
            days.append(read_day(day_text))
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


def since_instant(name: str, doc: str) -> Parameter:
    """Declare an instant after which an answer begins."""
    allowed = "an RFC 3339 instant that is not in the future, with `Z` or an escaped offset"
    schema = {"type": "string", "format": "date-time"}
    return Parameter(name, doc, allowed, read_instant, schema, unbounded=True, check=_ahead)


def _ahead(instant: datetime, now: datetime) -> str | None:
    """Return what is wrong with an instant in the future; the record's clock may be ahead."""
    return in_the_future(instant, now + MAX_CLOCK_OFFSET)


def in_the_future(instant: datetime, now: datetime) -> str | None:
    """Return what is wrong with an instant in the future."""
    return "is in the future" if instant > now else None


KIND = choice(
    "kind",
    "`fix`: by the day on which Banco de México determined the rate (SF43718). `settlement`: the "
    "rate that applies to obligations and taxes on a calendar day (SF60653).",
    "fix",
    "settlement",
)
ONLY_FIX = choice("kind", "Only the FIX has this.", "fix")
FORMAT = choice(
    "format",
    "The representation; never chosen by `Accept`. As CSV a list with days that are not known is "
    "refused as one of these days is; only that of `dates` says it in its lines.",
    "json",
    "csv",
)
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
    unbounded=True,
    check=in_the_future,
)
DATE = day("date", "The day asked for.")
DATES = Parameter(
    "dates",
    f"At most {MAX_DATES} days, comma separated, answered in this order.",
    f"at most {MAX_DATES} days as YYYY-MM-DD, comma separated",
    read_days,
    {"type": "array", "items": DAY_SCHEMA, "minItems": 1, "maxItems": MAX_DATES},
    unbounded=True,
)


def is_long_span(first: Day | None, last: Day | None) -> bool:
    """Tell whether a span may have more than `LONG_DAYS`; without an end it may."""
    return ((last or Day.max) - (first or Day.min)).days > LONG_DAYS


def in_order(values: Mapping[str, Any], _: Set[str]) -> Iterator[ParameterError]:
    """Refuse a span that ends before it begins."""
    first, last = values.get("from"), values.get("to")
    if first is not None and last is not None and first > last:
        yield ParameterError("from", "is after `to`", "a day not after `to`")


def one_form_of(*forms: tuple[str, ...]) -> Rule:
    """Refuse parameters of more than one of `forms` in one request."""
    allowed = "one of " + ", ".join(" and ".join(f"`{name}`" for name in form) for form in forms)

    def rule(_: Mapping[str, Any], given: Set[str]) -> Iterator[ParameterError]:
        if sum(any(name in given for name in form) for form in forms) > 1:
            for name in (name for form in forms for name in form if name in given):
                yield ParameterError(name, "is one form of several in the request", allowed)

    return rule


@dataclasses.dataclass(frozen=True)
class RateQuery(Query):
    """The base of the queries to the record: by default about the present, as JSON.

    Queries that have these as parameters declare them as fields. Each endpoint has a type of its
    own: answers are cached by query.
    """

    @property
    def kind(self) -> Kind | None:
        """Return the kind whose series the answer rests on, None for those of all kinds."""
        return None

    @property
    def as_of(self) -> datetime | None:
        """Return the instant (UTC) at which the answer was known, None for now."""
        return None

    @property
    def format(self) -> str:
        """Return `json` or `csv`."""
        return "json"
