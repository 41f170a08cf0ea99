"""The Redis documents that a worker warms up from (protocol rule 10).

`current` is the manifest: it names the head and the versions of the other two documents. A set
whose versions differ from the manifest's is not used. Documents are derived data: they can be lost
and rewritten at any time.
"""

from datetime import date as Day
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar

import msgspec

from rates_contracts.averages import Average
from rates_contracts.calendar import BankCalendar
from rates_contracts.events import Head
from rates_contracts.status import DataStatusDay, SyncStatus

CURRENT = "{rates:v1}:current"
AVERAGES = "{rates:v1}:averages"
HISTORY = "{rates:v1}:history"

TTL_OF = {
    CURRENT: timedelta(minutes=5),
    AVERAGES: timedelta(hours=1),
    HISTORY: timedelta(hours=6),
}
TTL_WITHOUT_DATABASE = timedelta(minutes=30)
"""While the database is down any sync instance may extend the documents' TTL to this."""


class HistoryBatch(msgspec.Struct, frozen=True, array_like=True):
    """What the rows of one recording share."""

    recorded_at: datetime
    payload_sha256: str
    position: int = 0


class HistoryRow(msgspec.Struct, frozen=True, array_like=True):
    """One observation; `batch` is an index into the document's batches."""

    date: Day
    revision: int
    value: Decimal
    batch: int


class CurrentDocument(msgspec.Struct, frozen=True):
    """The manifest: where the record stood, its status, and which documents belong to it."""

    head: Head
    status: SyncStatus
    history_version: str
    averages_version: str


class AveragesDocument(msgspec.Struct, frozen=True):
    """What changes when a day begins: averages of the coming days, data status of past ones.

    `averages` ascend by window and `at`, `ended_days` by date: the newest `DATA_STATUS_DAYS`.
    """

    version: str
    averages: tuple[Average, ...]
    ended_days: tuple[DataStatusDay, ...] = ()


class HistoryDocument(msgspec.Struct, frozen=True):
    """Every observation ever recorded with all its revisions, and the bank calendar.

    `series` maps a series to its rows, ascending by date and revision.
    """

    version: str
    calendar: BankCalendar
    batches: tuple[HistoryBatch, ...]
    series: dict[str, tuple[HistoryRow, ...]]


class DocumentUndecodable(ValueError):
    """The bytes are not a document of this version."""


D = TypeVar("D", CurrentDocument, AveragesDocument, HistoryDocument)


def encode_document(document: CurrentDocument | AveragesDocument | HistoryDocument) -> bytes:
    """Return the document's JSON."""
    return msgspec.json.encode(document)


def decode_document(body: bytes, kind: type[D]) -> D:
    """Read a document, ignoring fields of later versions. Raises `DocumentUndecodable`."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DocumentUndecodable(f"{kind.__name__}: {error}") from error
