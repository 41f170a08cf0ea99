"""An amount at the rate in force on the day of the question, by the API's own conversion."""

import dataclasses
from datetime import date as Day

from rates_api.http.parameters import Malformed
from rates_api.http.problems import Refused
from rates_api.pages.handlers import Views
from rates_api.pages.home.query import DEFAULT_AMOUNT, DEFAULT_FROM, HomeQuery
from rates_api.pages.home.question import is_in_new_pesos
from rates_api.pages.home.standing import may_pass_as_current
from rates_api.rates import convert, current
from rates_contracts.answers import Conversion, Currency

OTHER: dict[Currency, Currency] = {"USD": "MXN", "MXN": "USD"}


@dataclasses.dataclass(frozen=True)
class Converted:
    """What the converter shows; `result` or the code of the `problem`."""

    day: Day
    amount: str
    from_: Currency
    result: Conversion | None
    problem: str | None

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return what to be careful about in the rate."""
        return () if self.result is None else self.result.warnings or ()

    @property
    def is_in_new_pesos(self) -> bool:
        """Tell whether the pesos are new ones, of 1,000 pesos of then."""
        return is_in_new_pesos(self.day)


def converted(query: HomeQuery, views: Views) -> Converted | None:
    """Return the conversion; None where a field of it is malformed.

    Without a day the rate is that of today.
    """
    day, amount, from_ = (
        query.date or views.whole.today,
        query.amount or DEFAULT_AMOUNT,
        query.from_,
    )
    if isinstance(day, Malformed) or isinstance(amount, Malformed) or isinstance(from_, Malformed):
        return None
    origin: Currency = from_ or DEFAULT_FROM
    try:
        return Converted(day, amount, origin, _conversion(amount, origin, day, views), None)
    except Refused as refused:
        return Converted(day, amount, origin, None, refused.code)


def _conversion(amount: str, origin: Currency, day: Day, views: Views) -> Conversion:
    """Return the API's answer. Raises `Refused`, also where no rate may pass as that of `day`."""
    if not may_pass_as_current(views, "settlement", day):
        current.require_current(views.each["settlement"])
    asked = convert.ConvertQuery(origin, OTHER[origin], amount, date=day, kind="settlement")
    return convert.answer(asked, views.whole)
