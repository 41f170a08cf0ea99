"""What is asked at an instant, and a worker that answers without a network."""

import csv
import dataclasses
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import msgspec

from contract.sweeping.published import DAY, FIRST_DAY, local, wall
from contract.sweeping.situations import Facts, snapshot
from rates_api.endpoints import ENDPOINTS
from rates_contracts.observation import Kind
from support.modules import load_module

world = load_module(Path(__file__).parents[3] / "services/rates-api/tests/unit/world.py")
ENDPOINT = {endpoint.name: endpoint for endpoint in ENDPOINTS}
INSTANTS = (
    time(0),
    time(6, 59),
    time(11, 59, 50),
    time(12),
    time(12, 6),
    time(13),
    time(17, 2),
    time(22, 10),
)
"""Wall times in Mexico City: before and after each that changes an answer."""
KINDS: tuple[Kind, ...] = ("fix", "settlement", "dof")
DEAR, DEAR_AS_OF = 256, 128
"""What takes a worker long is asked at each so many turns."""


@dataclass(frozen=True)
class Question:
    """A request: of which endpoint, with what, by which kind and as of when."""

    endpoint: str
    kind: Kind = "fix"
    query: str = ""
    day: date | None = None
    days: tuple[date, ...] = ()
    as_of: datetime | None = None
    window: str = "15d"

    @property
    def is_csv(self) -> bool:
        """Tell whether a table is asked for."""
        return "format=csv" in self.query

    @property
    def in_path(self) -> dict[str, str]:
        """Return the parameters in the path."""
        return {"date": str(self.day), "window": self.window}

    @property
    def path(self) -> str:
        """Return the path with its query string, as asked."""
        path = ENDPOINT[self.endpoint].path.format_map(self.in_path)
        return f"{path}?{self.query}" if self.query else path


@dataclass(frozen=True)
class Said:
    """An answer: its status, its headers that matter, its document.

    A table is a document of its rows that claims to know all of its days, as its readers take it.
    """

    status: int
    cache_control: str
    retry_after: str | None
    body: Any


class Asked:
    """A worker with what is known in a situation; it answers at once."""

    def __init__(self, facts: Facts) -> None:
        """Warm up."""
        self._worker = world.Worker(snapshot(facts), facts.now)

    def answer(self, question: Question) -> Said:
        """Answer `question` as it would be over the network."""
        endpoint = ENDPOINT[question.endpoint]
        path, _, query = question.path.partition("?")
        in_path = {
            name: text for name, text in question.in_path.items() if f"{{{name}}}" in endpoint.path
        }
        request = world.request(path, in_path, query.encode())
        response = world.responded(endpoint, self._worker, request)
        headers = dict(response.start["headers"])
        return Said(
            response.status,
            headers[b"cache-control"].decode(),
            headers[b"retry-after"].decode() if b"retry-after" in headers else None,
            _document(endpoint.name, headers[b"content-type"], response.content),
        )


def _document(endpoint: str, media_type: bytes, body: bytes) -> Any:
    if not media_type.startswith(b"text/csv"):
        return msgspec.json.decode(body)
    rows: list[dict[str, Any]] = list(csv.DictReader(io.StringIO(body.decode())))
    for row in rows:
        row["derived"] = row.get("derived") == "true"
        row["warnings"] = row.get("warnings", "").split()
    warnings = {code for row in rows for code in row["warnings"]}
    member = "gaps" if endpoint == "gaps" else "observations"
    return {"known": True, "warnings": sorted(warnings), "count": len(rows), member: rows}


def questions(facts: Facts, number: int) -> Iterator[Question]:
    """Yield what is always asked, and a third of the rest; `number` rotates which."""
    today = facts.today
    yield from _always(today)
    rest = (_of_days, _of_lists, _as_of)
    yield from rest[number // 9 % len(rest)](facts, number)
    if _is_cheap(facts, number):
        yield Question("capabilities")


def _is_cheap(facts: Facts, number: int) -> bool:
    """Tell whether all of history may be asked for: deriving it takes a worker long."""
    return facts.settlement.newest(facts.now) is not None or number % DEAR == 0


def _always(today: date) -> Iterator[Question]:
    yield Question("health")
    yield Question("current")
    yield Question("current", "settlement", "kind=settlement")
    yield Question("day", day=today)
    yield Question("day", day=today - DAY)
    yield _settlement(today)
    yield _settlement(today + DAY)
    yield _gaps(today - 15 * DAY, today)
    yield Question("day", "dof", "kind=dof", today)


def _of_days(facts: Facts, number: int) -> Iterator[Question]:
    today = facts.today
    old = FIRST_DAY + (number * 37 % (today - FIRST_DAY).days) * DAY
    weekend = today - (today.weekday() + 2) * DAY
    for day in (today - 5 * DAY, old, weekend):
        yield Question("day", day=day)
    yield Question("day", query="roll=none", day=today)
    for day in (today - DAY, today + 3 * DAY, old):
        yield _settlement(day)
    yield Question("revisions", day=today)
    for day in (today + DAY, old, weekend):
        yield Question("day", "dof", "kind=dof", day)
    yield Question("day", "dof", "kind=dof&roll=none", weekend)
    yield Question("current", "dof", "kind=dof")
    for day in (today, today + DAY, old):
        yield Question("day_sheet", "settlement", day=day)
    kind = KINDS[number % 3]
    dollar = f"from=USD&to=MXN&amount=1&scale=6&kind={kind}"
    yield Question("convert", kind, dollar)
    yield Question("convert", kind, f"{dollar}&date={today - DAY}", today - DAY)


def _settlement(day: date) -> Question:
    return Question("day", "settlement", "kind=settlement", day)


def _of_lists(facts: Facts, number: int) -> Iterator[Question]:
    """Ask for lists, among them of a span across the day since which all is known."""
    today = facts.today
    edge = facts.fix.complete_from or facts.settlement.complete_from or today
    edge = max(edge, FIRST_DAY + 5 * DAY)
    kind = KINDS[number % 3]
    yield _history("fix", today - 9 * DAY, today, "days=10")
    yield _history("settlement", today - 9 * DAY, today, "days=10&kind=settlement")
    yield _span(kind, edge - 5 * DAY, edge + 5 * DAY)
    yield _history("dof", today - 9 * DAY, today + DAY, _days("dof", today - 9 * DAY, today + DAY))
    summary = _span(kind, today - 20 * DAY, today)
    yield dataclasses.replace(summary, endpoint="summary")
    if kind == "fix" or _is_cheap(facts, number):
        yield Question("historical", kind, f"last=10&kind={kind}")
    yield _as_table(_history("fix", today - 9 * DAY, today, "days=10"))
    yield _as_table(_span(kind, edge - 5 * DAY, edge + 5 * DAY))
    yield _as_table(_gaps(today - 15 * DAY, today))
    yield Question("average", window="30d" if number % 3 else "15d")
    days = tuple(today + ahead * DAY for ahead in (-400, -6, -3, -2, 0, 2))
    yield Question("batch", kind, f"dates={','.join(map(str, days))}&kind={kind}", days=days)


def _as_of(facts: Facts, number: int) -> Iterator[Question]:
    """Ask as of now and the record's head; now and then as of an instant before, which is dear."""
    instants = [facts.now, min(facts.now, facts.told_at)]
    if number % DEAR_AS_OF == 0:
        at = INSTANTS[number // DEAR_AS_OF % len(INSTANTS)]
        instants.append(wall(facts.today - (1 + number % 5) * DAY, at))
    for as_of in instants:
        yield from _by_then(local(as_of).date(), as_of)


def _by_then(today: date, as_of: datetime) -> Iterator[Question]:
    then = f"as_of={as_of:%Y-%m-%dT%H:%M:%S}Z"
    for day in (today - DAY, today):
        yield Question("day", query=then, day=day, as_of=as_of)
    for day in (today - 2 * DAY, today + DAY):
        yield Question("day", "settlement", f"kind=settlement&{then}", day, as_of=as_of)
    yield Question("current", query=then, as_of=as_of)
    yield Question("current", "dof", f"kind=dof&{then}", as_of=as_of)
    yield Question("day", "dof", f"kind=dof&{then}", today, as_of=as_of)
    yield _gaps(today - 8 * DAY, today, then, as_of)
    yield _span("settlement", today - 6 * DAY, today, then, as_of)
    yield _as_table(_span("fix", today - 6 * DAY, today, then, as_of))


def _as_table(question: Question) -> Question:
    return dataclasses.replace(question, query=f"{question.query}&format=csv")


def _gaps(first: date, last: date, then: str = "", as_of: datetime | None = None) -> Question:
    return Question("gaps", query=f"from={first}&to={last}&{then}", days=(first, last), as_of=as_of)


def _span(
    kind: Kind, first: date, last: date, then: str = "", as_of: datetime | None = None
) -> Question:
    return _history(kind, first, last, f"{_days(kind, first, last)}&{then}", as_of)


def _days(kind: Kind, first: date, last: date) -> str:
    return f"from={first}&to={last}&kind={kind}"


def _history(
    kind: Kind, first: date, last: date, query: str, as_of: datetime | None = None
) -> Question:
    return Question("historical", kind, query, days=(first, last), as_of=as_of)
