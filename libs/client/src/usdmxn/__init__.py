"""Banco de México's USD/MXN rates, exact to the digit: a client of the rates API.

>>> with Client("https://rates.example") as rates:
...     rates.on("2026-08-16", purpose="cfdi_invoice").rate
Decimal('17.0530')

Errors are drawn in `usdmxn.errors`, answers stand in `usdmxn.answers`, what `watch` yields in
`usdmxn.events`.
"""

from usdmxn.client import AsyncClient, Client, __version__
from usdmxn.errors import (
    ApiError,
    ConnectionFailed,
    KindRequired,
    NoRateForPurpose,
    NotYetPublished,
    NoValue,
    Refused,
    Unavailable,
    UnexpectedAnswer,
    UsageError,
    UsdMxnError,
)
from usdmxn.http.cache import Cache

__all__ = [
    "ApiError",
    "AsyncClient",
    "Cache",
    "Client",
    "ConnectionFailed",
    "KindRequired",
    "NoRateForPurpose",
    "NoValue",
    "NotYetPublished",
    "Refused",
    "Unavailable",
    "UnexpectedAnswer",
    "UsageError",
    "UsdMxnError",
    "__version__",
]
