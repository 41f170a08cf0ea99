"""What an instance of rates-sync says of itself in `/health`, against what is true."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from simulation.faults import ELSEWHERE
from simulation.history import History
from simulation.judging.record import RecordReader
from simulation.judging.told import LISTS
from simulation.world.platform import Platform, SyncInstance

CALM_SECONDS = 90.0
"""After a fault an instance may still have to start, to be elected, or to write again."""
REFUSED_SECONDS = 60.0
"""A database that takes no writes is noticed with the next renewal, by a standby when it is due."""


@dataclass
class SyncHealthJudge:
    """Invariants of `/health` of rates-sync (protocol rules 36 and 37)."""

    platform: Platform
    history: History
    record: RecordReader

    async def ask(self) -> None:
        """Ask each instance that runs, one after the other."""
        for instance in list(self.platform.sync):
            if not (instance.machine.paused or instance.machine.dead):
                await self._ask(instance)

    async def _ask(self, instance: SyncInstance) -> None:
        """Judge the answer if nothing has changed while it was made."""
        changed_at, name = self.platform.changed_at, instance.machine.name
        was_under_review = self._is_under_review
        said = await instance.health()
        if said.status == "healthy" and was_under_review and self._is_under_review:
            what = "says that it is healthy while a value is under review"
            self.history.violate("health", self.platform.time.now, f"{name} {what}")
        if self.platform.changed_at == changed_at and instance in self.platform.sync:
            for what in self._wrong(instance, said):
                self.history.violate("health", self.platform.time.now, f"{name} {what}")

    def _wrong(self, instance: SyncInstance, said: Any) -> Iterator[str]:
        lasting = set(self.platform.lasting) - ELSEWHERE
        if lasting == {"database_away"} and said.database != "unhealthy":
            yield f"says that the database is {said.database} while it is away"
        if lasting == {"redis_away"} and said.redis != "unhealthy":
            yield f"says that Redis is {said.redis} while it is away"
        is_refused = self._lasting_for(REFUSED_SECONDS) == {"database_read_only"}
        if is_refused and said.database == "healthy":
            yield "says that the database is healthy while it takes no writes"
        if self._lasting_for(CALM_SECONDS) == set():
            yield from self._wrong_in_calm(instance, said)

    def _wrong_in_calm(self, instance: SyncInstance, said: Any) -> Iterator[str]:
        is_well = (said.database, said.redis) == ("healthy", "healthy")
        if not is_well and not self._waits_to_record(said):
            yield f"says in calm: {said.causes}"
        role = "leader" if instance.leads else "standby"
        if said.role != role:
            yield f"says that it is {said.role}, and is {role}"
        (holder,) = self.record.rows("SELECT holder FROM lease")
        if said.leader != holder[0]:
            yield f"says that {said.leader} leads, recorded is {holder[0]}"
        if said.head is None or said.head.event_id not in self.history.committed:
            yield f"says that the record ends with {said.head}"

    def _waits_to_record(self, said: Any) -> bool:
        """Tell whether it only says that its last recording was refused, and has had none since.

        It says so until its next poll.
        """
        since = self.platform.time.now - timedelta(seconds=CALM_SECONDS)
        has_asked = any(at >= since for at, _ in self.platform.api.heard.answers)
        return said.redis == "healthy" and said.causes.keys() == {"recording"} and not has_asked

    @property
    def _is_under_review(self) -> bool:
        return bool(self.record.rows(LISTS["under_review"]))

    def _lasting_for(self, seconds: float) -> set[str] | None:
        """Return what has lasted for so long with no change in it."""
        since = self.platform.time.now - timedelta(seconds=seconds)
        return self.platform.lasting_since(since, but=ELSEWHERE)
