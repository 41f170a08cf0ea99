"""`GET /api/v1/convert`: an amount at a published rate, exact up to one rounding at the end."""

import dataclasses
import re
from collections.abc import Iterator, Mapping, Set
from datetime import date as Day
from datetime import datetime
from decimal import ROUND_05UP, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from typing import Annotated, Any, Literal

from rates_api.http.parameters import Parameter
from rates_api.rates import csv, current
from rates_api.rates.query_parameters import (
    AS_OF,
    KIND,
    ONE_VALUE_FORMAT,
    RateQuery,
    choice,
    csv_fields,
    day,
    integer,
)
from rates_api.resolution.knowledge import warnings_member
from rates_api.resolution.resolution import Resolution, rate_members, resolve
from rates_api.resolution.view import View, as_of_member
from rates_contracts.answers import Conversion, Currency, ParameterError, Rounding
from rates_contracts.observation import Kind

MODES: dict[Rounding, str] = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN}
UNROUNDED = Context(prec=60, rounding=ROUND_05UP)
"""Products are exact; a quotient rounded this way still rounds as the exact one would."""
AMOUNT_TEXT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")
SEPARATED_AMOUNT = re.compile(r"-?[0-9]+([,' _][0-9.]+)+")
LONG_AMOUNT = re.compile(r"-?[0-9]+(\.[0-9]+)?")
CURRENCIES = ("USD", "MXN")
MAX_SCALE = 10


def read_amount(text: str) -> str:
    """Read an amount; it stays a string, so that the answer repeats it with its zeros."""
    if not AMOUNT_TEXT.fullmatch(text):
        raise ValueError(_wrong_amount(text))
    return text


def _wrong_amount(text: str) -> str:
    """Return what is wrong with a text that is no amount."""
    if SEPARATED_AMOUNT.fullmatch(text):
        return "has a comma or a separator: write 1234.56, with a point before the decimals"
    if LONG_AMOUNT.fullmatch(text):
        return "has too many digits"
    return "is not a plain decimal number"


FROM = choice("from", "The currency of `amount`.", *CURRENCIES)
TO = choice("to", "The currency of `result`, the other one.", *CURRENCIES)
AMOUNT = Parameter(
    "amount",
    "What to convert, a negative amount for a refund.",
    "up to 15 digits, then at most 6 decimal places after a point; a `-` may lead",
    read_amount,
    {"type": "string", "pattern": r"^-?\d{1,15}(\.\d{1,6})?$"},
    unbounded=True,
)
SCALE = integer("scale", "Decimal places of `result`.", 0, MAX_SCALE)
ROUNDING = choice("rounding", "How `result` is rounded, once.", *MODES)
CONVERSION_DATE = day("date", "The day whose rate applies; without it the current rate.")


def two_currencies(values: Mapping[str, Any], _: Set[str]) -> Iterator[ParameterError]:
    """Refuse a conversion of a currency into itself."""
    origin, target = values.get("from"), values.get("to")
    if origin is not None and origin == target:
        yield ParameterError("to", "is the same currency as `from`", "the other currency")


@dataclasses.dataclass(frozen=True)
class ConvertQuery(RateQuery):
    """What `convert` can be asked."""

    from_: Annotated[Currency, FROM]
    to: Annotated[Currency, TO]
    amount: Annotated[str, AMOUNT]
    date: Annotated[Day | None, CONVERSION_DATE] = None
    kind: Annotated[Kind, KIND] = "fix"
    as_of: Annotated[datetime | None, AS_OF] = None
    scale: Annotated[int, SCALE] = 2
    rounding: Annotated[Rounding, ROUNDING] = "half_up"
    format: Annotated[str, ONE_VALUE_FORMAT] = "json"
    fields: Annotated[tuple[str, ...] | None, csv_fields(*csv.CONVERT_COLUMNS)] = None

    rules = (two_currencies,)
    kept = False


def answer(query: ConvertQuery, view: View) -> Conversion:
    """Answer with the converted amount. Raises `Refused` where no rate answers."""
    found = _resolution(query, view)
    rate = found.observation.value
    operation: Literal["multiply", "divide"] = "multiply" if query.from_ == "USD" else "divide"
    result = converted(Decimal(query.amount), rate, operation, query.scale, query.rounding)
    return Conversion(
        kind=query.kind,
        from_=query.from_,
        to=query.to,
        amount=query.amount,
        result=f"{result:f}",
        operation=operation,
        scale=query.scale,
        rounding=query.rounding,
        requested=query.date,
        resolved=found.resolved,
        reason=found.reason,
        **rate_members(view, found),
        **as_of_member(view),
        **warnings_member([*found.warnings, *_of_today(query, view)]),
    )


def text(answer: Conversion) -> str:
    """Return the bare result."""
    return answer.result


def converted(
    amount: Decimal,
    rate: Decimal,
    operation: Literal["multiply", "divide"],
    scale: int,
    rounding: Rounding,
) -> Decimal:
    """Return `amount` times or by the published `rate`, rounded once to `scale` places.

    Both ways of rounding are symmetric, so that a refund is the payment's result with its sign
    changed; zero has none.
    """
    work = UNROUNDED.multiply if operation == "multiply" else UNROUNDED.divide
    result = work(amount, rate).quantize(Decimal(1).scaleb(-scale), MODES[rounding], UNROUNDED)
    return result or result.copy_abs()


def _of_today(query: ConvertQuery, view: View) -> tuple[str, ...]:
    """Return what to be careful about in a rate that passes as current."""
    return view.assessment.warnings if view.assessment and query.date is None else ()


def _resolution(query: ConvertQuery, view: View) -> Resolution:
    if query.date is not None:
        return resolve(view, query.kind, query.date)
    return current.passing_as_current(view, query.kind)
