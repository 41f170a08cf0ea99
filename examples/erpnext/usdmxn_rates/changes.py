"""Follows `/api/v1/changes`: what was recorded since a bookmark, page by page, rates as Decimals.

The same file lies in `examples/odoo` and in `examples/erpnext`: each is installed by itself.
Nothing waits or retries here: whoever can't read a page keeps the rates that it has, and asks again
at the next run. The sentences of errors are for the people who keep the books, so in Spanish.

    FeedError
    ├── Unavailable    no answer, or one that only a later run may better
    ├── Misconfigured  what was asked is wrong, or the address is
    └── Simulated      the rates are a simulator's, and were not allowed
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from http import HTTPStatus
from typing import Any

import requests

BANXICO = "Banco de México"
"""The `source` of rates that are no simulator's."""
MAX_ROWS = 5000
"""How many rows the API gives in a page at most."""
TIMEOUT_SECONDS = 20
WRONG_ADDRESS = (
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidURL,
)


class FeedError(Exception):
    """The changes can't be read; its text is one sentence for an accountant."""


class Unavailable(FeedError):
    """The service is away, overloaded or without data: a later run may find it well."""


class Misconfigured(FeedError):
    """The service refuses what it was asked, or the address is not its own."""


class Simulated(FeedError):
    """The service replays a simulator, and its rates must not reach the books."""


@dataclass(frozen=True)
class Feed:
    """What is followed: `base_url` of the service, `kind` settlement or fix.

    `allow_simulator`: also take rates of a simulator, to try things out.
    """

    base_url: str
    kind: str
    allow_simulator: bool = False

    def bookmark(self, cursor: str) -> str:
        """Return what to keep until the next run: the cursor and what it belongs to."""
        return json.dumps([self.base_url, self.kind, cursor])

    def cursor(self, bookmark: str | None) -> str | None:
        """Return the cursor in a bookmark; none if there is none of this very feed."""
        if not bookmark:
            return None
        base_url, kind, cursor = json.loads(bookmark)
        return cursor if (base_url, kind) == (self.base_url, self.kind) else None


@dataclass(frozen=True)
class Page:
    """What was recorded: the newest rate (MXN per USD) of each day, and the bookmark after it."""

    rates: Mapping[date, Decimal]
    bookmark: str


def follow(feed: Feed, bookmark: str | None) -> Iterator[Page]:
    """Yield what was recorded since `bookmark`, all of it without one or after a restore.

    Raises `FeedError`; pages that came before it stand for themselves.
    """
    cursor, more = feed.cursor(bookmark), True
    while more:
        answer = _ask(feed, cursor)
        try:
            page = Page(_newest(answer["changes"]), feed.bookmark(answer["next"]))
            source, cursor, more = answer["source"], answer["next"], answer["more"]
        except (KeyError, TypeError, ValueError, InvalidOperation) as error:
            raise Unavailable(_unreadable(feed)) from error
        if source != BANXICO and not feed.allow_simulator:
            raise Simulated(f"{feed.base_url} da datos de un simulador: no se guardó ninguno.")
        yield page


def _newest(changes: list[dict[str, Any]]) -> dict[date, Decimal]:
    """Rows come in the order of their recording: the last of a day is its newest."""
    rates = {date.fromisoformat(row["date"]): Decimal(row["rate"]) for row in changes}
    if not all(rate.is_finite() and rate > 0 for rate in rates.values()):
        raise ValueError("a rate is not above zero")
    return rates


def _ask(feed: Feed, cursor: str | None) -> Any:
    parameters = {"kind": feed.kind, "limit": str(MAX_ROWS)}
    if cursor is not None:
        parameters["cursor"] = cursor
    try:
        response = requests.get(
            f"{feed.base_url}/api/v1/changes", params=parameters, timeout=TIMEOUT_SECONDS
        )
    except WRONG_ADDRESS as error:
        raise Misconfigured(f"{feed.base_url} no es una dirección: escriba https://…") from error
    except requests.RequestException as error:
        raise Unavailable(f"{feed.base_url} no responde; se intentará más tarde.") from error
    if not response.ok:
        raise _refusal(feed, response)
    try:
        return response.json()
    except requests.JSONDecodeError as error:
        raise Unavailable(_unreadable(feed)) from error


def _refusal(feed: Feed, response: requests.Response) -> FeedError:
    if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        return Unavailable(f"{feed.base_url} recibe demasiadas consultas; se intentará más tarde.")
    if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unavailable(f"{feed.base_url} no tiene datos ahora; se intentará más tarde.")
    return Misconfigured(
        f"{feed.base_url} rechazó la consulta ({response.status_code}): revise los ajustes."
    )


def _unreadable(feed: Feed) -> str:
    return f"{feed.base_url} contestó algo que no son tipos de cambio; se intentará más tarde."
