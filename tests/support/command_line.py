"""The command line over a service that gives the recorded examples of the API document."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date as Day
from typing import Any

import httpx

from support.openapi_examples import examples, golden
from usdmxn import Client

EXAMPLES = {example.name: example for example in examples(golden())}
PATHS = {
    "/.well-known/jwks.json": "keys_200_keys",
    "/api/v1": "capabilities_200_capabilities",
    "/api/v1/convert": "convert_200_to_mxn",
    "/api/v1/days/2026-08-09": "day_sheet_200_sunday",
    "/api/v1/rates": "batch_200_days",
    "/api/v1/rates/2024-03-02": "day_200_settlement",
    "/api/v1/rates/current": "current_200_settlement",
    "/api/v1/rates/historical": "historical_200_ten_values",
    "/api/v1/rates/monthly": "monthly_200_year",
    "/api/v1/rates/summary": "summary_200_year",
}
"""What is answered at a path, unless a test says something else."""
NO_VALUE = "day_404_future"
"""What is answered at any other."""


def recorded(name: str, **changes: Any) -> httpx.Response:
    """Return a recorded answer, some of its members changed."""
    example = EXAMPLES[name]
    headers = {"Content-Type": example.media_type}
    return httpx.Response(example.status, json={**example.value, **changes}, headers=headers)


@dataclass
class Service:
    """Answers each path with an example, or with what a test has put there."""

    answers: dict[str, httpx.Response | Exception] = field(default_factory=dict)
    then: dict[str, httpx.Response | Exception] = field(default_factory=dict)
    """What is answered at a path from the second time on."""
    asked: list[httpx.URL] = field(default_factory=list)
    today: Day = Day(2026, 8, 14)
    """The day that the command line takes for today."""
    broken_after: int | None = None
    """How many requests are answered before the connection breaks."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer, or break the connection."""
        if len(self.asked) == self.broken_after:
            raise httpx.ConnectError("gone")
        self.asked.append(request.url)
        path = request.url.path
        answer = self.answers.get(path) or recorded(PATHS.get(path, NO_VALUE))
        if path in self.then:
            self.answers[path] = self.then[path]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    def everywhere(self, answer: httpx.Response | Exception) -> None:
        """Answer the same at every path."""
        self.answers = dict.fromkeys(PATHS, answer)

    def connect(self, url: str) -> Client:
        """Return a client that asks here, once."""
        transport = httpx.MockTransport(self)
        return Client(url, retries=0, transport=transport, sleep=lambda _: None)


@dataclass(frozen=True)
class Ran:
    """How a command ended: its exit code, and what it wrote."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]
