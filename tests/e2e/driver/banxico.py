"""Banxico as a scenario sees it: what it publishes, how it fails, and what it was asked."""

import json
from collections.abc import Mapping
from datetime import date as Day
from datetime import datetime
from typing import Any

from driver.answers import Connection, Unreachable
from driver.processes import Process

FIX, SETTLEMENT = "SF43718", "SF60653"


class Banxico:
    """The simulator's process and its control API."""

    def __init__(self, process: Process) -> None:
        self.process = process

    def start(self) -> None:
        """Start it; what it was told before it died is forgotten."""
        self.process.start()

    def kill(self) -> None:
        """End it at once: connections are refused from now on."""
        self.process.kill()

    def answers(self) -> bool:
        """Tell whether it answers."""
        try:
            with Connection(self.process.port("public")) as connection:
                return connection.ask("GET", "/livez").status == 200
        except Unreachable:
            return False

    def fault(self, kind: str, **details: Any) -> None:
        """Meet every request (or the next `count`) with this fault and no other."""
        self.faults({"kind": kind, **details})

    def faults(self, *faults: Mapping[str, Any]) -> None:
        """Meet every request with these faults, one after the other, and no others."""
        self._control("PUT", "/faults", {"faults": faults})

    def recover(self) -> None:
        """Answer as always again."""
        self._control("DELETE", "/faults")

    def publish(self, day: Day, rate: str | None = None) -> str:
        """Show the FIX of `day` from now on and return it."""
        shown = self._control("POST", "/publish", {"date": day.isoformat(), "rate": rate})
        rate_shown: str = shown["rate"]
        return rate_shown

    def schedule(self, day: Day, at: datetime | None) -> None:
        """Publish the FIX of `day` at that instant, or never."""
        instant = None if at is None else at.isoformat()
        self._control("PUT", "/publication", {"date": day.isoformat(), "at": instant})

    def correct(self, day: Day, rate: str, series: str = FIX) -> None:
        """Replace a value that shows."""
        body = {"date": day.isoformat(), "rate": rate, "series": series}
        self._control("POST", "/correct", body)

    def move(self, day: Day, percent: str, *, settlement_follows: bool = True) -> None:
        """Move the FIX of `day` away from that of the day before, shown already or to come."""
        body = {"date": day.isoformat(), "percent": percent}
        self._control("POST", "/move", {**body, "settlement_follows": settlement_follows})

    def withdraw(self, day: Day, *, withdrawn: bool = True) -> None:
        """Let a FIX disappear with its settlement days, or let it be back."""
        self._control("PUT", "/withdrawal", {"date": day.isoformat(), "withdrawn": withdrawn})

    def shift_clock(self, seconds: int) -> None:
        """Let its own clock go wrong by that much."""
        self._control("PUT", "/clock", {"offset_seconds": seconds})

    def limit(self, *, enforced: bool) -> None:
        """Switch Banxico's own rate limits on or off."""
        self._control("PUT", "/limits", {"enforced": enforced})

    @property
    def requests(self) -> int:
        """Return how many requests it has had."""
        total: int = self._control("GET", "/requests")["total"]
        return total

    def asked(self) -> list[dict[str, Any]]:
        """Return its last requests, the newest last: instant, path, outcome."""
        entries: list[dict[str, Any]] = self._control("GET", "/requests")["last"]
        return entries

    def _control(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        encoded = None if body is None else json.dumps(body).encode()
        with Connection(self.process.port("public")) as connection:
            headers = {"Content-Type": "application/json"}
            answer = connection.ask(method, f"/control{path}", headers, encoded)
        assert answer.status == 200, f"{method} {path}: {answer.status} {answer.text}"
        return answer.json
