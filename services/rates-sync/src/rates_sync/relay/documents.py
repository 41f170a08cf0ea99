"""Which documents are due, and their bytes (protocol rule 10).

Pure; `relay` sends the writes in the same transaction as the events. `current` is the manifest, so
it is written with whatever it names.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

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
from rates_sync.relay.lifetime import Held
from rates_sync.relay.port import RecordView


@dataclass(frozen=True, slots=True)
class Write:
    """A document to set to `body`; without one its life is renewed."""

    key: str
    body: bytes | None = None


def writes(held: Held, view: RecordView) -> list[Write]:
    """Return what Redis lacks; nothing before the first status and calendar."""
    manifest = manifest_of(view)
    if manifest is None or view.calendar is None:
        return []
    bodies = dict(_bodies(view, view.calendar))
    if manifest != held.manifest:
        bodies[CURRENT] = encode_document(manifest)
    renewed = [key for key in held.left if key not in bodies and held.is_due(key)]
    return [Write(key, body) for key, body in bodies.items()] + [Write(key) for key in renewed]


def manifest_of(view: RecordView) -> CurrentDocument | None:
    """Return the manifest, None while there is nothing to warm up from."""
    if view.status is None or view.calendar is None:
        return None
    return CurrentDocument(view.head, view.status, view.history_version, view.averages_version)


def _bodies(view: RecordView, calendar: BankCalendar) -> Iterator[tuple[str, bytes]]:
    """Yield what changed: `history` only when observations or the calendar did."""
    if view.averages is not None:
        averages = AveragesDocument(view.averages_version, tuple(view.averages))
        yield AVERAGES, encode_document(averages)
    if view.history is not None:
        history = history_document(view.history_version, calendar, view.history)
        yield HISTORY, encode_document(history)


def history_document(
    version: str, calendar: BankCalendar, observations: Sequence[Observation]
) -> HistoryDocument:
    """Return the document; what the rows of one recording share is named once."""
    batches: dict[HistoryBatch, int] = {}

    def row(one: Observation) -> HistoryRow:
        batch = HistoryBatch(one.recorded_at, one.payload_sha256)
        return HistoryRow(
            one.date, one.revision, one.value, batches.setdefault(batch, len(batches))
        )

    grouped = groupby(observations, key=lambda one: one.series)
    series = {name: tuple(map(row, rows)) for name, rows in grouped}
    return HistoryDocument(version, calendar, tuple(batches), series)
