"""Each example in the guides does what the guide says, against a platform over the simulator."""

import json
import re
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

from guides.snippets import SECONDS, Snippet, agrees, all_snippets, run
from rates_api.pages.reference.golden import operations
from rates_api.pages.reference.requests import EVENT_STREAM, PLACEHOLDER, snippets
from support.toolbox import NODE
from usdmxn import AsyncClient
from usdmxn.mcp_server import mcp_server

EXAMPLES = all_snippets()
RUNNABLE = [example for example in EXAMPLES if example.language != "json"]
JSON = [example for example in EXAMPLES if example.language == "json"]


@pytest.mark.parametrize("example", RUNNABLE, ids=str)
def test_an_example_does_what_the_guide_shows(
    example: Snippet, address: str, tmp_path: Path
) -> None:
    """It runs without an error, and its answer is the one beside it, if there is one."""
    answer = run(example, address, tmp_path)
    assert example.shown is not None, "a guide shows what its examples answer"
    assert agrees(example.shown, answer), answer


@pytest.mark.parametrize("example", JSON, ids=str)
def test_json_in_a_guide_can_be_read(example: Snippet) -> None:
    """Whoever copies it has JSON."""
    json.loads(example.code)


@pytest.mark.parametrize("name", ["es/asistentes.md", "en/assistants.md"])
async def test_assistants_are_told_of_every_tool(name: str) -> None:
    """The guide's table has the tools that the MCP server of the command line offers."""
    async with AsyncClient(PLACEHOLDER) as client:
        tools = {tool.name for tool in await mcp_server(client).list_tools()}
    text = (resources.files("rates_api.pages.guides") / name).read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == tools


def test_python_of_the_reference_runs(address: str, tmp_path: Path) -> None:
    """Each endpoint's Python prints an answer."""
    code = "\n\n".join(_codes("Python", address))
    file = tmp_path / "reference.py"
    file.write_text(code, encoding="utf-8")
    done = _ran(sys.executable, file)
    assert done.returncode == 0, done.stderr


def test_javascript_of_the_reference_runs(address: str, tmp_path: Path) -> None:
    """Each endpoint's JavaScript prints an answer."""
    code = "\n".join(f"{{\n{code}\n}}" for code in _codes("JavaScript", address))
    file = tmp_path / "reference.mjs"
    file.write_text(code, encoding="utf-8")
    done = _ran(NODE, file)
    assert done.returncode == 0, done.stderr


def _ran(interpreter: str | Path, file: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [interpreter, file], capture_output=True, text=True, timeout=SECONDS, check=False
    )


def _codes(language: str, address: str) -> list[str]:
    """Return the code of each endpoint's first example, but for the stream: it has no end."""
    return [
        snippet.code.replace(PLACEHOLDER, address)
        for operation in operations().values()
        for example in operation.examples[:1]
        for snippet in snippets(example.request, example.media_type)
        if snippet.name == language and example.media_type != EVENT_STREAM
    ]
