"""What has to be told of what was found: the status lists it."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from simulation.history import History
from simulation.judging.record import RecordReader
from simulation.world.platform import Platform

LISTS = {
    "withdrawn": "SELECT series, date FROM withdrawals"
    " WHERE withdrawn_at IS NOT NULL AND ifnull(decision, '') != 'keep'",
    "under_review": "SELECT series, date FROM quarantine"
    " WHERE state = 'open' AND date IS NOT NULL AND kind NOT IN ('undated', 'unasked', 'answer')",
}
"""What the record holds of days that need an operator, by the status' list of them."""
LISTED_SECONDS = 10.0
"""The chunks of one backfill are announced together."""
QUICK = frozenset(
    {
        "alerts_away",
        "edge_away",
        "restart_worker",
        "pause_worker",
        "correction",
        "withdrawal",
        "banxico_mood",
    }
)
"""The faults that don't part the chunks of a backfill."""


@dataclass
class ToldJudge:
    """Days under review or withdrawn are in the status (rule 5)."""

    platform: Platform
    history: History
    record: RecordReader
    _differs_since: datetime | None = None

    def look(self) -> None:
        """Judge whether the newest event's status lists what the record holds."""
        now, differs = self.platform.time.now, self._untold()
        if not differs:
            self._differs_since = None
            return
        since = self._differs_since = self._differs_since or now
        is_late = now - since > timedelta(seconds=LISTED_SECONDS)
        if is_late and self.platform.is_calm(since, but=QUICK):
            self.history.violate("told", now, f"since {since:%H:%M:%S} no event tells of {differs}")

    def _untold(self) -> list[str]:
        """Return the days that only the record or only the newest status lists."""
        rows = self.record.rows(
            "SELECT document, (SELECT unannounced_at FROM head) FROM outbox"
            " ORDER BY timeline DESC, position DESC LIMIT 1"
        )
        if not rows or rows[0][1] is not None:
            return []
        status = json.loads(rows[0][0])["status"]
        return sorted(
            f"{list_} {series} {day}"
            for list_, query in LISTS.items()
            for series, day in self._listed(query) ^ _told(status, list_)
        )

    def _listed(self, query: str) -> set[tuple[str, str]]:
        return {(series, day) for series, day in self.record.rows(query)}


def _told(status: Any, list_: str) -> set[tuple[str, str]]:
    return {(name, day) for name, series in status["series"].items() for day in series[list_]}
