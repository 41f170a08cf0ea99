"""What clients of the public API get: every answer, and the one shape of every problem.

Docstrings and `Meta` descriptions are published in the OpenAPI document
(`docs/api/openapi-v1.json`). Rates are decimal strings exactly as published, instants are UTC in
RFC 3339 with `Z`, days are ISO dates. Within v1 members are only added, and clients ignore members
and enumeration values that they don't know. Members that don't apply are absent (`UNSET`).
"""

from datetime import date as Day
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rates_contracts.averages import Window
from rates_contracts.observation import Kind, Source
from rates_contracts.status import BreakerState, FreshnessState

Level = Literal["healthy", "degraded", "limited", "critical"]
Dependency = Literal["healthy", "degraded", "unhealthy"]
GapStatus = Literal["late", "absent", "declared_closed", "unverified", "under_review"]
Currency = Literal["USD", "MXN"]
Rounding = Literal["half_up", "half_even"]
Rate = Annotated[Decimal, Meta(description="Pesos per dollar, with the digits as published.")]
Instant = Annotated[datetime, Meta(tz=True)]
AsOf = Annotated[
    Instant | UnsetType,
    Meta(description="The instant whose knowledge answers; only where the request named one."),
]
Known = Annotated[
    bool,
    Meta(
        description="False where it is not known of a day that it touches whether it has a value."
    ),
]
InForce = Annotated[
    bool | None,
    Meta(
        description="True if and only if it is the rate that applies to obligations and taxes on "
        "the day asked for; null where that is not known, and before 1996."
    ),
]
Warnings = Annotated[
    tuple[str, ...] | UnsetType,
    Meta(description="What to be careful about, worst first; absent where there is nothing."),
]


class Dates(msgspec.Struct, frozen=True):
    """The legal dates of one FIX, by the bank calendar."""

    determined: Annotated[
        Day | None,
        Meta(
            description="The day on which Banco de México set it; null where no day, or more than "
            "a single day, fits a settlement rate. `confirmed` is false then."
        ),
    ]
    dof_published: Annotated[Day | None, Meta(description="The day the Official Gazette has it.")]
    applies_from: Annotated[
        Day | None, Meta(description="The first calendar day whose obligations it settles.")
    ]
    applies_to: Annotated[Day | None, Meta(description="The last such day, null while unknown.")]
    confirmed: Annotated[
        bool, Meta(description="True once SF60653 shows the rate on `applies_from`.")
    ]


class Provenance(msgspec.Struct, frozen=True):
    """Where a value comes from and when it was recorded."""

    source: Source
    series: Annotated[str, Meta(description="Banco de México's series id.")]
    revision: Annotated[int, Meta(description="1, then one more with each correction.", ge=1)]
    recorded_at: Instant
    payload_sha256: Annotated[str, Meta(description="The hash of the raw answer it was read from.")]


class Freshness(msgspec.Struct, frozen=True):
    """How good a current value is, as absolute instants: compare them with your own clock."""

    state: FreshnessState
    verified_at: Annotated[Instant | None, Meta(description="The source's last good answer.")]
    fresh_until: Annotated[Instant | None, Meta(description="Afterwards it is `unverified`.")]
    usable_until: Annotated[
        Instant | None, Meta(description="Afterwards it no longer passes as current.")
    ]
    next_publication_at: Annotated[
        Instant | None, Meta(description="The next instant at which a FIX is expected.")
    ]


class _Quoted(msgspec.Struct, frozen=True, kw_only=True):
    base: Literal["USD"] = "USD"
    quote: Literal["MXN"] = "MXN"


class DatedRate(msgspec.Struct, frozen=True):
    """A rate and its day."""

    date: Day
    rate: Rate


class CurrentRate(_Quoted, frozen=True, kw_only=True):
    """The newest determined FIX, or the settlement rate that applies today."""

    kind: Kind
    date: Annotated[
        Day, Meta(description="The day whose value it is; the settlement rate's is today.")
    ]
    rate: Rate
    derived: Annotated[
        bool, Meta(description="True where the FIX and the rule stand in for SF60653.")
    ] = False
    dates: Dates
    provenance: Provenance
    in_force: InForce = None
    previous: Annotated[
        DatedRate | None, Meta(description="The value of this kind before it; null without one.")
    ] = None
    change: Annotated[
        Decimal | None, Meta(description="`rate` less the previous one, exact, in pesos.")
    ] = None
    change_percent: Annotated[
        Decimal | None,
        Meta(description="The change in percent of the previous rate, half-even to four places."),
    ] = None
    as_of: AsOf = UNSET
    freshness: Freshness | UnsetType = UNSET
    level: Level | UnsetType = UNSET
    warnings: tuple[str, ...] | UnsetType = UNSET


class DayRate(_Quoted, frozen=True, kw_only=True):
    """The rate of one day, and the day that it was resolved to."""

    kind: Kind
    requested: Day
    resolved: Day
    reason: Annotated[
        Literal["closed_day"] | None, Meta(description="Why `resolved` is another day.")
    ] = None
    rate: Rate
    derived: Annotated[
        bool, Meta(description="True where the FIX and the rule stand in for SF60653.")
    ] = False
    dates: Dates
    provenance: Provenance
    in_force: InForce = None
    as_of: AsOf = UNSET
    warnings: Warnings = UNSET


# Thousands are made at once, and none can be part of a cycle: the collector need not see them.
class Row(msgspec.Struct, frozen=True, gc=False):
    """One day in a list, in its newest revision."""

    date: Day
    rate: Rate
    revision: int
    recorded_at: Instant
    derived: Annotated[
        bool, Meta(description="True where the FIX and the rule stand in for SF60653.")
    ] = False
    warnings: Warnings = UNSET


class _Listed(_Quoted, frozen=True, kw_only=True):
    kind: Kind
    source: Source
    series: str


class History(_Listed, frozen=True, kw_only=True, rename={"from_": "from"}):
    """The recorded observations of a span, ascending by date."""

    from_: Annotated[Day | None, Meta(description="First day of the span; null if it is empty.")]
    to: Annotated[Day | None, Meta(description="Last day of the span; null if it is empty.")]
    as_of: AsOf = UNSET
    known: Known = True
    warnings: Warnings = UNSET
    count: int
    missing: Annotated[
        int,
        Meta(
            description="Days that should have a value by now and have none here; of days that are "
            "not known `known` says so."
        ),
    ] = 0
    observations: tuple[Row, ...]


class RevisionRow(msgspec.Struct, frozen=True):
    """One revision of one day, with the raw answer it was read from."""

    date: Day
    rate: Rate
    revision: int
    recorded_at: Instant
    payload_sha256: str
    warnings: Warnings = UNSET
    derived: Annotated[
        bool,
        Meta(description="True where it is of the FIX that the rate of the day is derived from."),
    ] = False


class Revisions(_Listed, frozen=True, kw_only=True):
    """All that was ever recorded for a day, ascending by revision."""

    date: Day
    as_of: AsOf = UNSET
    known: Known = True
    warnings: Warnings = UNSET
    count: int
    observations: tuple[RevisionRow, ...]


class AverageRate(_Quoted, frozen=True, kw_only=True, rename={"from_": "from"}):
    """The mean FIX of the calendar days ending today, rounded half-even to six places."""

    kind: Literal["fix"] = "fix"
    source: Source
    series: str
    window: Window
    mean: Annotated[Decimal | None, Meta(description="Null without observations.")]
    from_: Annotated[Day, Meta(description="First calendar day of the window.")]
    to: Annotated[Day, Meta(description="Last calendar day of the window.")]
    count: Annotated[int, Meta(description="Observations used.")]
    expected: Annotated[
        int, Meta(description="Days that should have a FIX by now; today only once it is late.")
    ]
    complete: Annotated[bool, Meta(description="True when none of them is missing.")]
    known: Known = True
    low: Decimal | None
    high: Decimal | None
    first_used: Day | None
    last_used: Day | None
    as_of: AsOf = UNSET
    freshness: Freshness | UnsetType = UNSET
    level: Level | UnsetType = UNSET
    warnings: tuple[str, ...] | UnsetType = UNSET


class Gap(msgspec.Struct, frozen=True):
    """A banking day without a FIX, `since` the instant at which it counted as one."""

    date: Day
    since: Instant
    status: GapStatus


class Gaps(_Quoted, frozen=True, kw_only=True, rename={"from_": "from"}):
    """The days of a span that have no FIX though they should, or were declared closed."""

    kind: Literal["fix"] = "fix"
    source: Source
    series: str
    from_: Day
    to: Day
    as_of: AsOf = UNSET
    known: Known = True
    warnings: Warnings = UNSET
    count: int
    gaps: tuple[Gap, ...]


# As for `Row`.
class Change(msgspec.Struct, frozen=True, gc=False):
    """One observation as it was recorded: a new value, or a correction of a known one."""

    kind: Kind
    date: Day
    rate: Rate
    revision: Annotated[int, Meta(description="1, then one more with each correction.")]
    recorded_at: Instant
    replaces: Annotated[
        Decimal | None, Meta(description="The rate of the revision before; null for a first one.")
    ]


class Changes(_Quoted, frozen=True, kw_only=True):
    """What was recorded, ascending as it was."""

    source: Source
    count: int
    changes: tuple[Change, ...]
    next: Annotated[str, Meta(description="The `cursor` that continues after these changes.")]
    more: Annotated[bool, Meta(description="True where more is recorded already: ask at once.")]
    reset: Annotated[
        bool,
        Meta(
            description="True where the cursor was of another record, or of before the history was "
            "complete: these changes begin anew, drop what was read before."
        ),
    ] = False


class StreamState(msgspec.Struct, frozen=True, kw_only=True):
    """The message `state` of the stream: the rates that pass as current, and how good they are."""

    current: Annotated[
        dict[str, CurrentRate | None], Meta(description="By kind; null where none may pass.")
    ]
    level: Level
    freshness: Freshness
    warnings: Warnings = UNSET


class StreamLevel(msgspec.Struct, frozen=True):
    """The message `level` of the stream: it has changed."""

    level: Level
    warnings: Warnings = UNSET


class StreamReset(msgspec.Struct, frozen=True):
    """The message `reset` of the stream: what was read is not continued, read it anew."""

    reason: Literal["restored", "not_kept"]


class Conversion(_Quoted, frozen=True, kw_only=True, rename={"from_": "from"}):
    """An amount converted at a published rate, rounded once."""

    kind: Kind
    from_: Currency
    to: Currency
    amount: Annotated[str, Meta(description="As sent.")]
    result: Annotated[
        str,
        Meta(
            description="With `scale` decimal places, never with an exponent.",
            extra_json_schema={"format": "decimal"},
        ),
    ]
    operation: Annotated[
        Literal["multiply", "divide"], Meta(description="What was done with the published rate.")
    ]
    scale: int
    rounding: Rounding
    requested: Annotated[Day | None, Meta(description="The day asked for; null: the current one.")]
    resolved: Day
    reason: Literal["closed_day"] | None = None
    rate: Rate
    derived: bool = False
    dates: Dates
    provenance: Provenance
    in_force: InForce = None
    as_of: AsOf = UNSET
    warnings: Warnings = UNSET


class ParameterError(msgspec.Struct, frozen=True):
    """What is wrong with one parameter."""

    parameter: str
    reason: str
    allowed: str


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """An RFC 9457 problem document; `type` is a page that explains the `code`."""

    type: str
    title: str
    status: int
    detail: str
    instance: Annotated[str, Meta(description="The path that was asked for.")]
    code: str
    errors: tuple[ParameterError, ...] = ()
    expected_at: Annotated[Instant | UnsetType, Meta(description="When the value is expected.")] = (
        UNSET
    )
    complete_at: Annotated[
        Instant | UnsetType, Meta(description="The instant from which on `as_of` answers.")
    ] = UNSET
    known_from: Annotated[
        Day | UnsetType, Meta(description="The day since which every day is known.")
    ] = UNSET
    known: Annotated[
        tuple[str, ...] | UnsetType, Meta(description="What may be asked for instead.")
    ] = UNSET
    links: Annotated[
        dict[str, str] | UnsetType, Meta(description="Where to go instead, by name.")
    ] = UNSET
    warnings: Warnings = UNSET


class BatchResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one day of a batch: its rate, or its own problem."""

    requested: Day
    resolved: Day | UnsetType = UNSET
    reason: Literal["closed_day"] | UnsetType | None = UNSET
    rate: Rate | UnsetType = UNSET
    derived: bool | UnsetType = UNSET
    dates: Dates | UnsetType = UNSET
    provenance: Provenance | UnsetType = UNSET
    in_force: Annotated[bool | UnsetType | None, Meta(description="As of a single day.")] = UNSET
    warnings: Warnings = UNSET
    problem: Problem | UnsetType = UNSET


class Batch(_Listed, frozen=True, kw_only=True):
    """The rates of several days, in the order asked."""

    roll: Literal["previous", "none"]
    as_of: AsOf = UNSET
    known: Known = True
    warnings: Warnings = UNSET
    count: int
    results: tuple[BatchResult, ...]


class Summary(_Listed, frozen=True, kw_only=True, rename={"from_": "from"}):
    """The figures of a span, of the values that `historical` lists for it; null without any.

    The mean of `fix` is over banking days, of `dof` over publication days, of `settlement` over
    calendar days.
    """

    from_: Day
    to: Day
    as_of: AsOf = UNSET
    known: Known = True
    warnings: Warnings = UNSET
    count: Annotated[int, Meta(description="Values used.")]
    expected: Annotated[int, Meta(description="Days that should have a value by now.")]
    complete: Annotated[
        bool, Meta(description="True when none of them is missing, and every day is known.")
    ]
    mean: Annotated[Decimal | None, Meta(description="Rounded half-even to six places.")] = None
    first: DatedRate | None = None
    last: DatedRate | None = None
    low: Annotated[DatedRate | None, Meta(description="On the first day that has it.")] = None
    high: Annotated[DatedRate | None, Meta(description="On the first day that has it.")] = None
    change: Annotated[
        Decimal | None, Meta(description="The last rate less the first one, exact, in pesos.")
    ] = None
    change_percent: Annotated[
        Decimal | None,
        Meta(description="The change in percent of the first rate, half-even to four places."),
    ] = None


class MonthRow(msgspec.Struct, frozen=True, kw_only=True):
    """One month; null members where it has no value."""

    month: Annotated[str, Meta(description="YYYY-MM.")]
    mean: Annotated[Decimal | None, Meta(description="Rounded half-even to six places.")] = None
    last: Annotated[Rate | None, Meta(description="The rate of the last day with one.")] = None
    last_date: Day | None = None
    low: Rate | None = None
    high: Rate | None = None
    count: Annotated[int, Meta(description="Values used.")]
    complete: Annotated[
        bool, Meta(description="True when no day lacks a value that is due, and each is known.")
    ]
    known: Known = True
    warnings: Warnings = UNSET


class Monthly(_Listed, frozen=True, kw_only=True, rename={"from_": "from"}):
    """The figures of each month of a span, ascending.

    The mean of `fix` is over banking days, of `dof` over publication days, of `settlement` over
    calendar days.
    """

    from_: Annotated[str, Meta(description="First month, YYYY-MM.")]
    to: Annotated[str, Meta(description="Last month, YYYY-MM.")]
    as_of: AsOf = UNSET
    known: Known = True
    warnings: Warnings = UNSET
    count: int
    months: tuple[MonthRow, ...]


class CalendarDay(msgspec.Struct, frozen=True):
    """One day of the bank calendar."""

    date: Day
    banking_day: Annotated[
        bool | None, Meta(description="Whether banks open; null outside of the calendar.")
    ]
    name: Annotated[
        str | None, Meta(description="What a closed weekday is called, in Spanish.")
    ] = None
    fix_expected_at: Annotated[
        Instant | None, Meta(description="From when on the day's FIX may be published.")
    ] = None
    dof_published: Annotated[
        Day | None, Meta(description="The day on which its FIX is due in the Official Gazette.")
    ] = None


class CalendarDays(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """Days by the bank calendar, a prediction: authorities may close a day at short notice."""

    from_: Day
    to: Day
    version: str
    first: Annotated[Day, Meta(description="The calendar's first day.")]
    last: Annotated[Day, Meta(description="The calendar's last day.")]
    count: int
    days: tuple[CalendarDay, ...]


class SheetRate(msgspec.Struct, frozen=True, kw_only=True):
    """The rate of one kind on the day of a sheet."""

    resolved: Day
    reason: Literal["closed_day"] | None = None
    rate: Rate
    derived: bool = False
    in_force: InForce = None
    dates: Dates
    provenance: Provenance
    warnings: Warnings = UNSET


class Use(msgspec.Struct, frozen=True):
    """Which kind of rate counts for a purpose, by Mexican law."""

    purpose: Literal[
        "tax",
        "obligation",
        "cfdi_invoice",
        "cfdi_payment",
        "exchange_difference",
        "closing",
        "contract",
    ]
    kind: Annotated[Kind | None, Meta(description="Null where no law names one.")]
    day: Annotated[str | None, Meta(description="Whose rate counts, in words.")] = None
    unless: Annotated[str | None, Meta(description="When another rate counts, in words.")] = None
    source: Annotated[str | None, Meta(description="The law that says so.")] = None


class DaySheet(_Quoted, frozen=True, kw_only=True):
    """All rates of one day side by side, and which of them counts for what."""

    date: Day
    weekday: Annotated[int, Meta(description="By ISO 8601: 1 is Monday.", ge=1, le=7)]
    banking_day: Annotated[
        bool | None, Meta(description="Whether banks open; null outside of the calendar.")
    ]
    settlement: SheetRate | None
    dof: SheetRate | None
    fix: SheetRate | None
    problems: Annotated[
        dict[str, str], Meta(description="By kind, the code of the problem instead of a rate.")
    ]
    use: tuple[Use, ...]
    as_of: AsOf = UNSET
    known: Known = True
    freshness: Freshness | UnsetType = UNSET
    level: Level | UnsetType = UNSET
    warnings: Warnings = UNSET


class KindInfo(msgspec.Struct, frozen=True):
    """A kind of rate, its series and what is recorded of it."""

    kind: Kind
    series: str
    description: str
    first_date: Annotated[
        Day | None, Meta(description="Null until the whole history is known, or without values.")
    ]
    last_date: Day | None
    known: Known = True


class Limits(msgspec.Struct, frozen=True):
    """The largest values that parameters take; `months` of one answer of `monthly`."""

    days: int
    last: int
    dates: int
    scale: int
    months: int = 0


class CalendarInfo(msgspec.Struct, frozen=True):
    """The edition of the bank calendar and the days that it covers."""

    version: str
    first: Day
    last: Day


class PollingInfo(msgspec.Struct, frozen=True):
    """When the source is asked on banking days, in wall time of the zone."""

    opens: str
    closes: str
    time_zone: str


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What this API can be asked."""

    name: str
    version: str
    source: Source
    kinds: tuple[KindInfo, ...]
    averages: tuple[Window, ...]
    limits: Limits
    calendar: CalendarInfo
    polling_window: PollingInfo
    next_publication_at: Instant | None
    links: dict[str, str]
    notes: Annotated[
        tuple[str, ...], Meta(description="What to know of the values, in sentences.")
    ] = ()
    known: Known = True
    warnings: Warnings = UNSET


class Dependencies(msgspec.Struct, frozen=True):
    """What the service leans on, as last seen in the background."""

    database: Dependency
    redis: Dependency
    banxico_api: Dependency
    circuit_breaker: BreakerState


class Performance(msgspec.Struct, frozen=True):
    """The last 5 minutes over all workers of the instance; null without traffic."""

    response_time_p95: Annotated[float | None, Meta(description="Milliseconds.")]
    cache_hit_ratio: Annotated[float | None, Meta(description="From 0 to 1.")]


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How the instance is."""

    status: Literal["healthy", "degraded", "unhealthy"]
    level: Level
    dependencies: Dependencies
    performance: Performance
    freshness: Freshness | None
    warnings: tuple[str, ...]
    version: str
    position: Annotated[
        str | None, Meta(description="Where in the record the worker stands: timeline-position.")
    ]


class PublicKey(msgspec.Struct, frozen=True, kw_only=True):
    """An Ed25519 key as a JWK (RFC 8037): `kid` is its thumbprint (RFC 7638), `x` its 32 bytes."""

    kid: str
    x: str
    created_at: datetime
    revoked_at: datetime | msgspec.UnsetType = msgspec.UNSET
    """Since when it is known to be compromised."""
    kty: str = "OKP"
    crv: str = "Ed25519"
    use: str = "sig"
    alg: str = "EdDSA"


class KeySet(msgspec.Struct, frozen=True):
    """`/.well-known/jwks.json`: every key that was ever signed with, oldest first."""

    keys: tuple[PublicKey, ...]
