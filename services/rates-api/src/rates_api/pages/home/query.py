"""What the page can be asked: a day and a purpose, and an amount to convert.

A malformed value refuses nothing: the page says in words beside the field what is wrong.
"""

import dataclasses
import re
from collections.abc import Callable
from datetime import date as Day
from typing import Annotated, Any, ClassVar

from rates_api.http.parameters import Malformed, Parameter
from rates_api.pages.home.purposes import DEFAULT_PURPOSE, PURPOSES
from rates_api.pages.language import Language
from rates_api.rates.convert import CURRENCIES, read_amount
from rates_api.rates.query_parameters import RateQuery, read_day
from rates_contracts.answers import Currency

DEFAULT_AMOUNT = "1000.00"
DEFAULT_FROM: Currency = "USD"
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
class FormFields:
    """The value of each field of the forms."""

    date: Day
    purpose: str
    amount: str
    from_: str


def _given(value: str | Malformed | None) -> str | None:
    return None if isinstance(value, Malformed) else value


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
    def kept(self) -> bool:
        """Tell whether its page is kept: not that of an amount, which hardly two people have."""
        return self.amount is None

    def in_forms(self, today: Day) -> FormFields:
        """Return what the forms hold: what was asked, and the default for what was not."""
        return FormFields(
            date=today if isinstance(self.date, Malformed) else self.date or today,
            purpose=_given(self.purpose) or DEFAULT_PURPOSE,
            amount=self.malformed["amount"] or _given(self.amount) or DEFAULT_AMOUNT,
            from_=_given(self.from_) or DEFAULT_FROM,
        )

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
