"""What a client of the simulator sees."""

from typing import Any

import httpx
from litestar import Litestar
from litestar.testing import TestClient

TOKEN = "t" * 64


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
            found["idSerie"]: {row["fecha"]: row["dato"] for row in found.get("datos", [])}
            for found in series
        }

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """A control request that must succeed."""
        answer = self.http.request(method, f"/control/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def set_clock(self, now: str) -> None:
        """Moves the simulator's clock."""
        self.control("PUT", "clock", {"now": now})
