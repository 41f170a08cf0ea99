"""Invariants of the lease (protocol rule 3), by true time, at every commit."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from simulation.history import LONG_AGO, History
from simulation.judging.record import RecordReader
from simulation.world.network import Machine
from simulation.world.platform import Platform

PATIENCE_SECONDS = 10.0
"""In production; a plan may have another."""
SLACK = timedelta(seconds=0.1)


@dataclass
class LeaseJudge:
    """Nobody takes a lease that is renewed, and each who takes it has a token of its own."""

    platform: Platform
    history: History
    record: RecordReader
    _seen: tuple[str, int, int] | None = None
    _moved_at: datetime = LONG_AGO

    def on_commit(self, machine: Machine) -> None:
        """Judge what a commit of `machine` has made of the lease."""
        now, before, seen = self.platform.time.now, self._seen, self._read()
        self._seen = seen
        if before is None or seen is None or before == seen:
            return
        stood_still, self._moved_at = now - self._moved_at, now
        (old, old_token, _), (new, token, _) = before, seen
        if new in ("", old):
            return
        if token <= old_token:
            self.history.violate("lease", now, f"{machine.name} has token {token}, as {old} had")
        if old and stood_still < self._patience - SLACK:
            self.history.violate("lease", now, f"{machine.name} took it from {old}, who renews it")

    def on_restore(self) -> None:
        """Begin again: nobody knows for how long the restored lease has stood still."""
        self._seen, self._moved_at = self._read(), LONG_AGO

    def _read(self) -> tuple[str, int, int] | None:
        rows = self.record.rows("SELECT holder, token, renewals FROM lease")
        return rows[0] if rows else None

    @property
    def _patience(self) -> timedelta:
        seconds = self.platform.sync_settings.get("lease_patience", PATIENCE_SECONDS)
        return timedelta(seconds=seconds)
