"""What the page can be asked: a day and a purpose, and an amount to convert.

A malformed value refuses nothing: the page says in words beside the field what is wrong.
"""

import dataclasses
import re
from collections.abc import Callable
from datetime import date as Day
from typing import Annotated, Any, ClassVar

from rates_api.http.parameters import Malformed, Parameter
from rates_api.pages.home.purposes import PURPOSES
from rates_api.pages.language import Language
from rates_api.rates.convert import CURRENCIES, read_amount
from rates_api.rates.query_parameters import RateQuery, read_day
from rates_contracts.answers import Currency

PESOS_WRITTEN = re.compile(r"(-?)\$?\s*([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(\.[0-9]+)?\s*")


def _field(name: str, doc: str, read: Callable[[str], Any]) -> Parameter:
    """Declare a field of a form; one that was left empty is as if it were not there."""
    return Parameter(
        name,
        doc,
        "",
        lambda text: read(text) if text.strip() else None,
        {"type": "string"},
        unbounded=True,
        forgiving=True,
    )


def read_peoples_amount(text: str) -> str:
    """Read an amount as people write it, `$1,234.56`, into the API's spelling of it."""
    written = PESOS_WRITTEN.fullmatch(text.strip())
    if written is None:
        return read_amount(text.strip())
    sign, whole, decimals = written.groups(default="")
    return read_amount(f"{sign}{whole.replace(',', '')}{decimals}")


def _read_purpose(text: str) -> str:
    if text not in PURPOSES:
        raise ValueError("is no purpose")
    return text


def _read_currency(text: str) -> str:
    if text not in CURRENCIES:
        raise ValueError("is none of the two currencies")
    return text


DATE = _field("date", "The day whose rate is wanted.", read_day)
PURPOSE = _field("purpose", "What the rate is wanted for.", _read_purpose)
AMOUNT = _field("amount", "What to convert.", read_peoples_amount)
FROM = _field("from", "The currency of the amount.", _read_currency)


@dataclasses.dataclass(frozen=True)
class HomeQuery(RateQuery):
    """What the page can be asked; None where a field is missing or empty."""

    date: Annotated[Day | Malformed | None, DATE] = None
    purpose: Annotated[str | Malformed | None, PURPOSE] = None
    amount: Annotated[str | Malformed | None, AMOUNT] = None
    from_: Annotated[Currency | Malformed | None, FROM] = None

    language: ClassVar[Language]
    ignores_unknown = True

    @property
    def malformed(self) -> dict[str, str]:
        """Return by each field's name what was sent if that can't be read, else an empty text."""
        given = {"date": self.date, "purpose": self.purpose, "amount": self.amount}
        return {
            name: value.text if isinstance(value, Malformed) else ""
            for name, value in {**given, "from": self.from_}.items()
        }


class SpanishHome(HomeQuery):
    """The page at `/`."""

    language = "es"


class EnglishHome(HomeQuery):
    """The page at `/en`."""

    language = "en"


QUERIES: dict[Language, type[HomeQuery]] = {"es": SpanishHome, "en": EnglishHome}
