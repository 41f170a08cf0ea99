"""The stage of the simulator's tests: real time that the test owns, and a client."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from litestar import Litestar
from litestar.testing import TestClient

TOKEN = "t" * 64


class RealTime:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        """The same time in seconds."""
        return self.now.timestamp()

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Sleeps:
    """Sleeps in no time and remembers for how long."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


class Banxico:
    """What a client sees of the simulator: the SIE with a good token, and the control API."""

    def __init__(self, client: TestClient[Litestar]) -> None:
        self.http = client

    def sie(self, path: str, **headers: str) -> httpx.Response:
        """GET of a path under the SIE's base."""
        return self.http.get(
            f"/SieAPIRest/service/v1{path}", headers={"Bmx-Token": TOKEN} | headers
        )

    def datos(self, path: str) -> dict[str, dict[str, str]]:
        """Series → day as sent → value as sent."""
        answer = self.sie(path)
        assert answer.status_code == 200, answer.text
        series = answer.json()["bmx"]["series"]
        return {
            one["idSerie"]: {row["fecha"]: row["dato"] for row in one.get("datos", [])}
            for one in series
        }

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """A control request that must succeed."""
        answer = self.http.request(method, f"/control/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def set_clock(self, now: str) -> None:
        """Moves the simulator's clock."""
        self.control("PUT", "clock", {"now": now})
