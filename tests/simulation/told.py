"""What has to be told of what was found: by the status, or by an alert that has no event."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from simulation.history import History
from simulation.platform import Platform
from simulation.record import RecordReader

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
ALERTED_SECONDS = 30.0
UNHEARD = frozenset({"edge_away", "restart_worker", "pause_worker", "correction", "withdrawal"})
"""The faults that hold up no alert."""


@dataclass
class ToldJudge:
    """Days under review or withdrawn are in the status (rule 5), a foreign stream is alerted."""

    platform: Platform
    history: History
    record: RecordReader
    _differs_since: datetime | None = None
    _repaired_at: datetime | None = None

    def on_commit(self) -> None:
        """Judge whether the newest event's status lists what the record holds."""
        now, differs = self.platform.time.now, self._untold()
        if not differs:
            self._differs_since = None
            return
        since = self._differs_since = self._differs_since or now
        is_late = now - since > timedelta(seconds=LISTED_SECONDS)
        if is_late and self.platform.is_calm(since, but=QUICK):
            self.history.violate("told", now, f"since {since:%H:%M:%S} no event tells of {differs}")

    def on_stream(self) -> None:
        """Note that a relay has replaced a foreign stream."""
        stream = self.platform.stream
        if stream.is_foreign and not stream.spoilt and all(id_ for _, id_ in stream.entries()):
            stream.is_foreign, self._repaired_at = False, self.platform.time.now

    def look(self) -> None:
        """Judge whether a foreign stream was alerted."""
        now, at = self.platform.time.now, self._repaired_at
        if at is None or now - at < timedelta(seconds=ALERTED_SECONDS):
            return
        self._repaired_at = None
        if self.platform.is_calm(at, but=UNHEARD) and not any(
            sent.alert.name == "foreign_stream" and sent.at >= at
            for sent in self.platform.topic.alerts
        ):
            self.history.violate("alerts", now, f"the foreign stream of {at:%H:%M:%S} is not told")

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
