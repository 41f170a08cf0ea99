"""What Banco de México knows, and what its API says: the real series around a day, in HTTP.

Values show from a drawn instant of their day on; corrections and withdrawals are laid over them.
What `Confirmations` keeps is the truth that the judges hold "fresh" against.
"""

import asyncio
import json
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from random import Random
from typing import Any, Literal

import httpx

from contract.sweeping import published
from rates_contracts.observation import FIX, SETTLEMENT
from simulation.world.clock import VirtualTime
from simulation.world.network import Link, Unreachable

Mood = Literal[
    "well", "error", "garbage", "cut_off", "limited", "stale", "stale_dated", "lacks_newest",
    "one_series", "redirect",
]  # fmt: skip
"""How the API answers."""

CREDIBLE: frozenset[Mood] = frozenset({"well", "lacks_newest", "one_series", "stale"})
"""The moods whose answers can be read, and don't say themselves that they are old."""

FAILING: frozenset[Mood] = frozenset({"error", "garbage", "cut_off", "redirect"})
"""The moods whose answers count as failures (protocol rule 19)."""

Rows = Mapping[str, list[tuple[date, Decimal]]]
SLOW_SECONDS = 0.35
LONG_RANGE, LONG_RANGE_SECONDS = timedelta(days=800), 15.0
MAX_ERROR = timedelta(seconds=59)
"""By a clock that is further wrong an answer was not made when it was asked for (rule 27)."""


@dataclass(frozen=True)
class Change:
    """A value that Banxico shows instead of what it showed before, from an instant on."""

    at: datetime
    series: str
    day: date
    value: Decimal | None
    """None where it shows nothing any more."""


@dataclass(frozen=True)
class Believable:
    """An answer that can be believed: which days it was asked for, and which it shows."""

    at: datetime
    first: date
    last: date
    days: Mapping[str, frozenset[date]]
    """By series, of those that it has."""

    def lacks(self, series: str, day: date) -> bool:
        """Tell whether it says that `day` has no value."""
        return self.first <= day <= self.last and day not in self.days.get(series, {day})

    def shows_since(self, series: str, day: date) -> bool:
        """Tell whether it shows a value of `day` or a later one."""
        return max(self.days.get(series, ()), default=date.min) >= day


class Truth:
    """What each series shows at any instant."""

    def __init__(self, first: date, shown: Mapping[date, datetime]) -> None:
        """Know the days from `first` on; the FIX of those in `shown` shows at another instant."""
        self.first = first
        self.changes: list[Change] = []
        self._fix, self._settlement = published.fix(), published.settlement()
        self._shown = shown

    def shows(self, series: str, at: datetime) -> dict[date, Decimal]:
        """Return the values of `series` at `at`, by day, ascending."""
        source = self._fix if series == FIX else self._settlement
        last = at.date() + timedelta(days=7)
        values = {
            day: source.values[day]
            for day in source.days[bisect_left(source.days, self.first) :]
            if day <= last and self._shown_at(series, day) <= at
        }
        for change in self.changes:
            if change.series == series and change.at <= at:
                values.pop(change.day, None)
                if change.value is not None:
                    values[change.day] = change.value
        return dict(sorted(values.items()))

    def ever_showed(self, series: str, day: date, value: Decimal, by: datetime) -> bool:
        """Tell whether a value was shown at any time until `by`."""
        source = self._fix if series == FIX else self._settlement
        shown = {change.value for change in self.changes if self._concerns(change, series, day, by)}
        if day in source.values and day >= self.first and self._shown_at(series, day) <= by:
            shown.add(source.values[day])
        return value in shown

    def change(self, at: datetime, day: date, value: Decimal | None) -> None:
        """Show another FIX of `day` from `at` on, and the settlement rates that rest on it."""
        self.changes.append(Change(at, FIX, day, value))
        for settled in published.settled_by(day):
            self.changes.append(Change(at, SETTLEMENT, settled, value))

    def _concerns(self, change: Change, series: str, day: date, by: datetime) -> bool:
        return change.series == series and change.day == day and change.at <= by

    def _shown_at(self, series: str, day: date) -> datetime:
        determined = day if series == FIX else published.determination_of(day) or day
        return self._shown.get(determined) or published.wall(determined, published.SHOWN_AT)


@dataclass
class Confirmations:
    """When Banxico was last truly heard about each series, and how often it was asked."""

    at: dict[str, datetime] = field(default_factory=dict)
    told: dict[tuple[str, date], tuple[datetime, Decimal]] = field(default_factory=dict)
    """What each day was last told to be, and when, in an answer that could be believed."""
    told_at: datetime | None = None
    """When an answer could last be believed, whether what it told was new or old."""
    believable: list[Believable] = field(default_factory=list)
    """All answers that could be believed, whether they arrived or not."""
    failed_at: datetime | None = None
    """When a request last failed, as its asker sees it."""
    answered: dict[str, datetime] = field(default_factory=dict)
    """When each instance, by name, was last answered with the time."""
    requests: dict[date, int] = field(default_factory=dict)
    answers: list[tuple[datetime, str]] = field(default_factory=list)
    _asked: dict[str, set[int]] = field(default_factory=dict)
    _counted: int = 0

    def forget_before(self, day: date) -> None:
        """Forget what was told of earlier days."""
        self.told = {key: value for key, value in self.told.items() if key[1] >= day}

    def asked(self, series: str) -> set[int]:
        """Return the days, as ordinals, of which believable answers with `series` speak."""
        if self._counted < len(self.believable):
            for answer in self.believable[self._counted :]:
                for name in answer.days:
                    days = range(answer.first.toordinal(), answer.last.toordinal() + 1)
                    self._asked.setdefault(name, set()).update(days)
            self._counted = len(self.believable)
        return self._asked.get(series, set())


@dataclass
class Api:
    """The API: one for all instances."""

    truth: Truth
    time: VirtualTime
    random: Random
    mood: Mood = "well"
    slowness: float = 0.0
    lost_before: date | None = None
    """Ranges that begin before this day never come."""
    clock_offset: timedelta = timedelta()
    fails_since: datetime | None = None
    """Since when each answer has been a failure."""
    heard: Confirmations = field(default_factory=Confirmations)
    on_request: Callable[[date | None], None] = lambda _: None
    """Called with the last day that a request asks for, when it arrives."""

    def answer(self, path: str) -> tuple[httpx.Response, Rows]:
        """Return the answer to a request for `path`, as of now, and what can be believed of it."""
        now = self.time.now
        self.heard.answers.append((now, f"{self.mood} {path}"))
        self.fails_since = (self.fails_since or now) if self.mood in FAILING else None
        shown_at = now - timedelta(hours=20) if self.mood.startswith("stale") else now
        series, first, last = _asked(path)
        rows = {name: self._rows(name, first, last, shown_at) for name in series}
        if self.mood == "one_series":
            rows.pop(FIX, None)
        if self.fails_since is not None:
            self.heard.failed_at = now
        if self.mood in CREDIBLE and first is not None and last is not None:
            days = {name: frozenset(day for day, _ in shown) for name, shown in rows.items()}
            self.heard.believable.append(Believable(now, first, last, days))
        return self._response(rows, shown_at), rows if self.mood in CREDIBLE else {}

    def _rows(
        self, series: str, first: date | None, last: date | None, at: datetime
    ) -> list[tuple[date, Decimal]]:
        shown = list(self.truth.shows(series, at).items())
        if self.mood == "lacks_newest" and series == FIX:
            shown = shown[:-1]
        if first is None or last is None:
            return shown[-1:]
        return [(day, value) for day, value in shown if first <= day <= last]

    def hear(self, rows: Rows, asked_at: datetime) -> None:
        """Keep what an answer has told; it confirms a series if it shows what was newest.

        One without any FIX is set aside as a whole (rule 28); one that comes late tells nothing of
        what was asked about since.
        """
        if rows:
            self.heard.told_at = asked_at
        for series, shown in rows.items() if FIX in rows else ():
            for day, value in shown:
                key, said = (series, day), (asked_at, value)
                self.heard.told[key] = max(said, self.heard.told.get(key, said))
            days = self.truth.shows(series, asked_at)
            if days and shown and shown[-1][0] == max(days):
                self.heard.at[series] = asked_at

    def _response(self, rows: Rows, at: datetime) -> httpx.Response:
        if self.mood == "error":
            return _http(self.random.choice([500, 502, 503]), b"down")
        if self.mood == "redirect":
            return _http(302, b"", {"Location": "https://elsewhere.example/"})
        if self.mood == "limited":
            return _http(429, b"", {"Retry-After": str(self.random.choice([5, 70]))})
        if self.mood == "garbage":
            return _http(200, b'{"bmx":{"series":[{"idSerie":')
        body = _body(rows)
        if self.mood == "cut_off":
            body = body[: len(body) // 2]
        dated = self.mood != "stale"
        shown = at if self.mood == "stale_dated" else self.time.now
        headers = {"Date": _http_date(shown + self.clock_offset)} if dated else {}
        return _http(200, body, headers)


class ApiTransport(httpx.AsyncBaseTransport):
    """The API as one instance reaches it; its client's own time-outs are kept."""

    def __init__(self, api: Api, link: Link) -> None:
        """Ask `api` over `link`."""
        self._api, self._link = api, link

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request. Raises httpx's own errors."""
        try:
            return await self._sent(request)
        except BaseException:
            self._api.heard.failed_at = self._api.time.now
            raise

    async def _sent(self, request: httpx.Request) -> httpx.Response:
        try:
            await self._link.send()
            self._link.stop_within()
            day = published.local(self._api.time.now).date()
            heard = self._api.heard
            heard.requests[day] = heard.requests.get(day, 0) + 1
            self._api.on_request(_asked(request.url.path)[2])
            return await self._answered(request)
        except Unreachable as error:
            raise httpx.ConnectError(str(error), request=request) from error

    async def _answered(self, request: httpx.Request) -> httpx.Response:
        path, api = request.url.path, self._api
        _, first, last = _asked(path)
        lost = api.lost_before is not None and first is not None and first < api.lost_before
        wait = api.slowness + SLOW_SECONDS * api.random.random()
        if first is not None and last is not None and last - first > LONG_RANGE:
            wait += LONG_RANGE_SECONDS
        timeout = request.extensions["timeout"]["read"]
        if lost or wait > timeout:
            await asyncio.sleep(timeout)
            raise httpx.ReadTimeout("no answer", request=request)
        await asyncio.sleep(wait)
        asked_at = api.time.now
        response, rows = api.answer(path)
        await self._link.receive()
        if "Date" in response.headers:
            api.heard.answered[self._link.machine.name] = api.time.now
        if abs(self._link.machine.clock.error) <= MAX_ERROR:
            api.hear(rows, asked_at)
        return response


def _http(status: int, body: bytes, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """Return a response whose body has still to be read."""
    return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))


def _asked(path: str) -> tuple[list[str], date | None, date | None]:
    """Return series, first and last day of a request's path."""
    parts = path.split("/series/")[1].split("/")
    if parts[-1] == "oportuno":
        return parts[0].split(","), None, None
    return parts[0].split(","), date.fromisoformat(parts[2]), date.fromisoformat(parts[3])


def _body(rows: Rows) -> bytes:
    series: list[dict[str, Any]] = [
        {
            "idSerie": name,
            "titulo": name,
            "datos": [{"fecha": f"{day:%d/%m/%Y}", "dato": f"{value}"} for day, value in shown],
        }
        for name, shown in rows.items()
    ]
    return json.dumps({"bmx": {"series": series}}).encode()


def _http_date(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC), usegmt=True)
