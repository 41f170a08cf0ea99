"""What a client can be asked, once for the blocking and the asynchronous one.

Each method is a call (`usdmxn.http.steps`): which address is asked, how the answer is read. Their
docstrings are those of `Client` and `AsyncClient`.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date as Day
from datetime import datetime
from decimal import Decimal
from functools import partial
from itertools import islice
from typing import TypeVar
from urllib.parse import quote

from usdmxn.answers import (
    Batch,
    Capabilities,
    Change,
    Changes,
    Conversion,
    CurrentRate,
    DayResult,
    DaySheet,
    Health,
    History,
    KeySet,
    Limits,
    Monthly,
    Rate,
    Summary,
)
from usdmxn.arguments import (
    amount_text,
    day_text,
    instant_text,
    month_text,
    optional_day,
    today,
)
from usdmxn.errors import CursorReset, InvalidParameters, NotFound, UnexpectedAnswer
from usdmxn.events import Event
from usdmxn.http.exchange import Exchange, Query
from usdmxn.http.following import follow
from usdmxn.http.reading import read_bytes, read_health, read_json
from usdmxn.http.retry import Deadline
from usdmxn.http.steps import Call, Item, Send, Walk
from usdmxn.purposes import check_one_of, kind_in, known_kind

T = TypeVar("T")
MAX_AT_ONCE = 500
"""Days of one request: their address stays below the 8,192 characters that a server takes."""
NOT_THERE = "the server has nothing at {path}: it is older than this client"


class Calls:
    """Every call, over one `exchange`."""

    def __init__(self, exchange: Exchange) -> None:
        """Ask by `exchange`."""
        self._exchange = exchange

    def on(
        self,
        day: Day | str,
        *,
        purpose: str | None = None,
        kind: str | None = None,
        roll: str | None = None,
        as_of: datetime | None = None,
    ) -> Call[Rate]:
        """Return the rate of one day, for a purpose or of a kind.

        `roll="none"` refuses the banking day before a closed one; `as_of`, an aware datetime,
        answers by what was known then. Raises `NotYetPublished` (with `expected_at`) and the other
        `NoValue`, `Unavailable`, `NoRateForPurpose`.

        >>> rates.on("2026-08-16", purpose="cfdi_invoice").rate
        Decimal('17.0530')
        """
        deadline = self._exchange.deadline()
        path = f"/api/v1/rates/{day_text(day)}"
        chosen = yield from self._kind(purpose, kind, deadline, day_text(day))
        query = [("kind", chosen), ("roll", roll), ("as_of", instant_text(as_of))]
        return (yield from self._get(Rate, path, query, deadline))

    def current(self, *, purpose: str | None = None, kind: str | None = None) -> Call[CurrentRate]:
        """Return the rate that is current: in force today for a purpose, or the newest of a kind.

        Raises `NoCurrentRate` where the last one may no longer pass as current.

        >>> rates.current(kind="settlement").rate
        Decimal('17.0627')
        """
        deadline = self._exchange.deadline()
        chosen = yield from self._kind(purpose, kind, deadline)
        path = "/api/v1/rates/current"
        return (yield from self._get(CurrentRate, path, [("kind", chosen)], deadline))

    def day(self, day: Day | str) -> Call[DaySheet]:
        """Return all rates of a day side by side, and which of them counts for what.

        >>> [use.kind for use in rates.day("2026-08-14").use if use.purpose == "tax"]
        ['settlement']
        """
        return (yield from self._get(DaySheet, f"/api/v1/days/{day_text(day)}"))

    def convert(  # noqa: PLR0913 (what a conversion depends on)
        self,
        amount: Decimal | int | str,
        source: str,
        target: str,
        *,
        on: Day | str | None = None,
        purpose: str | None = None,
        kind: str | None = None,
        scale: int | None = None,
        rounding: str | None = None,
    ) -> Call[Conversion]:
        """Convert an amount at the rate of a day, or at the current one without `on`.

        It is rounded once, to `scale` places (2 by default, 10 at most), `rounding="half_up"` by
        default or `"half_even"`. A float is refused (`InvalidArgument`).

        >>> rates.convert("1234.56", "USD", "MXN", on="2026-08-14", purpose="cfdi_payment").result
        Decimal('21064.93')
        """
        deadline = self._exchange.deadline()
        day = optional_day(on)
        asked = [("from", source), ("to", target), ("amount", amount_text(amount)), ("date", day)]
        chosen = yield from self._kind(purpose, kind, deadline, day)
        how = [("kind", chosen), ("scale", scale), ("rounding", rounding)]
        return (yield from self._get(Conversion, "/api/v1/convert", [*asked, *how], deadline))

    def dates(
        self,
        days: Iterable[Day | str],
        *,
        purpose: str | None = None,
        kind: str | None = None,
        roll: str | None = None,
    ) -> Walk[DayResult]:
        """Yield a result for each day, in the order asked: its `rate`, or else its `problem`.

        Days are asked for in chunks of what the server allows, each with a `timeout` of its own.

        >>> for result in rates.dates(["2026-08-14", "2026-08-16"], purpose="tax"):
        ...     print(result.requested, result.rate or result.problem.detail)
        2026-08-14 17.0627
        2026-08-16 17.0530
        """
        deadline = self._exchange.deadline()
        chosen = yield from self._kind(purpose, kind, deadline)
        limits = (yield from self._get(Capabilities, "/api/v1", (), deadline)).limits
        for chunk in _chunks(map(day_text, days), _at_once(limits)):
            query = [("dates", ",".join(chunk)), ("kind", chosen), ("roll", roll)]
            batch = yield from self._get(Batch, "/api/v1/rates", query)
            yield from map(Item, _results(batch, chunk))

    def history(  # noqa: PLR0913 (the ways to name a span)
        self,
        *,
        last: int | None = None,
        days: int | None = None,
        start: Day | str | None = None,
        end: Day | str | None = None,
        month: Day | str | None = None,
        year: int | None = None,
        purpose: str | None = None,
        kind: str | None = None,
    ) -> Call[History]:
        """Return the rates of a span, ascending by day.

        Give one of `last`, `days`, `start` (and `end`), `month`, `year`: `last=10` are ten values,
        `days=10` the calendar days ending today. `last` also counts within a span.

        >>> [str(row.rate) for row in rates.history(last=2, kind="fix").observations]
        ['17.0627', '17.0530']
        """
        deadline = self._exchange.deadline()
        chosen = yield from self._kind(purpose, kind, deadline)
        query = [("last", last), ("days", days), *_span(start, end, month, year), ("kind", chosen)]
        return (yield from self._get(History, "/api/v1/rates/historical", query, deadline))

    def summary(
        self,
        *,
        month: Day | str | None = None,
        year: int | None = None,
        start: Day | str | None = None,
        end: Day | str | None = None,
        purpose: str | None = None,
        kind: str | None = None,
    ) -> Call[Summary]:
        """Return mean, first, last, low, high and change of a month, a year, or `start` to `end`.

        >>> rates.summary(month="2026-07", kind="fix").mean
        Decimal('17.460739')
        """
        deadline = self._exchange.deadline()
        chosen = yield from self._kind(purpose, kind, deadline)
        query = [*_span(start, end, month, year), ("kind", chosen)]
        path = "/api/v1/rates/summary"
        return (yield from _or_not_found(self._get(Summary, path, query, deadline), path))

    def monthly(
        self,
        *,
        year: int | None = None,
        start: Day | str | None = None,
        end: Day | str | None = None,
        purpose: str | None = None,
        kind: str | None = None,
    ) -> Call[Monthly]:
        """Return the figures of each month of a year, or of the months `start` to `end`.

        >>> len(rates.monthly(start="2025-01", end="2026-08", kind="fix").months)
        20
        """
        deadline = self._exchange.deadline()
        chosen = yield from self._kind(purpose, kind, deadline)
        span = [("year", year), ("from", month_text(start)), ("to", month_text(end))]
        path = "/api/v1/rates/monthly"
        call = self._get(Monthly, path, [*span, ("kind", chosen)], deadline)
        return (yield from _or_not_found(call, path))

    def changes(
        self,
        *,
        since: datetime | None = None,
        cursor: str | None = None,
        kind: str | None = None,
    ) -> Walk[Change]:
        """Yield what was recorded after `since`, or after a cursor, to the newest there is.

        Without either it is everything ever recorded. To go on later where a walk has ended, use
        `change_pages`, which shows the cursors. Raises `CursorReset` for a cursor of another
        record.

        >>> for change in rates.changes(since=datetime(2026, 8, 12, tzinfo=UTC), kind="fix"):
        ...     print(change.date, change.rate, change.replaces)
        2026-08-12 17.0627 None
        2026-08-13 17.0530 None
        """
        return self._changes(since, cursor, kind, _unbroken)

    def change_pages(
        self,
        *,
        since: datetime | None = None,
        cursor: str | None = None,
        kind: str | None = None,
    ) -> Walk[Changes]:
        """Yield the same page by page, for whoever goes on later: keep `page.next` as the `cursor`.

        Store it together with what was made of the page. A page with `reset` begins anew: drop
        what was read before.

        >>> for page in rates.change_pages(since=datetime(2026, 8, 12, tzinfo=UTC)):
        ...     cursor = page.next
        >>> [page.count for page in rates.change_pages(cursor=cursor)]
        [0]
        """
        return self._changes(since, cursor, kind, lambda page: [page])

    def watch(self, *, last_event_id: str | None = None) -> Walk[Event]:
        """Yield what happens as it happens, without an end: see `usdmxn.events`.

        Begins with a `State`. When the connection ends, a `Disconnected` says so, and it connects
        again, where it was: after the last `Changed`, or with a `Reset` where there was none yet,
        as changes may have been missed. To go on in another process, keep the `id` of the last
        `Changed` as `last_event_id`.

        >>> for event in rates.watch():
        ...     if isinstance(event, State):
        ...         print(event.current["settlement"].rate)
        ...         break
        17.0627
        """
        return follow(self._exchange, last_event_id)

    def receipt(self, day: Day | str, *, kind: str | None = None) -> Call[bytes]:
        """Return the signed receipt of a day's rate: a compact JWS (EdDSA), as stored.

        Check it with the keys of `keys`. `kind` is `fix` or `settlement`. Raises `NotSignedYet`.

        >>> rates.receipt("2026-08-13", kind="fix")[:12]
        b'eyJhbGciOiJF'
        """
        check_one_of(None, kind)
        url = self._exchange.url(f"/api/v1/rates/{day_text(day)}/receipt", [("kind", kind)])
        read = partial(read_bytes, expected="application/jwt")
        return (yield from self._exchange.ask(url, read, self._exchange.deadline()))

    def keys(self) -> Call[KeySet]:
        """Return every public key that receipts were ever signed with.

        >>> [key.alg for key in rates.keys().keys if key.revoked_at is None]
        ['EdDSA']
        """
        return (yield from self._get(KeySet, "/.well-known/jwks.json"))

    def payload(self, sha256: str) -> Call[bytes]:
        """Return the raw answer of Banco de México that an observation was read from.

        >>> rate = rates.on("2026-08-13", kind="fix")
        >>> raw = rates.payload(rate.provenance.payload_sha256)
        >>> sha256(raw).hexdigest() == rate.provenance.payload_sha256
        True
        """
        url = self._exchange.url(f"/api/v1/payloads/{quote(sha256, safe='')}")
        read = partial(read_bytes, expected="application/octet-stream")
        return (yield from self._exchange.ask(url, read, self._exchange.deadline()))

    def capabilities(self) -> Call[Capabilities]:
        """Return what the server can be asked: kinds, first and last days, limits.

        >>> rates.capabilities().next_publication_at
        datetime.datetime(2026, 8, 14, 18, 0, tzinfo=datetime.timezone.utc)
        """
        return (yield from self._get(Capabilities, "/api/v1"))

    def health(self) -> Call[Health]:
        """Return how the instance is that answers, also where it is unhealthy.

        >>> rates.health().status
        'healthy'
        """
        exchange, ok = self._exchange, frozenset({503})
        url = exchange.url("/health")
        reply = yield from exchange.repeated(partial(Send, url), exchange.deadline(), ok)
        return read_health(reply)

    def _get(
        self, answer: type[T], path: str, query: Query = (), deadline: Deadline | None = None
    ) -> Call[T]:
        """Ask a path and return its answer; the deadline of a new call unless one has begun."""
        read = partial(read_json, kind=answer)
        until = deadline or self._exchange.deadline()
        return (yield from self._exchange.ask(self._exchange.url(path, query), read, until))

    def _kind(
        self, purpose: str | None, kind: str | None, deadline: Deadline, day: str | None = None
    ) -> Call[str]:
        """Return the kind to ask for; a purpose that this version does not know is on the sheet."""
        chosen = known_kind(purpose, kind)
        if chosen is not None:
            return chosen
        sheet = yield from self._get(DaySheet, f"/api/v1/days/{day or today()}", (), deadline)
        return kind_in(sheet.use, str(purpose))

    def _changes(
        self,
        since: datetime | None,
        cursor: str | None,
        kind: str | None,
        items: Callable[[Changes], Iterable[T]],
    ) -> Walk[T]:
        """Walk all pages and yield the `items` of each."""
        begin, more = instant_text(since), True
        while more:
            query = [("since", begin), ("cursor", cursor), ("kind", kind)]
            page = yield from self._get(Changes, "/api/v1/changes", query)
            yield from map(Item, items(page))
            begin, cursor, more = None, page.next, page.more


def _unbroken(page: Changes) -> tuple[Change, ...]:
    if page.reset:
        raise CursorReset
    return page.changes


def _span(
    start: Day | str | None, end: Day | str | None, month: Day | str | None, year: int | None
) -> list[tuple[str, str | int | None]]:
    days = [("from", optional_day(start)), ("to", optional_day(end))]
    return [*days, ("month", month_text(month)), ("year", year)]


def _chunks(days: Iterable[str], size: int) -> Iterator[list[str]]:
    rest = iter(days)
    while chunk := list(islice(rest, size)):
        yield chunk


def _at_once(limits: Limits) -> int:
    """Return how many days one request may ask for. Raises `UnexpectedAnswer` for none."""
    if limits.dates < 1:
        raise UnexpectedAnswer(f"the server says that it answers {limits.dates} days at once")
    return min(limits.dates, MAX_AT_ONCE)


def _results(batch: Batch, asked: list[str]) -> tuple[DayResult, ...]:
    """Return a result for each day, in the order asked. Raises `UnexpectedAnswer` for others."""
    if [result.requested.isoformat() for result in batch.results] != asked:
        raise UnexpectedAnswer(
            f"the server answered {len(batch.results)} days that are not the {len(asked)} asked for"
        )
    return batch.results


def _or_not_found(call: Call[T], path: str) -> Call[T]:
    """Do `call`; a server that is older than its path takes the last part of it for a date."""
    try:
        return (yield from call)
    except InvalidParameters as refused:
        if any(error.parameter == "date" for error in refused.errors):
            raise NotFound(NOT_THERE.format(path=path), refused.status) from refused
        raise
