"""What an assistant names is taken as it is: nothing is dropped, nothing empty passes."""

from typing import Any

import httpx
import pytest
from mcp.server.mcpserver.exceptions import ToolError

from usdmxn import AsyncClient
from usdmxn.mcp_server import Tools


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("convert", {"amount": "1", "purpose": "tax", "kind": "fix"}, "not both"),
        ("convert", {"amount": "1", "purpose": "", "kind": "fix"}, "not both"),
        ("convert", {"amount": "1", "purpose": ""}, "purpose is empty"),
        ("convert", {"amount": "1", "kind": ""}, "kind is empty"),
        ("rate_for", {"purpose": "", "date": "2026-08-14"}, "purpose is empty"),
        ("history", {"kind": "", "last": 3}, "kind is empty"),
        ("summary", {"kind": "", "year": 2025}, "kind is empty"),
    ],
)
async def test_what_can_not_be_meant_is_refused(
    server: Any, tool: str, arguments: dict[str, Any], said: str
) -> None:
    """Before anything is asked; one of two would be ignored otherwise."""
    async with AsyncClient(transport=httpx.MockTransport(server)) as rates:
        with pytest.raises(ToolError, match=said):
            await getattr(Tools(rates), tool)(**arguments)
    assert server.requests == []


async def test_a_conversion_is_at_the_rate_in_force_unless_told(server: Any, example: Any) -> None:
    """The default is the kind that law names for most."""
    server.says(example("convert_200_to_mxn"))
    async with AsyncClient(transport=httpx.MockTransport(server)) as rates:
        await Tools(rates).convert("1")
    assert server.asked[0].endswith("kind=settlement")


async def test_no_values_are_not_ten(server: Any, example: Any) -> None:
    """`last=0` is refused by the service, and not taken for nothing said."""
    server.says(example("historical_200_ten_values"))
    async with AsyncClient(transport=httpx.MockTransport(server)) as rates:
        await Tools(rates).history(last=0)
    assert "last=0" in server.asked[0]
