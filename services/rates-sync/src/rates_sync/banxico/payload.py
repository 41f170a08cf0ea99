"""Parses an answer of the SIE API: bytes in, an `Answer` out, without dropping anything.

Pure: no network, no clock. The answer is judged member by member (protocol rule 34): what can't be
used is `Rejected` alone, whatever stands beside it. An answer without any asked series is an error
(`refusal`).
"""

import codecs
import hashlib
from collections.abc import Iterable, Mapping
from datetime import date as Day
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple, TypeVar

import msgspec

from rates_contracts.calendar import mexico_day
from rates_sync.banxico import datum
from rates_sync.banxico.headers import AnswerHeaders
from rates_sync.banxico.refusal import ErrorNode, refusal_of
from rates_sync.errors import UpstreamFailure
from rates_sync.upstream import MAX_RAW, Answer, Published, Query, Rejected

T = TypeVar("T")

NULL = msgspec.Raw(b"null")


class _Series(msgspec.Struct):
    idSerie: str  # noqa: N815  the wire's name
    titulo: msgspec.Raw = NULL
    datos: msgspec.Raw = msgspec.Raw(b"[]")  # missing in a range without data


class _Bmx(msgspec.Struct):
    series: list[msgspec.Raw]


class _Envelope(msgspec.Struct):
    bmx: msgspec.Raw = NULL
    error: msgspec.Raw = NULL


class _Read(NamedTuple):
    """A datum that could be read, with its JSON in case a later check rejects it."""

    series: str
    date: Day
    value: Decimal
    raw: str


def parse(
    body: bytes,
    *,
    status: int,
    headers: Mapping[str, str],
    query: Query,
    asked_at: datetime,
    received_at: datetime,
) -> Answer:
    """Parse `body`, the answer to `query`, asked and received at these instants of our clock.

    Raises `UpstreamFailure` (with `body`), `UpstreamRateLimited` or `BadToken` if the answer is
    unusable.
    """
    known = AnswerHeaders(headers)
    try:
        series, odd = _series_in(_text(body, known.charset), status, known, query)
    except UpstreamFailure as failure:
        failure.body = body
        raise
    asked = [wire for wire in series if wire.idSerie in query.series]
    read, rejected = _read_all(asked, query, mexico_day(received_at))
    published, doubled = _once_a_day(read)
    titles = {wire.idSerie: _title(wire) for wire in asked}
    return Answer(
        body=body,
        sha256=hashlib.sha256(body).hexdigest(),
        received_at=received_at,
        published=tuple(published),
        rejected=(*odd, *_unasked(series, query), *rejected, *doubled),
        missing_series=tuple(name for name in query.series if name not in titles),
        titles=titles,
        asked_at=asked_at,
        answered_at=known.answered_at,
        age=known.age,
        query=query,
    )


def _text(body: bytes, charset: str | None) -> str:
    """Decode by BOM or declared charset; a bad byte costs its own place, not the answer."""
    if body.startswith(codecs.BOM_UTF8):
        charset = "utf-8-sig"
    try:
        return body.decode(charset or "utf-8")
    except (LookupError, ValueError):  # an unknown charset, or not what it was declared to be
        return body.decode("utf-8", "replace")


def _decoded(text: str | msgspec.Raw, as_type: type[T]) -> T | None:
    """Decode JSON; None if it has another shape or is no JSON at all."""
    try:
        return msgspec.json.decode(text, type=as_type)
    except (ValueError, RecursionError):
        return None


def _series_in(
    text: str, status: int, headers: AnswerHeaders, query: Query
) -> tuple[list[_Series], list[Rejected]]:
    """Return the series of the answer, and those entries that are none."""
    envelope = _decoded(text, _Envelope) or _Envelope()
    node, bmx = _decoded(envelope.error, ErrorNode), _decoded(envelope.bmx, _Bmx)
    if node is not None or bmx is None or status != 200:
        raise refusal_of(text, node, status=status, headers=headers)
    entries = [(raw, _decoded(raw, _Series)) for raw in bmx.series]
    series = [wire for _, wire in entries if wire is not None]
    if {wire.idSerie for wire in series}.isdisjoint(query.series):
        # None of them is verified: as a success, an outage would look like a holiday.
        raise UpstreamFailure("none of the series asked for is in the answer")
    odd = [raw for raw, wire in entries if wire is None]
    return series, [Rejected("", None, _shown(raw), "not a series", "undated") for raw in odd]


def _title(wire: _Series) -> str:
    return " ".join((_decoded(wire.titulo, str) or "").split())


def _shown(raw: msgspec.Raw) -> str:
    return bytes(raw).decode(errors="replace")[:MAX_RAW]


def _unasked(series: Iterable[_Series], query: Query) -> list[Rejected]:
    """Reject the series that were not asked for by their number and hash: there may be many."""
    names = sorted({wire.idSerie for wire in series} - set(query.series))
    if not names:
        return []
    listed = ", ".join(names)
    sha256 = hashlib.sha256(listed.encode()).hexdigest()
    reason = f"series not asked for: {listed}"[:MAX_RAW]
    return [Rejected("", None, f"{len(names)} series, sha256 {sha256}", reason, "unasked")]


def _read_all(
    series: Iterable[_Series], query: Query, today: Day
) -> tuple[list[_Read], list[Rejected]]:
    read: list[_Read] = []
    rejected: list[Rejected] = []
    for wire in series:
        rows = _decoded(wire.datos, list[msgspec.Raw])
        if rows is None:
            reason = "datos is not a list"
            rejected.append(Rejected(wire.idSerie, None, _shown(wire.datos), reason, "undated"))
        for raw in rows or ():
            try:
                day, value = datum.read(bytes(raw), wire.idSerie, query, today)
            except datum.Unusable as error:
                rejected.append(_rejected(wire.idSerie, raw, error))
            else:
                if value is not None:
                    read.append(_Read(wire.idSerie, day, value, _shown(raw)))
    return read, rejected


def _rejected(series: str, raw: msgspec.Raw, error: datum.Unusable) -> Rejected:
    return Rejected(series, error.day, _shown(raw), error.reason, error.kind)


def _once_a_day(read: list[_Read]) -> tuple[list[Published], list[Rejected]]:
    """Accept a day with one value, even if repeated; reject a day with two different values."""
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
