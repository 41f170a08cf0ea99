"""Which documents are due, and their bytes (protocol rule 10).

Pure. The writes belong into the same transaction as the events. `current` is the manifest, so it is
written with whatever it names.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from rates_contracts.calendar import BankCalendar
from rates_contracts.documents import (
    AVERAGES,
    CURRENT,
    HISTORY,
    AveragesDocument,
    CurrentDocument,
    HistoryBatch,
    HistoryDocument,
    HistoryRow,
    encode_document,
)
from rates_contracts.observation import Observation
from rates_sync.committed import CommittedState
from rates_sync.relay.document_ttl import StoredDocuments


@dataclass(frozen=True, slots=True)
class Write:
    """A document to set to `body`; without one its time to live is renewed."""

    key: str
    body: bytes | None = None


def writes(stored: StoredDocuments, committed: CommittedState) -> list[Write]:
    """Return what Redis lacks; nothing before the first status and calendar."""
    manifest = manifest_of(committed)
    if manifest is None or committed.calendar is None:
        return []
    bodies = dict(_bodies(committed, committed.calendar))
    if manifest != stored.manifest:
        bodies[CURRENT] = encode_document(manifest)
    renewed = [key for key in stored.ttl if key not in bodies and stored.is_due(key)]
    return [Write(key, body) for key, body in bodies.items()] + [Write(key) for key in renewed]


def manifest_of(committed: CommittedState) -> CurrentDocument | None:
    """Return the manifest, None while there is nothing to warm up from."""
    if committed.status is None or committed.calendar is None:
        return None
    return CurrentDocument(
        committed.head, committed.status, committed.history_version, committed.averages_version
    )


def _bodies(committed: CommittedState, calendar: BankCalendar) -> Iterator[tuple[str, bytes]]:
    """Yield what changed: `history` only when observations or the calendar did."""
    if committed.averages is not None:
        averages = AveragesDocument(committed.averages_version, tuple(committed.averages))
        yield AVERAGES, encode_document(averages)
    if committed.history is not None:
        history = history_document(committed.history_version, calendar, committed.history)
        yield HISTORY, encode_document(history)


def history_document(
    version: str, calendar: BankCalendar, observations: Sequence[Observation]
) -> HistoryDocument:
    """Return the document; what the rows of a recording share is stated once."""
    batches: dict[HistoryBatch, int] = {}

    def row(observation: Observation) -> HistoryRow:
        batch = HistoryBatch(observation.recorded_at, observation.payload_sha256)
        number = batches.setdefault(batch, len(batches))
        return HistoryRow(observation.date, observation.revision, observation.value, number)

    grouped = groupby(observations, key=attrgetter("series"))
    series = {name: tuple(map(row, rows)) for name, rows in grouped}
    return HistoryDocument(version, calendar, tuple(batches), series)
