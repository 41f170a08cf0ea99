"""How much of this service a request without a cached response passes."""

import sys
from typing import Any

import httpx

PREFIXES = (
    "rates_api.http.",
    "rates_api.rates.",
    "rates_api.resolution.",
    "rates_api.handlers",
    "rates_api.endpoints",
    "rates_api.snapshot.level",
)


async def test_a_request_passes_thirteen_modules_at_most(world: Any, worker: Any) -> None:
    """Who follows a request for the current rate through the code opens thirteen files."""
    app: Any = world.cached(worker)
    passed: set[str] = set()

    def note(frame: Any, event: str, _: Any) -> None:
        name = frame.f_globals.get("__name__", "")
        if event == "call" and name.startswith(PREFIXES):
            passed.add(name)

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as client:
        sys.setprofile(note)
        try:
            answer = await client.get("/api/v1/rates/current")
        finally:
            sys.setprofile(None)

    assert answer.status_code == 200
    assert "rates_api.rates.current" in passed
    assert len(passed) <= 13, sorted(passed)
