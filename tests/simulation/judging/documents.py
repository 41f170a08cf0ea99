"""Invariants of the documents in Redis, which workers warm up from (protocol rules 10 and 26)."""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from rates_contracts.documents import CURRENT, HISTORY
from simulation.history import History
from simulation.judging.record import RecordReader
from simulation.world.platform import Platform

ANNOUNCED = """
SELECT series, date, revision, value FROM observations
 WHERE recorded_at <= (SELECT recorded_at FROM outbox WHERE event_id = ?)
"""


@dataclass
class DocumentJudge:
    """The history document holds what its head has announced, and nothing else."""

    platform: Platform
    history: History
    record: RecordReader
    _judged: bytes | None = None

    def on_stream(self, writer: str) -> None:
        """Judge the history after each write of `writer`, once it is another."""
        body, manifest = (self.platform.stream.document(key) for key in (HISTORY, CURRENT))
        if body is None or manifest is None or body == self._judged:
            return
        self._judged = body
        try:
            document, head = json.loads(body), json.loads(manifest)
        except ValueError:  # Somebody else has spoilt it.
            return
        event_id = head["head"]["event_id"]
        is_whole = document["version"] == head["history_version"]
        if is_whole and self.record.recorded_at(event_id) and _rows(document) != self._by(event_id):
            what = f"{writer} has left a history that {head['head']} has not announced"
            self.history.violate("documents", self.platform.time.now, what)

    def _by(self, event_id: str) -> set[tuple[str, str, int, Decimal]]:
        rows = self.record.rows(ANNOUNCED, event_id)
        return {(series, day, revision, Decimal(value)) for series, day, revision, value in rows}


def _rows(document: Any) -> set[tuple[str, str, int, Decimal]]:
    return {
        (series, day, revision, Decimal(value))
        for series, rows in document["series"].items()
        for day, revision, value, _ in rows
    }
