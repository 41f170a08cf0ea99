"""The parameters that endpoints share, each declared once, and how their texts are read.

Error texts echo no input, which may be large, but a number or word that is to be written otherwise.
"""

import dataclasses
import re
from calendar import monthrange
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from datetime import UTC, datetime
from datetime import date as Day
from typing import Annotated, Any, NamedTuple, get_args

from rates_api.http.parameters import Parameter, Query, Rule
from rates_contracts.answers import ParameterError
from rates_contracts.observation import Kind, SeriesKind
from rates_contracts.status import MAX_CLOCK_OFFSET

INTEGER = re.compile(r"[0-9]{1,9}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MONTH_TEXT = re.compile(r"[0-9]{4}-[0-9]{2}")
YEAR_TEXT = re.compile(r"[0-9]{4}")
INSTANT = re.compile(r"[0-9]{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
MAX_FRACTION = len(".123456")
"""Characters of a second's fraction: the record counts in microseconds."""

MAX_DAYS = 3660
LONG_DAYS = 1000
"""A longer list is rendered in a thread, so that other requests do not wait for it."""
MAX_DATES = 366

DAY_SCHEMA = {"type": "string", "format": "date"}

RATES = "/api/v1/rates"
MEANT = {
    **dict.fromkeys(("latest", "today", "now", "newest", "last", "live", "current"), "/current"),
    **dict.fromkeys(("all", "history", "historic", "historical", "timeseries"), "/historical"),
    **dict.fromkeys(("average", "averages", "mean"), "/average/30d"),
    "gaps": "/gaps",
}
"""The paths, below that of the rates, which answer what others name like this."""
LISTS = ("/historical", "/gaps")
PERIOD = re.compile(r"((?!0000)[0-9]{4})(?:-(0[1-9]|1[0-2]))?")
FILE = re.compile(r"(.*)\.(csv|json|txt)", re.DOTALL)


class Month(NamedTuple):
    """A month of the calendar, written as YYYY-MM."""

    year: int
    number: int

    @property
    def first(self) -> Day:
        """Return its first day."""
        return Day(self.year, self.number, 1)

    @property
    def last(self) -> Day:
        """Return its last day."""
        return Day(self.year, self.number, monthrange(self.year, self.number)[1])

    @property
    def ordinal(self) -> int:
        """Return the number of months from the year 0 on."""
        return self.year * 12 + self.number - 1

    @classmethod
    def of(cls, ordinal: int) -> "Month":
        """Return the month with this ordinal, the last one there is for a larger one."""
        year, before = divmod(min(ordinal, 9999 * 12 + 11), 12)
        return cls(year, before + 1)

    def __str__(self) -> str:
        """Return it as YYYY-MM."""
        return f"{self.year:04}-{self.number:02}"


def month_of(day: Day) -> Month:
    """Return the month that `day` is of."""
    return Month(day.year, day.month)


def choice(name: str, doc: str, *options: str) -> Parameter:
    """Declare a parameter that takes one of `options`."""
    allowed = f"one of {', '.join(options)}" if len(options) > 1 else f"only {options[0]}"

    def read(text: str) -> str:
        if text not in options:
            raise ValueError(_misspelled(text, options))
        return text

    return Parameter(name, doc, allowed, read, {"type": "string", "enum": list(options)})


def _misspelled(text: str, options: Collection[str]) -> str:
    """Return what is wrong with a text that is no option; capitals may be all."""
    meant = [option for option in options if option.lower() == text.lower()]
    return f"is misspelled: write `{meant[0]}`" if meant else "is none of the options"


def integer(name: str, doc: str, minimum: int, maximum: int) -> Parameter:
    """Declare a whole number from `minimum` to `maximum`, both included."""

    def read(text: str) -> int:
        if not INTEGER.fullmatch(text):
            raise ValueError("is not a whole number in range")
        if not minimum <= int(text) <= maximum:
            raise ValueError("is out of range")
        if text != str(int(text)):
            raise ValueError(f"is padded: write `{int(text)}`")
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


def calendar_month(name: str, doc: str) -> Parameter:
    """Declare a calendar month, as a span or an end of one."""
    schema = {"type": "string", "pattern": r"^\d{4}-\d{2}$"}
    return Parameter(name, doc, "a month as YYYY-MM", read_month, schema, unbounded=True)


def read_month(text: str) -> Month:
    """Read a month of the years 1 to 9999."""
    if not MONTH_TEXT.fullmatch(text):
        raise ValueError("is not written as YYYY-MM")
    return month_of(_first_day(int(text[:4]), int(text[5:])))


def read_year(text: str) -> int:
    """Read a year from 1 to 9999."""
    if not YEAR_TEXT.fullmatch(text):
        raise ValueError("is not written as YYYY")
    return _first_day(int(text), 1).year


def _first_day(year: int, month: int) -> Day:
    try:
        return Day(year, month, 1)
    except ValueError as error:
        raise ValueError("is not in the calendar") from error


def read_path_day(text: str) -> Day:
    """Read the day that a path names; what is none of the calendar's may mean another path."""
    try:
        return read_day(text)
    except ValueError as error:
        meant = _meant_by(text.lower())
        if meant is None:
            raise
        raise ValueError(f"is no day: ask `{RATES}{meant}`") from error


def _meant_by(text: str) -> str | None:
    """Return the path and query that were meant by what stands in the place of a day, or None.

    Others have `latest`, `2024` and `2024.csv`. Of `text` no more than a day is repeated.
    """
    file = FILE.fullmatch(text)
    name, form = (text, "") if file is None else (file[1], f"format={file[2]}")
    period = PERIOD.fullmatch(name)
    path = f"/{name}" if file and DAY.fullmatch(name) else MEANT.get(name)
    if form == "format=txt" and (period is not None or path in LISTS):
        form = ""  # A list is no bare number.
    if path is None and period is None:
        return None
    span = "" if period is None else f"{'month' if period[2] else 'year'}={name}"
    query = "&".join(filter(None, (form, span)))
    return f"{path or '/historical'}{'?' if query else ''}{query}"


def read_days(text: str) -> tuple[Day, ...]:
    """Read a comma list of days, in the order asked. What is wrong with each is a reason."""
    texts = text.split(",")
    if len(texts) > MAX_DATES:
        raise ValueError(f"names more than {MAX_DATES} days")
    days, reasons = [], []
    for place, day_text in enumerate(texts, start=1):
        try:
            days.append(read_day(day_text))
        except ValueError as error:
            reasons.append(f"has a day {place} that {error}")
    if reasons:
        raise ValueError(*reasons)
    return tuple(days)


def read_instant(text: str) -> datetime:
    """Read an RFC 3339 instant and return it in UTC."""
    if " " in text:
        raise ValueError("has a blank: a `+` in a query string means one; write `Z` or `%2B`")
    if DAY.fullmatch(text):
        raise ValueError(f"is a day: write an instant, as `{text}T18:00:00Z`")
    parts = INSTANT.fullmatch(text)
    if parts is None:
        raise ValueError("is not an RFC 3339 instant with `Z` or an offset")
    if len(parts[1] or "") > MAX_FRACTION:
        raise ValueError("has more than six decimals: write six at most")
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
    "For invoices, taxes and obligations: `settlement`, the rate that applies on a calendar day "
    "(SF60653). For the FIX of a banking day: `fix`, by the day on which Banco de México "
    "determined it (SF43718). `dof`: the FIX by the day on which it is due in the Official "
    "Gazette.",
    *get_args(Kind),
)
RECORDED_KIND = choice(
    "kind",
    "`settlement`: the rate that applies on a calendar day (SF60653). `fix`: by the day on which "
    "Banco de México determined it (SF43718).",
    *get_args(SeriesKind),
)
ONLY_FIX = choice("kind", "Only the FIX has this.", "fix")
FORMAT = choice(
    "format",
    "The representation; never chosen by `Accept`. As CSV a list with days that are not known is "
    "refused as one of these days is; only that of `dates` says it in its lines.",
    "json",
    "csv",
)
ONE_VALUE_FORMAT = choice(
    "format",
    "The representation; never chosen by `Accept`. `csv` is a header and one line; `txt` the bare "
    "number and a line feed, for `=IMPORTDATA` and `=WEBSERVICE`: no current one where none may "
    "pass as current.",
    "json",
    "csv",
    "txt",
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
FROM = day(
    "from", "First day of a span; with `to`, or up to today, or alone if later.", unbounded=True
)
TO = day("to", "Last day of a span that `from` begins.", unbounded=True)
MONTH = calendar_month("month", "A calendar month as the span.")
YEAR = Parameter(
    "year",
    "A calendar year as the span.",
    "a year as YYYY",
    read_year,
    {"type": "string", "pattern": r"^\d{4}$"},
    unbounded=True,
)
DATE = day("date", "The day asked for.")
RATES_DATE = Parameter(
    "date", "The day asked for.", "a day as YYYY-MM-DD", read_path_day, DAY_SCHEMA
)
"""The last part of a path that others end with a word or a file's name."""
DATES = Parameter(
    "dates",
    f"At most {MAX_DATES} days, comma separated, answered in this order; `dates=a&dates=b` means "
    "`dates=a,b`.",
    f"at most {MAX_DATES} days as YYYY-MM-DD, comma separated",
    read_days,
    {"type": "array", "items": DAY_SCHEMA, "minItems": 1, "maxItems": MAX_DATES},
    unbounded=True,
)


def csv_fields(*columns: str) -> Parameter:
    """Declare the choice among the `columns` of a CSV."""

    def read(text: str) -> tuple[str, ...]:
        names = tuple(text.split(","))
        if len(names) > len(columns):
            raise ValueError("names more columns than there are")
        reasons = [*_wrong_columns(names, columns)]
        if reasons:
            raise ValueError(*reasons)
        return names

    return Parameter(
        "fields",
        "The columns of a CSV, comma separated, in this order; by default all. Only with "
        "`format=csv`.",
        f"some of {', '.join(columns)}, each once, comma separated",
        read,
        {
            "type": "array",
            "items": {"type": "string", "enum": list(columns)},
            "minItems": 1,
            "maxItems": len(columns),
            "uniqueItems": True,
        },
        unbounded=True,
        needs=("format", "csv"),
    )


def _wrong_columns(names: Sequence[str], columns: Collection[str]) -> Iterator[str]:
    """Yield what is wrong with each name that is no column, or is given before."""
    for place, name in enumerate(names, start=1):
        if name not in columns:
            yield f"has a name {place} that no column has"
        elif name in names[: place - 1]:
            yield f"names `{name}` again"


def begun(first: Parameter) -> Rule:
    """Refuse a span without a beginning, which is the parameter `first`."""

    def rule(_: Mapping[str, Any], given: Set[str]) -> Iterator[ParameterError]:
        if "to" in given and first.name not in given:
            yield ParameterError(first.name, "is missing beside `to`", first.allowed)

    return rule


def spanned(*forms: tuple[str, ...]) -> Rule:
    """Refuse a request that has no parameter of any of `forms`, which name a span."""

    def rule(_: Mapping[str, Any], given: Set[str]) -> Iterator[ParameterError]:
        if given.isdisjoint(name for form in forms for name in form):
            yield ParameterError(forms[0][0], "is missing", _one_of(forms))

    return rule


def in_order(values: Mapping[str, Any], _: Set[str]) -> Iterator[ParameterError]:
    """Refuse a span that ends before it begins."""
    first, last = values.get("from"), values.get("to")
    if first is not None and last is not None and first > last:
        yield ParameterError("from", "is after `to`", "what is not after `to`")


def one_form_of(*forms: tuple[str, ...]) -> Rule:
    """Refuse parameters of more than one of `forms` in one request."""
    allowed = _one_of(forms)

    def rule(_: Mapping[str, Any], given: Set[str]) -> Iterator[ParameterError]:
        if sum(any(name in given for name in form) for form in forms) > 1:
            for name in (name for form in forms for name in form if name in given):
                yield ParameterError(name, "is one form of several in the request", allowed)

    return rule


def _one_of(forms: Sequence[tuple[str, ...]]) -> str:
    return "one of " + ", ".join(" and ".join(f"`{name}`" for name in form) for form in forms)


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
        """Return `json`, `csv` or `txt`."""
        return "json"

    @property
    def fields(self) -> tuple[str, ...] | None:
        """Return the columns of a CSV in their order, None for all."""
        return None


@dataclasses.dataclass(frozen=True)
class SpanQuery(RateQuery):
    """The base of the queries for a span of days, in one of three forms."""

    from_: Annotated[Day | None, FROM] = None
    to: Annotated[Day | None, TO] = None
    month: Annotated[Month | None, MONTH] = None
    year: Annotated[int | None, YEAR] = None
    kind: Annotated[Kind, KIND] = "fix"
    as_of: Annotated[datetime | None, AS_OF] = None


def asked_span(query: SpanQuery, today: Day) -> tuple[Day, Day] | None:
    """Return the first and the last day of the span that is asked for, None without one.

    Without an end it goes up to `today`.
    """
    if query.from_ is not None:
        return query.from_, query.to or max(today, query.from_)
    if query.month is None and query.year is None:
        return None
    return whole_month_or_year(query.month, query.year or today.year)


def whole_month_or_year(month: Month | None, year: int) -> tuple[Day, Day]:
    """Return the first and the last day of `month`, or of `year` without one."""
    if month is None:
        return Day(year, 1, 1), Day(year, 12, 31)
    return month.first, month.last


def is_long_span(first: Day, last: Day) -> bool:
    """Tell whether a span has so many days that other requests should not wait for them."""
    return (last - first).days > LONG_DAYS
