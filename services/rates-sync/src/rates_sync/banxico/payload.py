"""Parses an answer of the SIE API: bytes in, an `Answer` out, without dropping anything.

Pure: no network, no clock. The answer is judged member by member (protocol rule 34): what can't be
used is `Rejected` alone, whatever stands beside it. An answer without any asked series is an error
(`refusal`).
"""

import codecs
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
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
from rates_sync.banxico.refusal import NULL, ErrorNode, refusal_of
from rates_sync.banxico.rejections import Rejections
from rates_sync.errors import UpstreamFailure
from rates_sync.upstream import MAX_RAW, Answer, Published, Query, Rejected

T = TypeVar("T")

MAX_ROWS = 20_000
"""Of a series: twice the days of the FIX since 1991."""
BREAKS_JSON = re.compile(
    r"""(\\["\\/bfnrt]|\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u(?![dD][89a-fA-F])[0-9a-fA-F]{4})"""
    r"|\\(?:u[0-9a-fA-F]{4})?|[\x00-\x1f]"
)
"""Escapes, those that JSON allows in the first group, and control characters."""


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
    rejections = Rejections()
    try:
        series = _series_in(_text(body, known.charset), status, known, query, rejections)
    except UpstreamFailure as failure:
        failure.body = body
        raise
    asked = [wire for wire in series if wire.idSerie in query.series]
    _reject_unasked(series, query, rejections)
    read = _read_all(asked, query, mexico_day(received_at), rejections)
    published = _once_a_day(read, rejections)
    titles = {wire.idSerie: _title(wire) for wire in asked}
    return Answer(
        body=body,
        sha256=hashlib.sha256(body).hexdigest(),
        received_at=received_at,
        published=tuple(published),
        rejected=rejections.all(),
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
        body, charset = body.removeprefix(codecs.BOM_UTF8), "utf-8"
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


def _envelope_in(text: str) -> _Envelope:
    """Decode the outermost object; what JSON does not allow in a text costs its own place."""
    envelope = _decoded(text, _Envelope)
    if envelope is None:
        envelope = _decoded(BREAKS_JSON.sub(_mended, text), _Envelope)
    return envelope or _Envelope()


def _mended(odd: re.Match[str]) -> str:
    # Between two texts a control character may have been white space.
    return odd[1] or (" " if odd[0] < " " else "\N{REPLACEMENT CHARACTER}")


def _series_in(
    text: str, status: int, headers: AnswerHeaders, query: Query, rejections: Rejections
) -> list[_Series]:
    """Return the series of the answer; entries that are none are rejected."""
    envelope = _envelope_in(text)
    node, bmx = _decoded(envelope.error, ErrorNode), _decoded(envelope.bmx, _Bmx)
    if node is not None or bmx is None or status != 200:
        raise refusal_of(text, node, status=status, headers=headers)
    series = []
    for raw in bmx.series:
        wire = _decoded(raw, _Series)
        if wire is None:
            rejections.add(Rejected("", None, _shown(raw), "not a series", "undated"))
        else:
            series.append(wire)
    if {wire.idSerie for wire in series}.isdisjoint(query.series):
        # None of them is verified: as a success, an outage would look like a holiday.
        raise UpstreamFailure("none of the series asked for is in the answer")
    return series


def _title(wire: _Series) -> str:
    return " ".join((_decoded(wire.titulo, str) or "").split())[:MAX_RAW]


def _shown(raw: msgspec.Raw) -> str:
    return bytes(raw).decode(errors="replace")[:MAX_RAW]


def _reject_unasked(series: Iterable[_Series], query: Query, rejections: Rejections) -> None:
    """Reject the series that were not asked for by their number and hash: there may be many."""
    names = sorted({wire.idSerie for wire in series} - set(query.series))
    if names:
        listed = ", ".join(names)
        sha256 = hashlib.sha256(listed.encode()).hexdigest()
        reason = f"series not asked for: {listed}"
        raw = f"{len(names)} series, sha256 {sha256}"
        rejections.add(Rejected("", None, raw, reason, "unasked"))


def _read_all(
    series: Iterable[_Series], query: Query, today: Day, rejections: Rejections
) -> list[_Read]:
    read: list[_Read] = []
    left = dict.fromkeys(query.series, MAX_ROWS)
    for wire in series:
        rows = _decoded(wire.datos, list[msgspec.Raw])
        if rows is None or len(rows) > left[wire.idSerie]:
            reason = "datos is not a list" if rows is None else "datos has too many rows"
            rejections.add(Rejected(wire.idSerie, None, _shown(wire.datos), reason, "undated"))
        else:
            left[wire.idSerie] -= len(rows)
            read += _read_rows(rows, wire.idSerie, query, today, rejections)
    return read


def _read_rows(
    rows: Iterable[msgspec.Raw], series: str, query: Query, today: Day, rejections: Rejections
) -> Iterator[_Read]:
    for raw in rows:
        try:
            day, value = datum.read(bytes(raw), series, query, today)
        except datum.Unusable as error:
            rejections.add(Rejected(series, error.day, _shown(raw), error.reason, error.kind))
        else:
            if value is not None:
                yield _Read(series, day, value, _shown(raw))


def _once_a_day(read: list[_Read], rejections: Rejections) -> list[Published]:
    """Accept a day with one value, even if repeated; reject a day with two different values."""
    published: list[Published] = []
    series_and_day = attrgetter("series", "date")
    for (series, day), group in groupby(sorted(read, key=series_and_day), key=series_and_day):
        same = list(group)
        if len({row.value for row in same}) == 1:
            published.append(Published(series, day, same[0].value))
        else:
            for row in same:
                reason = "the day came twice with different values"
                rejections.add(Rejected(series, day, row.raw, reason))
    return published
