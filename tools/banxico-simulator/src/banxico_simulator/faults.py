"""Faults on request: what Banxico, or the network before it, has done to others.

They bend an answer, which is pure; waiting and dropping connections are the wire's business.
"""

import codecs
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from email.utils import format_datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from banxico_simulator.ask import Ask
from banxico_simulator.sie import BAD_TOKEN, HTML_TYPE, Answer, page, rate_limited

Kind = Literal[
    "latency",
    "hang",
    "drop_connection",
    "status",
    "html",
    "truncated",
    "non_json",
    "bad_token",
    "rate_limit",
    "missing_datos",
    "wrong_order",
    "iso_dates",
    "no_observation",
    "null_series",
    "missing_series",
    "null_title",
    "null_datos",
    "foreign_series",
    "byte_order_mark",
    "latin_1",
    "big_body",
    "gzip_bomb",
    "cached",
    "shifted_date",
]

Bending = Callable[[Answer, "Fault", datetime], Answer]
Node = dict[str, Any]
"""A series of an answer: `idSerie`, `titulo`, `datos`."""
Row = dict[str, str]
"""A day of a series: `fecha`, `dato`."""
_SPOILT = "spoilt"
BIG_BYTES = 9 * 1024 * 1024
"""What a `big_body` has after the right answer."""
_REJECTED = page("Request Rejected", "The requested URL was rejected.")


class Fault(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One fault: its kind, what the kind needs, and which requests it meets."""

    kind: Kind
    count: Annotated[int, Meta(ge=1)] | None = None
    """The next n matching requests, then normal; without it all of them."""
    path: str = ""
    """Only requests whose path contains this."""
    days: tuple[date, date] | None = None
    """Only requests for data of a day from the first to the last of these."""
    series: str = ""
    """Faults of series: only this series; without it each."""
    latency_ms: Annotated[int, Meta(ge=0, le=600_000)] = 1_000
    """`latency`: how long the answer waits."""
    status: Annotated[int, Meta(ge=200, le=599)] = 503
    """`status` and `html`: the status of the answer."""
    location: str = "https://www.banxico.org.mx/mantenimiento"
    """`status` 3xx: where the redirect points."""
    seconds_to_reset: Annotated[int, Meta(ge=0)] = 60
    """`rate_limit`: what the answer tells to wait."""
    age_seconds: Annotated[int, Meta(ge=0, le=315_360_000)] = 86_400
    """`cached`: how long ago the answer was made."""
    charset: str = "UTF-8"
    """`latin_1`: the charset that the answer declares; empty for none."""
    shift_seconds: Annotated[int, Meta(ge=-315_360_000, le=315_360_000)] = 3_600
    """`shifted_date`: how far `Date` lies ahead of the instant of the answer."""

    def meets(self, path: str, ask: Ask) -> bool:
        """Whether a request for `path`, which is `ask`, meets this fault."""
        return self.path in path and (self.days is None or ask.touches(*self.days))

    def spoils(self, node: Node) -> bool:
        """Whether the series `node` of an answer meets this fault."""
        return self.series in ("", node["idSerie"])


class Faults:
    """The faults that are switched on."""

    def __init__(self) -> None:
        self._active: list[Fault] = []

    @property
    def active(self) -> list[Fault]:
        """Those that still meet requests, with the count that is left."""
        return list(self._active)

    def switch(self, faults: Iterable[Fault]) -> None:
        """Puts `faults` in the place of whatever was on."""
        self._active = list(faults)

    def take(self, path: str, ask: Ask) -> list[Fault]:
        """The faults that meet a request for `path`, which is `ask`; their counts go down."""
        met = [fault for fault in self._active if fault.meets(path, ask)]
        for fault in met:
            if fault.count is not None:
                fault.count -= 1
        self._active = [fault for fault in self._active if fault.count != 0]
        return met


def bend(answer: Answer, faults: Sequence[Fault], now: datetime) -> Answer:
    """`answer` after all `faults`, in their order; its outcome names them."""
    for fault in faults:
        if fault.kind in _BENDINGS:
            answer = _BENDINGS[fault.kind](answer, fault, now)
    if faults:
        kinds = "+".join(fault.kind for fault in faults)
        answer = replace(answer, outcome=f"fault:{kinds}")
    return answer


def made_at(faults: Iterable[Fault], now: datetime) -> datetime:
    """When the answer that is sent at `now` was made: earlier if a cache held it."""
    return now - timedelta(seconds=sum(f.age_seconds for f in faults if f.kind == "cached"))


def dated(answer: Answer, faults: Sequence[Fault], made: datetime) -> Answer:
    """`answer` with the `Date` of the instant `made`, and `Age` where a cache held it."""
    shift = sum(fault.shift_seconds for fault in faults if fault.kind == "shifted_date")
    date = format_datetime(made + timedelta(seconds=shift), usegmt=True)
    ages = [("Age", str(fault.age_seconds)) for fault in faults if fault.kind == "cached"]
    return replace(answer, headers=(*answer.headers, ("Date", date), *ages))


def _status(_answer: Answer, fault: Fault, _now: datetime) -> Answer:
    headers = (("Location", fault.location),) if 300 <= fault.status < 400 else ()
    body = page(str(fault.status), "Servicio no disponible")
    return Answer(_SPOILT, body, fault.status, HTML_TYPE, headers)


def _spoilt(answer: Answer, body: bytes) -> Answer:
    return replace(answer, outcome=_SPOILT, body=body)


def _series(answer: Answer, fault: Fault, change: Callable[[Node], list[Node | None]]) -> Answer:
    """`answer` with what `change` puts in the place of each series that meets the fault."""
    if answer.outcome not in {"ok", "no_data"}:
        return answer
    body = msgspec.json.decode(answer.body)
    nodes: list[Node | None] = []
    for node in body["bmx"]["series"]:
        nodes += change(node) if node is not None and fault.spoils(node) else [node]
    body["bmx"]["series"] = nodes
    return replace(answer, body=msgspec.json.encode(body))


def _rows(answer: Answer, fault: Fault, change: Callable[[list[Row]], list[Row]]) -> Answer:
    """`answer` with the rows of each series that meets the fault changed."""

    def changed(node: Node) -> list[Node | None]:
        return [node | {"datos": change(node["datos"])} if "datos" in node else node]

    return _series(answer, fault, changed)


def _iso(fecha: str) -> str:
    return "-".join(reversed(fecha.split("/")))


def _foreign(node: Node) -> list[Node | None]:
    """A series that nobody asked for, with an id longer than any, before `node`."""
    foreign = {"idSerie": "SF437180000000000", "titulo": "Ajena", "datos": node.get("datos", [])}
    return [foreign, node]


def _latin_1(answer: Answer, fault: Fault, _now: datetime) -> Answer:
    """`answer` in Latin-1, whatever it declares; only titles have letters that differ."""
    body = answer.body.decode().encode("latin-1", "replace")
    charset = f";charset={fault.charset}" if fault.charset else ""
    return replace(_spoilt(answer, body), content_type=f"application/json{charset}")


_BENDINGS: dict[Kind, Bending] = {
    "status": _status,
    "html": lambda _, fault, __: Answer(_SPOILT, _REJECTED, fault.status, HTML_TYPE),
    "truncated": lambda answer, *_: _spoilt(answer, answer.body[: len(answer.body) // 2]),
    "non_json": lambda answer, *_: _spoilt(answer, b"Servicio temporalmente no disponible"),
    "bad_token": lambda *_: BAD_TOKEN,
    "rate_limit": lambda _, fault, now: rate_limited(now, fault.seconds_to_reset),
    "missing_datos": lambda answer, fault, _: _series(
        answer, fault, lambda node: [{key: node[key] for key in node if key != "datos"}]
    ),
    "wrong_order": lambda answer, fault, _: _rows(answer, fault, lambda rows: rows[::-1]),
    "iso_dates": lambda answer, fault, _: _rows(
        answer, fault, lambda rows: [row | {"fecha": _iso(row["fecha"])} for row in rows]
    ),
    "no_observation": lambda answer, fault, _: _rows(
        answer, fault, lambda rows: [row | {"dato": "N/E"} for row in rows]
    ),
    "null_series": lambda answer, fault, _: _series(answer, fault, lambda _: [None]),
    "missing_series": lambda answer, fault, _: _series(answer, fault, lambda _: []),
    "null_title": lambda answer, fault, _: _series(
        answer, fault, lambda node: [node | {"titulo": None}]
    ),
    "null_datos": lambda answer, fault, _: _series(
        answer, fault, lambda node: [node | {"datos": None}]
    ),
    "foreign_series": lambda answer, fault, _: _series(answer, fault, _foreign),
    "byte_order_mark": lambda answer, *_: _spoilt(answer, codecs.BOM_UTF8 + answer.body),
    "latin_1": _latin_1,
    "big_body": lambda answer, *_: _spoilt(answer, answer.body + b" " * BIG_BYTES),
}
