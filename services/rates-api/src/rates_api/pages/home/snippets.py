"""A day's rate as a line to copy: curl, Python, Excel, Google Sheets.

The service does not know its own public address: `HOST` stands for it, and the page's script puts
the address there that the page was loaded from.
"""

from datetime import date as Day
from typing import NamedTuple

from rates_api.pages.language import Language
from rates_contracts.observation import Kind

HOST = "https://api.example"


class CopyLine(NamedTuple):
    """A line to copy, and what it is for."""

    tool: str
    text: str


EXCEL: dict[Language, str] = {
    "es": '=VALOR.NUMERO(LIMPIAR(SERVICIOWEB("{url}")),".",",")',
    "en": '=NUMBERVALUE(CLEAN(WEBSERVICE("{url}")),".",",")',
}
"""Excel's functions have the names of its language. A bare number ends with a line feed."""


def snippets(language: Language, day: Day, kind: Kind | None) -> tuple[CopyLine, ...]:
    """Return how to ask for the rate of `day`; for all of its rates where no kind is named."""
    if kind is None:
        url = f"{HOST}/api/v1/days/{day}"
        return (
            CopyLine("curl", f"curl '{url}'"),
            CopyLine("Python", f'httpx.get("{url}").json()'),
        )
    url = f"{HOST}/api/v1/rates/{day}?kind={kind}"
    bare = f"{url}&format=txt"
    return (
        CopyLine("curl", f"curl '{bare}'"),
        CopyLine("Python", f'Decimal(httpx.get("{bare}").raise_for_status().text)'),
        CopyLine("Excel", EXCEL[language].format(url=bare)),
        CopyLine("Sheets", f'=IMPORTDATA("{bare}", ",", "en_US")'),
    )
