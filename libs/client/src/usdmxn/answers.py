"""What the API answers, as typed values: rates are `Decimal`, days `date`, instants aware.

A member that an answer leaves out, or that a server older than it does not have, is None, or `()`
for `warnings` and `notes`. Enumerations are open in v1, so
that they are plain strings here; unknown members are ignored.
"""

from datetime import date as Day
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from usdmxn import frames

if TYPE_CHECKING:
    import pandas
    import polars

Instant = Annotated[datetime, Meta(tz=True)]


POSITIVE = frozenset({"rate", "replaces", "mean", "last", "low", "high"})
"""The members that are rates, where they are numbers."""
MAX_PLACES = 30
"""Decimal places of a number: more than anything published or computed has."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the API says; it can't be changed.

    Raises `ValueError` for a number that is not finite or has an exponent, for a rate that is not
    above 0; msgspec makes a `ValidationError` of it.
    """

    def __post_init__(self) -> None:
        """Check the numbers, which a decimal of Python's allows more of than the API."""
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, Decimal):
                _check_number(name, value)


class Dates(Answer, frozen=True, kw_only=True):
    """The legal dates of a rate.

    `determined` by Banco de México, `dof_published` in the Official Gazette, settling obligations
    from `applies_from` to `applies_to`, both included. None where unknown. `confirmed` once the
    settlement series shows it.
    """

    determined: Day | None
    dof_published: Day | None
    applies_from: Day | None
    applies_to: Day | None
    confirmed: bool


class Provenance(Answer, frozen=True, kw_only=True):
    """Where a rate comes from: `source` (`simulator` if it is none of Banco de México's), series.

    `revision` is 1, then one more with each correction; `payload_sha256` fetches the raw answer
    that it was read from (`Client.payload`).
    """

    source: str
    series: str
    revision: int
    recorded_at: Instant
    payload_sha256: str


class Freshness(Answer, frozen=True, kw_only=True):
    """How good a current value is, as absolute instants to compare with a clock."""

    state: str
    verified_at: Instant | None
    fresh_until: Instant | None
    usable_until: Instant | None
    next_publication_at: Instant | None


class DatedRate(Answer, frozen=True, kw_only=True):
    """A rate and its day."""

    date: Day
    rate: Decimal


class Quoted(Answer, frozen=True, kw_only=True):
    """An answer in pesos (`quote`) per dollar (`base`)."""

    base: str
    quote: str


class Rate(Quoted, frozen=True, kw_only=True):
    """The rate of one day.

    `resolved` is the day whose rate it is, another than `requested` where `reason` says so
    (`closed_day`). `in_force` tells whether obligations and taxes of the day use it, None where
    that is not known. `derived` if the rule stands in for the series.
    """

    kind: str
    requested: Day
    resolved: Day
    reason: str | None
    rate: Decimal
    derived: bool
    dates: Dates
    provenance: Provenance
    in_force: bool | None = None
    as_of: Instant | None = None
    warnings: tuple[str, ...] = ()


class CurrentRate(Quoted, frozen=True, kw_only=True):
    """The newest FIX, or the settlement rate in force today, with the step from the one before.

    `change` is in pesos, exact; `change_percent` has four places.
    """

    kind: str
    date: Day
    rate: Decimal
    derived: bool
    dates: Dates
    provenance: Provenance
    in_force: bool | None = None
    previous: DatedRate | None = None
    change: Decimal | None = None
    change_percent: Decimal | None = None
    as_of: Instant | None = None
    freshness: Freshness | None = None
    level: str | None = None
    warnings: tuple[str, ...] = ()


class Conversion(Quoted, frozen=True, kw_only=True):
    """An amount converted at a published rate, rounded once.

    `amount` is in `source`, `result` in `target`. `operation` says whether the rate was multiplied
    with or divided by; `requested` is None where the current rate was taken.
    """

    kind: str
    source: str = msgspec.field(name="from")
    target: str = msgspec.field(name="to")
    amount: Decimal
    result: Decimal
    operation: str
    scale: int
    rounding: str
    requested: Day | None
    resolved: Day
    reason: str | None
    rate: Decimal
    derived: bool
    dates: Dates
    provenance: Provenance
    in_force: bool | None = None
    as_of: Instant | None = None
    warnings: tuple[str, ...] = ()


class ParameterError(Answer, frozen=True, kw_only=True):
    """What is wrong with one parameter, and what is allowed."""

    parameter: str
    reason: str
    allowed: str


class Problem(Answer, frozen=True, kw_only=True):
    """Why there is no answer (RFC 9457); `code` is stable, `detail` a sentence for people."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str | None = None
    """The path that was asked for; an edge before the service leaves it out."""
    errors: tuple[ParameterError, ...] = ()
    expected_at: Instant | None = None
    complete_at: Instant | None = None
    known_from: Day | None = None
    known: tuple[str, ...] = ()
    links: dict[str, str] = {}
    warnings: tuple[str, ...] = ()


class DayResult(Answer, frozen=True, kw_only=True):
    """One day of many: its `rate` with what belongs to it, or else its `problem`."""

    requested: Day
    resolved: Day | None = None
    reason: str | None = None
    rate: Decimal | None = None
    derived: bool | None = None
    dates: Dates | None = None
    provenance: Provenance | None = None
    in_force: bool | None = None
    warnings: tuple[str, ...] = ()
    problem: Problem | None = None


class Listed(Quoted, frozen=True, kw_only=True):
    """An answer of many days, all of one kind, source and series."""

    kind: str
    source: str
    series: str


class Batch(Listed, frozen=True, kw_only=True):
    """The results of one request for several days, in the order asked."""

    roll: str
    as_of: Instant | None = None
    known: bool
    warnings: tuple[str, ...] = ()
    count: int
    results: tuple[DayResult, ...]


class Row(Answer, frozen=True, kw_only=True):
    """One day of a history, in its newest revision."""

    date: Day
    rate: Decimal
    revision: int
    recorded_at: Instant
    derived: bool
    warnings: tuple[str, ...] = ()


class History(Listed, frozen=True, kw_only=True):
    """The rates of a span, ascending by day; `start` and `end` are None if it is empty.

    `missing` counts days that should have a rate and have none (None of an older server); `known`
    is false where that is not known of every day.
    """

    start: Day | None = msgspec.field(name="from")
    end: Day | None = msgspec.field(name="to")
    as_of: Instant | None = None
    known: bool
    warnings: tuple[str, ...] = ()
    count: int
    missing: int | None = None
    observations: tuple[Row, ...]

    def to_pandas(self) -> "pandas.DataFrame":
        """Return a frame indexed by day, `rate` as `Decimal` objects.

        Raises `MissingPackage` without pandas (`pip install usdmxn[pandas]`).

        >>> rates.history(last=2, kind="fix").to_pandas()["rate"].max()
        Decimal('17.0627')
        """
        return frames.to_pandas(self.observations)

    def to_polars(self) -> "polars.DataFrame":
        """Return a frame with a `Date` column and `rate` as `Decimal` of the most places published.

        Raises `MissingPackage` without polars (`pip install usdmxn[polars]`).

        >>> rates.history(last=2, kind="fix").to_polars()["rate"].max()
        Decimal('17.0627')
        """
        return frames.to_polars(self.observations)


class Summary(Listed, frozen=True, kw_only=True):
    """The figures of a span; None without any value.

    `mean` is half-even to six places, over banking days for `fix`, publication days for `dof`,
    calendar days for `settlement`.
    """

    start: Day = msgspec.field(name="from")
    end: Day = msgspec.field(name="to")
    as_of: Instant | None = None
    known: bool
    warnings: tuple[str, ...] = ()
    count: int
    expected: int
    complete: bool
    mean: Decimal | None
    first: DatedRate | None
    last: DatedRate | None
    low: DatedRate | None
    high: DatedRate | None
    change: Decimal | None
    change_percent: Decimal | None


class MonthRow(Answer, frozen=True, kw_only=True):
    """The figures of one month (`YYYY-MM`); None where it has no value."""

    month: str
    mean: Decimal | None
    last: Decimal | None
    last_date: Day | None
    low: Decimal | None
    high: Decimal | None
    count: int
    complete: bool
    known: bool
    warnings: tuple[str, ...] = ()


class Monthly(Listed, frozen=True, kw_only=True):
    """The figures of each month from `start` to `end` (`YYYY-MM`), ascending."""

    start: str = msgspec.field(name="from")
    end: str = msgspec.field(name="to")
    as_of: Instant | None = None
    known: bool
    warnings: tuple[str, ...] = ()
    count: int
    months: tuple[MonthRow, ...]


class SheetRate(Answer, frozen=True, kw_only=True):
    """The rate of one kind on the day of a sheet."""

    resolved: Day
    reason: str | None
    rate: Decimal
    derived: bool
    in_force: bool | None
    dates: Dates
    provenance: Provenance
    warnings: tuple[str, ...] = ()


class Use(Answer, frozen=True, kw_only=True):
    """Which kind counts for a purpose, on which `day`, `unless` what, by which `source` of law.

    `kind` is None where no law names one.
    """

    purpose: str
    kind: str | None
    day: str | None
    unless: str | None
    source: str | None


class DaySheet(Quoted, frozen=True, kw_only=True):
    """All rates of one day side by side, and which of them counts for what (`use`).

    A kind without a rate is None, and `problems` has its code. `weekday` 1 is Monday.
    """

    date: Day
    weekday: int
    banking_day: bool | None
    settlement: SheetRate | None
    dof: SheetRate | None
    fix: SheetRate | None
    problems: dict[str, str]
    use: tuple[Use, ...]
    as_of: Instant | None = None
    known: bool
    freshness: Freshness | None = None
    level: str | None = None
    warnings: tuple[str, ...] = ()


class Change(Answer, frozen=True, kw_only=True):
    """One value as it was recorded: a new one, or a correction of what it `replaces`."""

    kind: str
    date: Day
    rate: Decimal
    revision: int
    recorded_at: Instant
    replaces: Decimal | None


class Changes(Quoted, frozen=True, kw_only=True):
    """A page of changes, ascending as they were recorded.

    `next` is the cursor that continues after it, `more` tells whether there is more already.
    `reset`: the cursor is of another record; these changes begin anew, drop what was read before.
    """

    source: str
    count: int
    changes: tuple[Change, ...]
    next: str
    more: bool
    reset: bool


class KindInfo(Answer, frozen=True, kw_only=True):
    """A kind of rate, its series and the days recorded of it."""

    kind: str
    series: str
    description: str
    first_date: Day | None
    last_date: Day | None
    known: bool


class Limits(Answer, frozen=True, kw_only=True):
    """The largest values that parameters take; `months` of a `monthly`, None without it."""

    days: int
    last: int
    dates: int
    scale: int
    months: int | None = None


class CalendarInfo(Answer, frozen=True, kw_only=True):
    """The edition of the bank calendar and the days that it covers."""

    version: str
    first: Day
    last: Day


class PollingInfo(Answer, frozen=True, kw_only=True):
    """When Banco de México is asked on banking days, in wall time of the zone."""

    opens: str
    closes: str
    time_zone: str


class Capabilities(Answer, frozen=True, kw_only=True):
    """What the server can be asked."""

    name: str
    version: str
    source: str
    kinds: tuple[KindInfo, ...]
    averages: tuple[str, ...]
    limits: Limits
    calendar: CalendarInfo
    polling_window: PollingInfo
    next_publication_at: Instant | None
    links: dict[str, str]
    notes: tuple[str, ...] = ()
    known: bool
    warnings: tuple[str, ...] = ()


class Dependencies(Answer, frozen=True, kw_only=True):
    """What the service leans on, as last seen in the background."""

    database: str
    redis: str
    banxico_api: str
    circuit_breaker: str


class Performance(Answer, frozen=True, kw_only=True):
    """The last five minutes; None without traffic. Milliseconds, and a ratio from 0 to 1."""

    response_time_p95: Decimal | None
    cache_hit_ratio: Decimal | None


class Health(Answer, frozen=True, kw_only=True):
    """How the instance is that has answered; `status` is `unhealthy` where it can't serve."""

    status: str
    level: str
    dependencies: Dependencies
    performance: Performance
    freshness: Freshness | None
    warnings: tuple[str, ...]
    version: str
    position: str | None


class PublicKey(Answer, frozen=True, kw_only=True):
    """An Ed25519 key as a JWK (RFC 8037): `x` are its 32 bytes in base64url."""

    kid: str
    x: str
    created_at: Instant
    revoked_at: Instant | None = None
    kty: str
    crv: str
    use: str
    alg: str


class KeySet(Answer, frozen=True, kw_only=True):
    """Every key that receipts were ever signed with, oldest first."""

    keys: tuple[PublicKey, ...]


def _check_number(name: str, number: Decimal) -> None:
    places = number.as_tuple().exponent
    if not isinstance(places, int) or not -MAX_PLACES <= places <= 0:
        raise ValueError(f"{name} {number} is no number in plain decimal notation")
    if name in POSITIVE and not number > 0:
        raise ValueError(f"{name} {number} is not above 0")
