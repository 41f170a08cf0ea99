"""Writes the golden `docs/api/openapi-v1.json` with answers recorded over the real record.

    python tests/contract/openapi_recorder.py

The worker stands on Friday 2026-08-14 at ten in Mexico City; problems that a healthy worker does
not have are recorded from ones that are not. A breaking difference is refused, the file then
stays as it is.
"""

import asyncio
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx

from rates_api.endpoints import ENDPOINTS, INFO, TAGS
from rates_api.http.endpoint import Endpoint
from rates_api.http.openapi import Recorded, document

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "docs" / "api" / "openapi-v1.json"
TESTS = ROOT / "services" / "rates-api" / "tests" / "unit"


def load(name: str, path: Path) -> ModuleType:
    """Load a module of a test folder, which is no package, once."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


world = load("rates_api_world", TESTS / "world.py")
difference = load("openapi_difference", Path(__file__).parent / "openapi_difference.py")


async def recorded() -> dict[str, list[Recorded]]:
    """Ask every example request of every endpoint, and `current` of workers in trouble."""
    healthy = world.Worker(world.snapshot())
    answers = {endpoint.name: await _examples(healthy, endpoint) for endpoint in ENDPOINTS}
    limited = world.Worker(world.snapshot(usable_until=world.NOW, verified_at=None))
    for name, worker in (("limited", limited), ("critical", world.Worker(None))):
        answers["current"].append(await _record(worker, name, "/api/v1/rates/current"))
    waiting = world.Worker(world.snapshot())
    answers["day"].append(await _record(waiting, "today", f"/api/v1/rates/{world.TODAY}"))
    holed = world.Worker(world.snapshot(without=(world.NEWEST,)))
    answers["day"].append(await _record(holed, "gap", f"/api/v1/rates/{world.NEWEST}"))
    answers["gaps"].append(await _record(holed, "a_gap", "/api/v1/rates/gaps"))
    return answers


async def _examples(worker: Any, endpoint: Endpoint) -> list[Recorded]:
    return [
        await _record(worker, name, path, is_file=endpoint.is_file)
        for name, path in endpoint.examples.items()
    ]


async def _record(worker: Any, name: str, request: str, *, is_file: bool = False) -> Recorded:
    async with world.client(worker) as client:
        answer = await client.get(request)
    value = None if is_file and answer.is_success else _of(answer)
    return Recorded(name, request, answer.status_code, answer.headers["content-type"], value)


def _of(answer: httpx.Response) -> Any:
    return answer.json() if "json" in answer.headers["content-type"] else answer.text


def generated() -> dict[str, Any]:
    """Return the document of this code."""
    return document(INFO, TAGS, ENDPOINTS, asyncio.run(recorded()))


def text_of(openapi: dict[str, Any]) -> str:
    """Return the golden's text."""
    return json.dumps(openapi, indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Write the golden, unless that would break a client."""
    new = generated()
    if GOLDEN.exists():
        broken = difference.breaking(json.loads(GOLDEN.read_text(encoding="utf-8")), new)
        if broken:
            sys.stderr.write("breaking differences, nothing written:\n  " + "\n  ".join(broken))
            return 1
    GOLDEN.write_text(text_of(new), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
