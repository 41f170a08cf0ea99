"""Read an answer of the SIE API: bytes in, an `Answer` out, nothing dropped on the way.

Pure: no network, no clock. A datum that can't be used is `Rejected` alone; an answer that is not
usable at all is an error (`refusal`).
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date as Day
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

import msgspec

from rates_contracts.calendar import mexico_day
from rates_sync.banxico import datum, refusal
from rates_sync.errors import UpstreamFailure
from rates_sync.upstream import MAX_RAW, Answer, Published, Query, Rejected


class _Series(msgspec.Struct):
    idSerie: str  # noqa: N815  the wire's name
    titulo: str = ""
    datos: list[msgspec.Raw] = []  # a range without data comes without the key


class _Bmx(msgspec.Struct):
    series: list[_Series]


class _Envelope(msgspec.Struct):
    bmx: _Bmx | None = None
    error: refusal.ErrorNode | None = None


_envelope = msgspec.json.Decoder(_Envelope)


class _Read(NamedTuple):
    """A datum that could be read, with its JSON in case a later check rejects it."""

    series: str
    date: Day
    value: Decimal
    raw: str


def parse(
    body: bytes, *, status: int, headers: Mapping[str, str], query: Query, received_at: datetime
) -> Answer:
    """Read `body`, the answer to `query`; what it says counts before its `status`.

    Raises `UpstreamFailure` (which carries `body`), `UpstreamRateLimited` or `BadToken` when it
    is not a usable answer.
    """
    try:
        series = _usable(body, status, headers, query)
    except UpstreamFailure as failure:
        failure.body = body
        raise
    read, rejected = _read_all(series, query, mexico_day(received_at))
    published, doubled = _once_a_day(read)
    titles = {wire.idSerie: " ".join(wire.titulo.split()) for wire in series}
    return Answer(
        body=body,
        sha256=hashlib.sha256(body).hexdigest(),
        received_at=received_at,
        published=tuple(published),
        rejected=(*rejected, *doubled),
        missing_series=tuple(name for name in query.series if name not in titles),
        titles=titles,
    )


def _usable(body: bytes, status: int, headers: Mapping[str, str], query: Query) -> list[_Series]:
    series = _series_in(body, status, headers)
    if {wire.idSerie for wire in series}.isdisjoint(query.series):
        # Not one of them is verified: taken for a success, an outage would pass for a holiday.
        raise UpstreamFailure("none of the series asked for is in the answer")
    return series


def _series_in(body: bytes, status: int, headers: Mapping[str, str]) -> list[_Series]:
    try:
        envelope = _envelope.decode(body)
    except (ValueError, RecursionError) as error:
        raise refusal.of_status(body, status=status, headers=headers) from error
    if envelope.error is not None:
        raise refusal.of_node(envelope.error, status=status, headers=headers)
    if envelope.bmx is None or status != 200:
        raise refusal.of_status(body, status=status, headers=headers)
    return envelope.bmx.series


def _read_all(
    series: Iterable[_Series], query: Query, today: Day
) -> tuple[list[_Read], list[Rejected]]:
    read: list[_Read] = []
    rejected: list[Rejected] = []
    for wire in series:
        for raw in map(bytes, wire.datos):
            text = raw.decode(errors="replace")[:MAX_RAW]
            try:
                day, value = datum.read(raw, wire.idSerie, query, today)
            except datum.Unusable as error:
                rejected.append(Rejected(wire.idSerie, error.day, text, error.reason))
            else:
                if value is not None:
                    read.append(_Read(wire.idSerie, day, value, text))
    return read, rejected


def _once_a_day(read: list[_Read]) -> tuple[list[Published], list[Rejected]]:
    """Keep a day that came once, or twice alike; of two different values neither can be trusted."""
    published: list[Published] = []
    rejected: list[Rejected] = []
    series_and_day = attrgetter("series", "date")
    for (series, day), group in groupby(sorted(read, key=series_and_day), key=series_and_day):
        same = list(group)
        if len({row.value for row in same}) == 1:
            published.append(Published(series, day, same[0].value))
        else:
            reason = "the day came twice with different values"
            rejected.extend(Rejected(series, day, row.raw, reason) for row in same)
    return published, rejected
