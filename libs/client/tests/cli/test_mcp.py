"""An assistant asks by stdin and stdout, with the SDK's own client, and is told the whole truth."""

import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from mcp import Client, StdioServerParameters, stdio_client

from support.command_line import EXAMPLES, NO_VALUE, PATHS, Service, recorded
from usdmxn import AsyncClient, __version__
from usdmxn.mcp_server import mcp_server

ARGUMENTS = ["-c", "import sys; from usdmxn.cli.main import main; sys.exit(main())"]


class Handler(BaseHTTPRequestHandler):
    """Answers with recorded examples; any other path has none."""

    def do_GET(self) -> None:
        """Answer."""
        example = EXAMPLES[PATHS.get(urlsplit(self.path).path, NO_VALUE)]
        content = json.dumps(example.value).encode()
        self.send_response(example.status)
        self.send_header("Content-Type", example.media_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def listening() -> Iterator[str]:
    """Give the address of a service."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@asynccontextmanager
async def assistant(service: Service) -> AsyncIterator[Client]:
    """Give a client of the server, in this process."""
    rates = AsyncClient(retries=0, transport=httpx.MockTransport(service))
    async with rates, Client(mcp_server(rates)) as client:
        yield client


async def told(service: Service, name: str, **arguments: Any) -> Any:
    """Return what a tool says: its structured answer, or why there is none."""
    async with assistant(service) as client:
        return said(await client.call_tool(name, arguments))


def said(result: Any) -> Any:
    """Return what the result of a tool says."""
    return result.content[0].text if result.is_error else result.structured_content


async def test_the_command_line_serves_an_assistant_over_stdio() -> None:
    """In a process that the assistant starts, over a service on the network."""
    with listening() as url:
        command = [*ARGUMENTS, "mcp", "--base-url", url]
        server = StdioServerParameters(command=sys.executable, args=command)
        async with Client(stdio_client(server)) as client:
            summary = said(await client.call_tool("summary", {"year": 2025}))
            refusal = said(await client.call_tool("summary", {"year": 2025, "kind": 1}))
    assert summary["mean"] == "19.224494"
    assert "kind" in refusal


async def test_an_assistant_finds_four_tools_that_only_read(service: Service) -> None:
    """Each says what it needs."""
    async with assistant(service) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(tools) == {"rate_for", "convert", "history", "summary"}
    assert set(tools["rate_for"].input_schema["required"]) == {"purpose", "date"}
    assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools.values())


async def test_the_server_says_the_version_of_the_package(service: Service) -> None:
    """Not that of the SDK, nor none."""
    async with assistant(service) as client:
        server = client.server_info
    assert server is not None
    assert (server.name, server.version) == ("usdmxn", __version__)


async def test_a_rate_comes_with_its_dates_its_source_and_the_reason(service: Service) -> None:
    """As the law has it for the purpose."""
    answer = await told(service, "rate_for", purpose="cfdi_payment", date="2026-08-09")
    assert (answer["rate"], answer["kind"], answer["source"]) == (
        "17.2195",
        "settlement",
        "Banco de México",
    )
    assert answer["dates"]["determined"] == "2026-08-06"
    assert "the day of the payment, not the invoice's" in answer["reason"]
    assert answer["warnings"] == []


@pytest.mark.parametrize(
    ("tool", "arguments", "member", "value"),
    [
        ("convert", {"amount": "1250.50", "date": "2024-01-02"}, "result", "21295.64"),
        ("history", {"last": 10, "kind": "fix"}, "count", 10),
        ("summary", {"year": 2025}, "mean", "19.224494"),
    ],
)
async def test_every_answer_has_a_source_and_a_reason(
    service: Service, tool: str, arguments: dict[str, Any], member: str, value: object
) -> None:
    """Digits as published, in strings."""
    answer = await told(service, tool, **arguments)
    assert answer[member] == value
    assert answer["source"] == "Banco de México"
    assert answer["reason"]


@pytest.mark.parametrize(
    ("tool", "arguments", "reason"),
    [
        ("rate_for", {"purpose": "closing", "date": "2026-08-09"}, "no law names a rate"),
        ("rate_for", {"purpose": "x", "date": "2026-08-09"}, "no purpose"),
        ("rate_for", {"purpose": "tax", "date": "2099-01-01"}, "not known to be determined"),
        ("rate_for", {"purpose": "tax", "date": "yesterday"}, "date"),
        ("convert", {"amount": "1,234"}, "is not a plain decimal number"),
    ],
)
async def test_where_there_is_no_answer_an_assistant_reads_why(
    service: Service, tool: str, arguments: dict[str, Any], reason: str
) -> None:
    """A sentence, so that it can ask again or tell the person."""
    service.answers["/api/v1/convert"] = recorded("convert_422_wrong_parameters")
    answer = await told(service, tool, **arguments)
    assert isinstance(answer, str)
    assert reason in answer


async def test_simulated_values_and_doubts_are_said_in_words(service: Service) -> None:
    """An assistant can't miss them."""
    warnings = ["value_under_review"]
    answer = recorded("summary_200_year", source="simulator", warnings=warnings)
    service.answers["/api/v1/rates/summary"] = answer
    simulated, reviewed = (await told(service, "summary", year=2025))["warnings"]
    assert simulated.startswith("SIMULATED DATA")
    assert "being checked" in reviewed


async def test_a_history_too_long_to_read_is_refused(service: Service) -> None:
    """The assistant is sent to the summary."""
    service.answers["/api/v1/rates/historical"] = recorded("historical_200_ten_values", count=367)
    assert "`summary`" in await told(service, "history", year=2025)


async def test_a_rate_of_another_day_says_so(service: Service) -> None:
    """The rule by which it stands in is not taken for the reason why it counts."""
    service.answers["/api/v1/convert"] = recorded("convert_200_to_mxn", reason="closed_day")
    answer = await told(service, "convert", amount="1250.50", kind="fix")
    assert answer["rolled"] == "closed_day"
