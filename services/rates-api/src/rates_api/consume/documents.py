"""A snapshot from the documents in Redis: the first source of every load (protocol rule 12).

Documents that are not of one set are not used (protocol rule 10).
"""

import asyncio

from rates_api.consume.stream import Stream
from rates_api.errors import DocumentsUnusable
from rates_api.snapshot.snapshot import Snapshot, histories
from rates_contracts.documents import (
    AveragesDocument,
    CurrentDocument,
    DocumentUndecodable,
    HistoryDocument,
    decode_document,
)
from rates_contracts.observation import Observation


class Documents:
    """Redis' documents as a source of snapshots."""

    name = "documents"

    def __init__(self, stream: Stream) -> None:
        """Read them through `stream`."""
        self._stream = stream

    async def load(self) -> Snapshot:
        """Return what the documents hold.

        Raises `StreamUnavailable`, or `DocumentsUnusable` for documents missing or not of one set.
        """
        bodies = await self._stream.documents()
        # Off the loop: decoding thirty years takes longer than a request may wait.
        return await asyncio.to_thread(snapshot_of, *bodies)


def snapshot_of(current: bytes | None, averages: bytes | None, history: bytes | None) -> Snapshot:
    """Decode the three documents and build a snapshot from them. Raises `DocumentsUnusable`."""
    if current is None or averages is None or history is None:
        raise DocumentsUnusable("a document is missing")
    try:
        return _assembled(
            decode_document(current, CurrentDocument),
            decode_document(averages, AveragesDocument),
            decode_document(history, HistoryDocument),
        )
    except DocumentUndecodable as error:
        raise DocumentsUnusable(str(error)) from error


def _assembled(
    manifest: CurrentDocument, averages: AveragesDocument, history: HistoryDocument
) -> Snapshot:
    versions = (history.version, averages.version)
    if versions != (manifest.history_version, manifest.averages_version):
        raise DocumentsUnusable("the documents are not of one set")
    return Snapshot(
        head=manifest.head,
        status=manifest.status,
        averages=averages.averages,
        calendar=history.calendar,
        series=histories(_observations(history)),
        ended_days=() if manifest.status.counted is None else averages.ended_days,
    )


def _observations(document: HistoryDocument) -> dict[str, list[Observation]]:
    """Return the rows of each series; those of a batch share its instant and hash in memory."""
    batches = document.batches
    try:
        return {
            series: [
                Observation(
                    series,
                    row.date,
                    row.revision,
                    row.value,
                    batches[row.batch].recorded_at,
                    batches[row.batch].payload_sha256,
                    batches[row.batch].position,
                )
                for row in rows
            ]
            for series, rows in document.series.items()
        }
    except IndexError as error:
        raise DocumentsUnusable("a row names a batch that is not there") from error
