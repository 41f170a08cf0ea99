"""The real record at a moment of the real past, and a worker around it, for everyone who asks.

Loaded by path (`conftest`, the OpenAPI recorder), since test folders are no packages.
"""

import asyncio
import csv
import dataclasses
import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import msgspec
from litestar import Litestar
from litestar.types import ASGIApp

from rates_api.dependencies import InstanceHealth
from rates_api.endpoints import ENDPOINTS
from rates_api.errors import FallbackUnavailable
from rates_api.following.broadcast import Broadcast, Timing
from rates_api.following.subscription import Subscription
from rates_api.http.api_request import ApiRequest
from rates_api.http.endpoint import Endpoint
from rates_api.http.response import HttpResponse
from rates_api.http.response_cache import ResponseCache, response_cache_middleware
from rates_api.http.routes import (
    canonical_path_middleware,
    exception_handlers,
    host_middleware,
    respond,
    route_handlers,
)
from rates_api.pages.endpoints import PAGES
from rates_api.request_counters import CacheLookup, RequestCounters
from rates_api.snapshot.current import CurrentSnapshot
from rates_api.snapshot.snapshot import Feed, Snapshot, histories
from rates_contracts.answers import PublicKey
from rates_contracts.averages import Average
from rates_contracts.calendar import MEXICO_CITY, BankCalendar, BankingDays, DeclaredClosure
from rates_contracts.events import Head, Position
from rates_contracts.observation import FIRST_FIX_DAY, FIX, SETTLEMENT, Observation
from rates_contracts.status import SeriesStatus, State, SyncStatus, Transition

__all__ = ["DeclaredClosure"]

KID, X = (
    "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
    "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
)
"""The public key of RFC 8037's examples."""
RECEIPT = (
    "eyJhbGciOiJFZERTQSIsImtpZCI6ImtQcktfcW14VldhWVZBOXd3QkY2SXVvM3ZWeno3VHhIQ1R3WEJ5"
    "Z3JTNGsiLCJ0eXAiOiJyYXRlLXJlY2VpcHQrand0In0.eyJpc3MiOiJodHRwczovL3JhdGVzLmV4YW1w"
    "bGUubXgiLCJpYXQiOjE3ODY2NDQwNjcsInN1YiI6ImZpeC8yMDI2LTA4LTEzIiwic291cmNlIjoiQmFu"
    "Y28gZGUgTcOpeGljbyIsInNlcmllcyI6IlNGNDM3MTgiLCJyYXRlIjoiMTcuMDUzMCIsInJldmlzaW9u"
    "IjoxLCJyZWNvcmRlZF9hdCI6IjIwMjYtMDgtMTNUMTg6MDE6MDdaIiwicGF5bG9hZF9zaGEyNTYiOiI3"
    "ZDhlZGMwYzBmNDY2NjdkNTNhNDMzYzBlNTAxYTVkN2M5NDc1ZDdkNDE3N2JhYjMyMDI3OTQxZWM1ZTg0"
    "ZmFmIn0.XO0xULgdMHmr-Gm_ThibTFKkfswZFUHnWSKfFySGkqjGYybyDhi9t8tX4jYHJJD1QuPK17bV"
    "wv-cE2l--6skAA"
)
"""Of the newest FIX, as rates-sync signs it with that key."""

DATA = Path(__file__).parents[1] / "data"

TODAY = date(2026, 8, 14)
"""A Friday; at ten its FIX is not determined yet, the newest is the Thursday's."""
NEWEST = date(2026, 8, 13)
SEEN_AT = time(18, 1, 7)
FIRST_STORED = date(2020, 1, 1)


def mexico(day: date, hour: int, minute: int = 0) -> datetime:
    """Return the instant of a wall time in Mexico City."""
    return datetime.combine(day, time(hour, minute), tzinfo=MEXICO_CITY).astimezone(UTC)


NOW = mexico(TODAY, 10)


@cache
def published(name: str) -> dict[date, str]:
    """Return the values of a file, as published."""
    with (DATA / name).open(encoding="utf-8") as file:
        return {date.fromisoformat(row["date"]): row["rate"] for row in csv.DictReader(file)}


def fix() -> dict[date, str]:
    """Return the FIX by determination day."""
    return published("usd_mxn_fix.csv")


def settlement() -> dict[date, str]:
    """Return the settlement rate by calendar day."""
    return published("usd_mxn_sf60653_settlement.csv")


@cache
def calendar() -> BankCalendar:
    """Return the bank calendar as sync ships it."""
    with (DATA / "bank_closed_days.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    closed = tuple(date.fromisoformat(row["date"]) for row in rows)
    names = tuple(row["name"] for row in rows)
    first, last = date(2001, 1, 1), date(2028, 12, 31)
    return BankCalendar("holidays-0.109/XMEX", first, last, closed, names=names)


def observation(series: str, day: date, value: str, seen: date, revision: int = 1) -> Observation:
    """Return the observation recorded on the day it was seen."""
    recorded_at = datetime.combine(seen, SEEN_AT, tzinfo=UTC)
    sha256 = hashlib.sha256(f"{series} {day} {revision}".encode()).hexdigest()
    return Observation(series, day, revision, Decimal(value), recorded_at, sha256)


@cache
def observations(newest: date = NEWEST) -> tuple[Observation, ...]:
    """Return everything recorded up to the FIX of `newest`."""
    fixed = [observation(FIX, day, rate, day) for day, rate in fix().items() if day <= newest]
    days = BankingDays(calendar(), min(fix()), fix().__contains__)
    ahead = days.legal_dates(newest).applies_to
    assert ahead is not None
    settled = [
        observation(SETTLEMENT, day, rate, days.determination_for(day) or day)
        for day, rate in settlement().items()
        if day <= ahead
    ]
    return (*fixed, *settled)


def transitions(today: date, newest: date) -> tuple[Transition, ...]:
    """Return the table of `today`, a banking day, and of the days after it."""
    following = calendar().next_banking_day(today)
    assert following is not None
    noon, next_noon = mexico(today, 12), mexico(following, 12)
    seen = newest >= today
    expected = next_noon if seen else noon
    waiting: State = "fresh" if seen else "awaiting_publication"
    late: State = "fresh" if seen else "late"
    return (
        Transition(mexico(today, 0), "fresh", expected, False, 3600),
        Transition(mexico(today, 7), "fresh", expected, True, 3600),
        Transition(mexico(today, 11, 59), waiting, expected, True, 3600 if seen else 15),
        Transition(mexico(today, 13), late, expected, True, 3600),
        Transition(mexico(today, 17), late, expected, False, 3600),
        Transition(mexico(today + timedelta(days=1), 0), "closed_day", next_noon, False, 3600),
    )


def status(now: datetime = NOW, today: date = TODAY, newest: date = NEWEST) -> SyncStatus:
    """Return a status verified a minute before `now`."""
    verified_at = now - timedelta(minutes=1)
    usable_day = calendar().next_banking_day(today + timedelta(days=3))
    assert usable_day is not None
    return SyncStatus(
        source="Banco de México",
        transitions=transitions(today, newest),
        verified_at=verified_at,
        fresh_until=verified_at + timedelta(minutes=5),
        usable_until=mexico(usable_day, 13),
        upstream="ok",
        edge_purged=True,
    )


def known(now: datetime = NOW, **changes: Any) -> SeriesStatus:
    """Return what is known of a series that is complete, verified a minute before `now`."""
    verified_at = now - timedelta(minutes=1)
    whole = SeriesStatus(
        verified_at=verified_at,
        fresh_until=verified_at + timedelta(minutes=5),
        usable_until=now + timedelta(days=5),
        complete_from=FIRST_FIX_DAY,
        complete_at=observation(FIX, FIRST_FIX_DAY, "3.0735", FIRST_FIX_DAY).recorded_at,
    )
    return msgspec.structs.replace(whole, **changes)


def series(
    now: datetime = NOW,
    *,
    fix: Mapping[str, Any] = MappingProxyType({}),
    settlement: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, SeriesStatus]:
    """Return what is known of both series; `fix` and `settlement` are changes of members."""
    return {FIX: known(now, **fix), SETTLEMENT: known(now, **settlement)}


def known_series(
    now: datetime = NOW, *, settlement: dict[str, Any] | None = None, **fix: Any
) -> dict[str, SeriesStatus]:
    """Return what is known of both series; `fix` changes the FIX, by default both."""
    return series(now, fix=fix, settlement=fix if settlement is None else settlement)


def since(snapshot: Snapshot, day: date) -> Snapshot:
    """Return the snapshot without what lies before `day`, as if the history were still loading."""
    rows = {name: list(history.between(day, date.max)) for name, history in snapshot.series.items()}
    return dataclasses.replace(snapshot, series=histories(rows))


def everything(_: Observation) -> bool:
    """Keep every row."""
    return True


def snapshot(
    *,
    now: datetime = NOW,
    today: date = TODAY,
    newest: date = NEWEST,
    extra: tuple[Observation, ...] = (),
    without: tuple[date, ...] = (),
    kept: Callable[[Observation], bool] = everything,
    recorded_at: datetime | None = None,
    averages: tuple[Average, ...] = (),
    feed: Feed = "redis",
    bank_calendar: BankCalendar | None = None,
    **changes: Any,
) -> Snapshot:
    """Return the record at `now`; `changes` are members of the status.

    Of all rows those remain that are `kept` and of no day in `without`.
    """
    rows = [row for row in (*observations(newest), *extra) if row.date not in without and kept(row)]
    by_series = {name: [row for row in rows if row.series == name] for name in (FIX, SETTLEMENT)}
    return Snapshot(
        head=Head(1, 42, "5b1f", recorded_at or max(row.recorded_at for row in rows)),
        status=msgspec.structs.replace(status(now, today, newest), **changes),
        averages=averages,
        calendar=bank_calendar or calendar(),
        series=histories(by_series),
        feed=feed,
    )


def said(answer: httpx.Response) -> str:
    """Return what an answer says in short: its status, then the rate or the problem's code."""
    body = answer.json()
    return f"{answer.status_code} {body['code'] if 'code' in body else body['rate']}"


def cache_class(answer: httpx.Response) -> str:
    """Return how long shared caches keep an answer: N (not), I (immutable), 5, B (15 s), A."""
    directives = answer.headers["cache-control"]
    if "no-store" in directives:
        return "N"
    if "immutable" in directives:
        return "I"
    seconds = int(directives.rpartition("s-maxage=")[2])
    return next((name for limit, name in ((5, "5"), (15, "B")) if seconds <= limit), "A")


class Counters(RequestCounters):
    """Notes what was counted."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[tuple[str, int]] = []
        self.lookups: list[str] = []

    def record(self, route: str, status: int, seconds: float, hits: int = 0) -> None:
        """Note an answer."""
        assert seconds >= 0
        self.requests.append((route, status))
        self.lookups += ["hit"] * hits

    def record_lookup(self, result: CacheLookup) -> None:
        """Note a look-up."""
        self.lookups.append(result)


def current_snapshot(snapshot: Snapshot | None) -> CurrentSnapshot[ResponseCache]:
    """Return the holder of a snapshot and its cache."""
    current = CurrentSnapshot(ResponseCache)
    if snapshot is not None:
        current.replace(snapshot)
    return current


class EndedStreams:
    """Streams that end after what they begin with."""

    def __init__(self, broadcast: Broadcast) -> None:
        self._broadcast = broadcast

    def open(self, last: Position | None) -> Subscription:
        """Open a stream, and close it."""
        stream = self._broadcast.open(last)
        stream.close()
        return stream


class Evidence:
    """The record's evidence: raw answers by hash; None stands for a record that does not answer."""

    def __init__(self) -> None:
        bodies = [f"{row.series} {row.date} {row.revision}".encode() for row in observations()]
        self.payloads: dict[str, bytes] | None = {
            hashlib.sha256(body).hexdigest(): body for body in bodies
        }
        self.receipts = {(FIX, NEWEST, 1): RECEIPT}
        self.keys = (PublicKey(kid=KID, x=X, created_at=datetime(2026, 1, 5, 12, tzinfo=UTC)),)
        self.reads = 0

    async def receipt(self, series: str, day: date, revision: int) -> str | None:
        """Return the receipt of an observation."""
        self.reads += 1
        if self.payloads is None:
            raise FallbackUnavailable("it was lost")
        return self.receipts.get((series, day, revision))

    async def public_keys(self) -> tuple[PublicKey, ...]:
        """Return every key."""
        if self.payloads is None:
            raise FallbackUnavailable("it was lost")
        return self.keys

    async def payload(self, sha256: str) -> bytes | None:
        """Return the raw answer with this hash."""
        self.reads += 1
        if self.payloads is None:
            raise FallbackUnavailable("it was lost")
        return self.payloads.get(sha256)


class Worker:
    """A worker whose clock and instance figures are set by hand."""

    def __init__(self, snapshot: Snapshot | None, now: datetime = NOW) -> None:
        self.broadcast = Broadcast(
            2,
            Timing(self.clock, self.monotonic, asyncio.sleep, lambda: 0.5),
            is_draining=lambda: False,
            on_count=lambda _: None,
            on_refused=lambda: None,
        )
        self.streams: Any = EndedStreams(self.broadcast)
        self.current = CurrentSnapshot(ResponseCache, self.broadcast.on_snapshot)
        if snapshot is not None:
            self.current.replace(snapshot)
        self.counters = Counters()
        self.evidence = Evidence()
        self.now = now
        self.health = InstanceHealth("healthy", "healthy", "healthy", 3.2, 0.98)
        self.ids = 0
        self.threaded = 0

    def clock(self) -> datetime:
        """Return the instant that was set."""
        return self.now

    def timestamp(self) -> float:
        """Return it in POSIX seconds."""
        return self.now.timestamp()

    def monotonic(self) -> float:
        """Return a clock that stands."""
        return 1.0

    def new_request_id(self) -> str:
        """Return the next id."""
        self.ids += 1
        return f"request-{self.ids}"

    async def run_in_thread(self, work: Callable[[], Any]) -> Any:
        """Do it at once, and note that it was to be done in a thread."""
        self.threaded += 1
        return work()

    def instance_health(self) -> InstanceHealth:
        """Return the figures that were set."""
        return self.health


def application(worker: Worker) -> Litestar:
    """Return the public handlers around `worker`."""
    return Litestar(
        route_handlers((*ENDPOINTS, *PAGES), worker),
        exception_handlers=exception_handlers(worker),
        openapi_config=None,
        logging_config=None,
    )


def cached(worker: Worker, app: Any = None) -> ASGIApp:
    """Return the public handlers, or `app`, behind the cache of responses."""
    return response_cache_middleware(
        host_middleware(
            canonical_path_middleware(app or application(worker), (*ENDPOINTS, *PAGES), worker),
            worker,
        ),
        worker.current,
        worker.counters,
        monotonic=worker.monotonic,
        timestamp=worker.timestamp,
    )


def request(path: str, in_path: dict[str, str], query: bytes = b"", **headers: str) -> ApiRequest:
    """Return a request as an endpoint gets it."""
    named = {name.replace("_", "-"): [text] for name, text in headers.items()}
    return ApiRequest("GET", path, query, in_path, lambda name: named.get(name, []))


def responded(endpoint: Endpoint, worker: Worker, request: ApiRequest) -> HttpResponse:
    """Return the response to a request of which nothing is done in a thread: at once."""
    try:
        respond(endpoint, worker, request).send(None)
    except StopIteration as done:
        response: HttpResponse = done.value
        return response
    raise AssertionError("it waits")


def client(worker: Worker) -> httpx.AsyncClient:
    """Return a client of the public handlers; it asks for no compression by itself."""
    served: Any = application(worker)
    transport = httpx.ASGITransport(served, raise_app_exceptions=False)
    headers = {"accept-encoding": "identity"}
    return httpx.AsyncClient(transport=transport, base_url="http://api.test", headers=headers)
