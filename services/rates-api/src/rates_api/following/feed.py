"""`GET /feeds/fix.atom`: the newest recordings as a feed (RFC 4287), corrections included.

An entry's id is made from what names its row, so that every worker, and a restored record, gives
the same id to the same row. Links are relative to the root of wherever the feed was read.
"""

import dataclasses
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from datetime import date as Day
from heapq import nlargest
from typing import Annotated
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement, tostring

import msgspec

from rates_api.rates.query_parameters import RECORDED_KIND, RateQuery
from rates_api.resolution.view import View
from rates_contracts.calendar import mexico_day
from rates_contracts.observation import SERIES_OF, Observation, SeriesKind, Source

ATOM = "application/atom+xml"
NAMESPACE = "http://www.w3.org/2005/Atom"
IDS = uuid.UUID("5f0c6f2e-6f0b-4a55-9d4c-2a0b8a7f3c11")
"""Of the ids of feeds and entries; it never changes."""
PATH = "/feeds/fix.atom"
MAX_ENTRIES = 30
TITLES: dict[SeriesKind, str] = {"fix": "USD/MXN FIX", "settlement": "USD/MXN rate for obligations"}


@dataclasses.dataclass(frozen=True)
class FeedQuery(RateQuery):
    """What the feed can be asked."""

    kind: Annotated[SeriesKind, RECORDED_KIND] = "fix"

    @property
    def format(self) -> str:
        """Return the only format."""
        return "atom"


class AtomFeed(msgspec.Struct, frozen=True, kw_only=True):
    """The newest values and corrections of a series, newest first.

    `updated` is the instant at which the last of them was recorded.
    """

    kind: SeriesKind
    source: Source
    updated: datetime
    rows: tuple[Observation, ...]


def answer(query: FeedQuery, view: View) -> AtomFeed:
    """Answer with what was published or corrected last.

    A history that is recorded for the first time is no news: its values are as new as their days.
    """
    rows = tuple(nlargest(MAX_ENTRIES, view.history(query.kind).journal, key=_newness))
    updated = max((row.recorded_at for row in rows), default=view.head.recorded_at)
    return AtomFeed(kind=query.kind, source=view.source, updated=updated, rows=rows)


def _newness(row: Observation) -> tuple[Day, datetime, Day]:
    """Return what orders rows: a value's day, a correction's day of recording."""
    day = row.date if row.revision == 1 else mexico_day(row.recorded_at)
    return day, row.recorded_at, row.date


def to_atom(_: FeedQuery, content: AtomFeed) -> bytes:
    """Write the feed's document."""
    root = Element("feed", {"xmlns": NAMESPACE, "xml:lang": "en"})
    _text(root, "id", _id(content.source, SERIES_OF[content.kind]))
    _text(root, "title", f"{TITLES[content.kind]}, {content.source}")
    _text(root, "updated", _instant(content.updated))
    _text(SubElement(root, "author"), "name", content.source)
    _link(root, "self", ATOM, f"{PATH}?kind={content.kind}")
    _link(root, "alternate", "application/json", f"/api/v1/changes?kind={content.kind}")
    root.extend(_entries(content))
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _entries(content: AtomFeed) -> Iterator[Element]:
    for row in content.rows:
        entry = Element("entry")
        _text(entry, "id", _entry_id(content.source, row))
        _text(entry, "title", _title(row))
        _text(entry, "updated", _instant(row.recorded_at))
        day = f"/api/v1/rates/{row.date}"
        _link(entry, "alternate", "application/json", f"{day}?kind={content.kind}")
        _link(entry, "related", "application/json", f"{day}/revisions?kind={content.kind}")
        _text(entry, "summary", f"{row.value} pesos per dollar for {row.date}")
        yield entry


def _title(row: Observation) -> str:
    correction = f" (correction {row.revision - 1})" if row.revision > 1 else ""
    return f"{row.date}: {row.value}{correction}"


def _entry_id(source: Source, row: Observation) -> str:
    return _id(source, row.series, str(row.date), str(row.revision), _instant(row.recorded_at))


def _id(*names: str) -> str:
    return uuid.uuid5(IDS, "\n".join(names)).urn


def _instant(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text


def _link(parent: Element, relation: str, media_type: str, path: str) -> None:
    SubElement(parent, "link", rel=relation, type=media_type, href=quote(path, safe="/?=&"))
