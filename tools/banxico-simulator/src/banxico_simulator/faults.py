"""Faults on request: what Banxico, or the network before it, has done to others.

They bend an answer, which is pure; waiting and dropping connections are the wire's business.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

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
]

Bending = Callable[[Answer, "Fault", datetime], Answer]
_SPOILT = "spoilt"
_REJECTED = page("Request Rejected", "The requested URL was rejected.")


class Fault(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One fault: its kind, what the kind needs, and which requests it meets."""

    kind: Kind
    count: Annotated[int, Meta(ge=1)] | None = None
    """The next n matching requests, then normal; without it all of them."""
    path: str = ""
    """Only requests whose path contains this."""
    latency_ms: Annotated[int, Meta(ge=0, le=600_000)] = 1_000
    """`latency`: how long the answer waits."""
    status: Annotated[int, Meta(ge=200, le=599)] = 503
    """`status` and `html`: the status of the answer."""
    location: str = "https://www.banxico.org.mx/mantenimiento"
    """`status` 3xx: where the redirect points."""
    seconds_to_reset: Annotated[int, Meta(ge=0)] = 60
    """`rate_limit`: what the answer tells to wait."""


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

    def take(self, path: str) -> list[Fault]:
        """The faults that meet a request for `path`; their counts go down."""
        met = [fault for fault in self._active if fault.path in path]
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


def _status(_answer: Answer, fault: Fault, _now: datetime) -> Answer:
    headers = (("Location", fault.location),) if 300 <= fault.status < 400 else ()
    body = page(str(fault.status), "Servicio no disponible")
    return Answer(_SPOILT, body, fault.status, HTML_TYPE, headers)


def _spoilt(answer: Answer, body: bytes) -> Answer:
    return replace(answer, outcome=_SPOILT, body=body)


def _each_series(answer: Answer, change: Callable[[dict[str, list[object]]], object]) -> Answer:
    if answer.outcome not in {"ok", "no_data"}:
        return answer
    body = msgspec.json.decode(answer.body)
    for series in body["bmx"]["series"]:
        change(series)
    return replace(answer, body=msgspec.json.encode(body))


_BENDINGS: dict[Kind, Bending] = {
    "status": _status,
    "html": lambda _, fault, __: Answer(_SPOILT, _REJECTED, fault.status, HTML_TYPE),
    "truncated": lambda answer, *_: _spoilt(answer, answer.body[: len(answer.body) // 2]),
    "non_json": lambda answer, *_: _spoilt(answer, b"Servicio temporalmente no disponible"),
    "bad_token": lambda *_: BAD_TOKEN,
    "rate_limit": lambda _, fault, now: rate_limited(now, fault.seconds_to_reset),
    "missing_datos": lambda answer, *_: _each_series(answer, lambda node: node.pop("datos", None)),
    "wrong_order": lambda answer, *_: _each_series(
        answer, lambda node: node.get("datos", []).reverse()
    ),
}
