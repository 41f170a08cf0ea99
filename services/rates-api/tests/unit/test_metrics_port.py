"""Who is answered on the internal port of an instance."""

from typing import Any

import httpx
import pytest

from rates_api.metrics_port import internal_only


@pytest.mark.parametrize(
    ("host", "answered"),
    [
        ("127.0.0.1:8010", True),
        ("rates-api:8010", True),
        (None, True),
        ("evil.example:8010", False),
        ("a b", False),
    ],
)
async def test_the_internal_port_answers_to_internal_names(
    host: str | None, *, answered: bool
) -> None:
    """A page whose name leads to the internal address (DNS rebinding) reads nothing."""

    async def metrics(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"metrics"})

    application: Any = internal_only(metrics)
    transport = httpx.ASGITransport(app=application)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8010") as client:
        request = client.build_request(
            "GET", "/metrics", headers={} if host is None else {"Host": host}
        )
        if host is None:
            del request.headers["Host"]
        response = await client.send(request)

    assert (response.status_code, response.content) == (
        (200, b"metrics") if answered else (421, b"")
    )
