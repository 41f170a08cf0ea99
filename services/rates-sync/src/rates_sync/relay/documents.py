"""Which documents are due, and their bytes (protocol rule 10).

Pure. The writes belong in the same transaction as the events. `current` is the manifest, so it is
written together with the documents that it names.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
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
from rates_sync.committed_state import CommittedState
from rates_sync.relay.document_ttl import StoredDocuments


@dataclass(frozen=True, slots=True)
class DocumentWrite:
    """A document to set to `body`; if that is None, only its time to live is renewed."""

    key: str
    body: bytes | None = None


def writes(stored: StoredDocuments, committed: CommittedState) -> list[DocumentWrite]:
    """Return the documents that Redis lacks; none before the first status and calendar."""
    manifest = manifest_of(committed)
    if manifest is None or committed.calendar is None:
        return []
    bodies = dict(_bodies(committed, committed.calendar))
    if manifest != stored.manifest:
        bodies[CURRENT] = encode_document(manifest)
    renewed = [key for key in stored.ttl if key not in bodies and stored.is_due(key)]
    return [DocumentWrite(key, body) for key, body in bodies.items()] + [
        DocumentWrite(key) for key in renewed
    ]


def manifest_of(committed: CommittedState) -> CurrentDocument | None:
    """Return the manifest, None before the first status and calendar."""
    if committed.status is None or committed.calendar is None:
        return None
    return CurrentDocument(
        committed.head, committed.status, committed.history_version, committed.averages_version
    )


def _bodies(committed: CommittedState, calendar: BankCalendar) -> Iterator[tuple[str, bytes]]:
    """Yield the changed documents: `history` only if observations or the calendar changed."""
    if committed.averages is not None:
        averages = AveragesDocument(
            committed.averages_version, tuple(committed.averages), tuple(committed.ended_days)
        )
        yield AVERAGES, encode_document(averages)
    if committed.history is not None:
        history = history_document(committed.history_version, calendar, committed.history)
        yield HISTORY, encode_document(history)


def history_document(
    version: str, calendar: BankCalendar, observations: Sequence[Observation]
) -> HistoryDocument:
    """Return the document; values that a recording's rows share are in one batch."""
    batches: dict[HistoryBatch, int] = {}

    def row(observation: Observation) -> HistoryRow:
        batch = HistoryBatch(
            observation.recorded_at, observation.payload_sha256, observation.position
        )
        number = batches.setdefault(batch, len(batches))
        return HistoryRow(observation.date, observation.revision, observation.value, number)

    grouped = groupby(observations, key=attrgetter("series"))
    series = {name: tuple(map(row, rows)) for name, rows in grouped}
    return HistoryDocument(version, calendar, tuple(batches), series)


def signatures_after(
    stored: Mapping[str, str],
    due: Sequence[DocumentWrite],
    sign: Callable[[str, bytes], str | None],
) -> dict[str, str]:
    """Return the documents' signatures once what is due is written; of unsigned ones none."""
    signatures = dict(stored)
    for write in due:
        if write.body is None:
            continue
        signatures.pop(write.key, None)
        if (signature := sign(write.key, write.body)) is not None:
            signatures[write.key] = signature
    return signatures
