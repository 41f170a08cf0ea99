"""Invariants of the breaker (protocol rules 19 and 27), by what Banxico truly answered.

Judged while nothing but Banxico disturbs anybody: then what happened is recorded at once.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from rates_contracts.observation import FIX
from simulation.history import LONG_AGO, History
from simulation.judging.record import RecordReader
from simulation.world.platform import Platform

UNDISTURBED = timedelta(seconds=90)
TRIAL_SECONDS = 45.0
"""A trial has ended by then, with its recording: a request takes 20 s at most."""
NEWEST_KNOWN = """
SELECT max(date) FROM observations WHERE series = ? AND recorded_at <= ? AND date NOT IN
 (SELECT date FROM withdrawals WHERE series = ? AND withdrawn_at IS NOT NULL)
"""


@dataclass
class BreakerJudge:
    """Holds what the events say of the breaker against Banxico's answers."""

    platform: Platform
    history: History
    record: RecordReader
    _state: str = "closed"
    _since: datetime = LONG_AGO
    _closed_at: datetime = LONG_AGO
    _opened_at: datetime = LONG_AGO
    _term: Any = None

    def on_event(self, event: Any) -> None:
        """Judge a change that an event of the same term tells."""
        now, state = self.platform.time.now, event["status"]["breaker"]
        term = self.record.rows("SELECT holder, token FROM lease")[0]
        if term == self._term and self.platform.is_banxico_alone(now - UNDISTURBED):
            self._judge_change(now, state)
        if state == "closed":
            self._closed_at = now
        elif self._state == "closed" or term != self._term:
            self._opened_at = now
        if state != self._state or term != self._term:
            self._since = now
        self._state, self._term = state, term

    def look(self) -> None:
        """Judge what stays: half open is the breaker during a trial alone."""
        now = self.platform.time.now
        lasts = (now - self._since).total_seconds()
        if self._state == "half_open" and lasts > TRIAL_SECONDS and self._is_led(now):
            self.history.violate("breaker", now, f"half open since {self._since:%H:%M:%S}")

    def _judge_change(self, now: datetime, state: str) -> None:
        """It opens by failures alone, and closes by an answer alone that confirms the FIX."""
        if self._state == "closed" and state != "closed":
            failed_at = self.platform.api.heard.failed_at
            if failed_at is None or failed_at < min(self._closed_at, now - UNDISTURBED):
                self.history.violate(
                    "breaker", now, f"opened, though nothing failed since {failed_at}"
                )
        if self._state != "closed" and state == "closed" and not self._was_confirmed():
            self.history.violate("breaker", now, "closed by what confirms nothing")

    def _was_confirmed(self) -> bool:
        """Tell whether since it opened an answer had the newest known FIX or a later one."""
        opened = self._opened_at.strftime("%Y-%m-%d %H:%M:%S.%f")
        newest = self.record.rows(NEWEST_KNOWN, FIX, opened, FIX)[0][0]
        return newest is None or any(
            answer.at >= self._opened_at - UNDISTURBED / 3
            and answer.shows_since(FIX, date.fromisoformat(newest))
            for answer in self.platform.api.heard.believable
        )

    def _is_led(self, now: datetime) -> bool:
        term = self.record.rows("SELECT holder, token FROM lease")[0]
        return term == self._term and self.platform.is_banxico_alone(now - UNDISTURBED)
