"""A snapshot from Redis' documents, and the sets that are not used."""

from datetime import date
from types import ModuleType
from typing import Any

import pytest

from rates_api.consume.documents import snapshot_of
from rates_api.errors import DocumentsUnusable
from rates_contracts.documents import (
    AveragesDocument,
    HistoryDocument,
    decode_document,
    encode_document,
)
from rates_contracts.status import DataStatusDay


@pytest.fixture
def record(fakes: ModuleType) -> Any:
    """Give a record with a correction, averages and a closure."""
    record = fakes.Record()
    record.observe(fakes.observation(date(2024, 1, 2)), fakes.observation(date(2024, 1, 3)))
    record.observe(fakes.observation(date(2024, 1, 2), "17.0300", revision=2))
    record.plan(fakes.average(fakes.START))
    record.close(date(2024, 1, 8))
    return record


def test_documents_are_the_record(record: Any) -> None:
    """What sync wrote into the documents is what the worker holds."""
    assert snapshot_of(*record.documents()) == record.snapshot


def test_the_averages_document_has_the_days_that_have_ended(record: Any) -> None:
    """One set of documents has the data status; that of an older manifest has none."""
    days = [DataStatusDay(date(2024, 1, day), 35000, 1000, 60) for day in (1, 2, 3)]
    record.count(days[2], *days[:2])
    assert snapshot_of(*record.documents()).data_status == tuple(days)
    record.poll(counted=None)
    assert snapshot_of(*record.documents()).ended_days == ()


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_an_incomplete_set_is_not_used(record: Any, missing: int) -> None:
    """Protocol rule 10: a document that has expired makes the others useless."""
    bodies: list[bytes | None] = [*record.documents()]
    bodies[missing] = None

    with pytest.raises(DocumentsUnusable, match="missing"):
        snapshot_of(*bodies)


@pytest.mark.parametrize("stale", [1, 2])
def test_a_set_that_does_not_fit_together_is_not_used(record: Any, stale: int) -> None:
    """Protocol rule 10: the manifest names the versions, others are not used."""
    old = record.documents()
    record.poll()
    bodies = [*record.documents()]
    bodies[stale] = old[stale]

    with pytest.raises(DocumentsUnusable, match="one set"):
        snapshot_of(*bodies)


@pytest.mark.parametrize("broken", [0, 1, 2])
def test_an_unreadable_document_is_not_used(record: Any, broken: int) -> None:
    """Bytes that are no document of this version are refused, never half read."""
    bodies = [*record.documents()]
    bodies[broken] = bodies[broken][:-5]

    with pytest.raises(DocumentsUnusable):
        snapshot_of(*bodies)


def test_a_row_of_no_batch_is_not_used(record: Any) -> None:
    """A row that names a batch that is not there makes the set useless."""
    current, averages, history = record.documents()
    document = decode_document(history, HistoryDocument)
    broken = HistoryDocument(document.version, document.calendar, (), document.series)

    with pytest.raises(DocumentsUnusable, match="batch"):
        snapshot_of(current, averages, encode_document(broken))
    assert decode_document(averages, AveragesDocument).version == document.version


def test_rows_of_a_recording_share_its_instant_and_hash(record: Any) -> None:
    """A batch is one pair of objects in memory, however many rows it has."""
    current, averages, history = record.documents()
    document = decode_document(history, HistoryDocument)
    one = document.batches[:1]
    rows = {
        series: tuple(type(row)(row.date, row.revision, row.value, 0) for row in rows)
        for series, rows in document.series.items()
    }
    shared = HistoryDocument(document.version, document.calendar, one, rows)

    fix = snapshot_of(current, averages, encode_document(shared)).fix

    first, second = fix.last(2)
    assert first.recorded_at is second.recorded_at
    assert first.payload_sha256 is second.payload_sha256
