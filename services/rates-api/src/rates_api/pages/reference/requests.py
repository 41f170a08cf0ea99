"""How a request of an example is written in curl, Python and JavaScript."""

import json
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

PLACEHOLDER = "https://api.example"
"""Stands for the address of this service, whichever it is; scripts in the page fill it in."""
EVENT_STREAM = "text/event-stream"


class RequestCode(NamedTuple):
    """A request in one language: what the language is called, and the code."""

    name: str
    code: str


def snippets(request: str, media_type: str) -> tuple[RequestCode, ...]:
    """Return `request`, a path and its query, in each language."""
    is_stream = media_type == EVENT_STREAM
    return (
        RequestCode("curl", _curl(request, is_stream=is_stream)),
        RequestCode(
            "Python", _python_stream(request) if is_stream else _python(request, media_type)
        ),
        RequestCode("JavaScript", _js_stream(request) if is_stream else _js(request, media_type)),
    )


def _curl(request: str, *, is_stream: bool) -> str:
    return f"curl {'-N ' if is_stream else ''}'{PLACEHOLDER}{request}'"


def _python(request: str, media_type: str) -> str:
    path, query = urlsplit(request).path, dict(parse_qsl(urlsplit(request).query))
    read = "answer.json()" if media_type.endswith("json") else "answer.text"
    params = f"    params={json.dumps(query)},\n" if query else ""
    return (
        "import httpx\n\n"
        f'answer = httpx.get(\n    "{PLACEHOLDER}{path}",\n{params}    timeout=10,\n)\n'
        f"answer.raise_for_status()\nprint({read})"
    )


def _js(request: str, media_type: str) -> str:
    read = "json" if media_type.endswith("json") else "text"
    return (
        f'const answer = await fetch(\n  "{PLACEHOLDER}{request}",\n);\n'
        "if (!answer.ok) throw new Error(await answer.text());\n"
        f"console.log(await answer.{read}());"
    )


def _python_stream(request: str) -> str:
    return (
        "import httpx\n\n"
        f'with httpx.stream("GET", "{PLACEHOLDER}{request}", timeout=30) as answer:\n'
        "    for line in answer.iter_lines():\n        print(line)"
    )


def _js_stream(request: str) -> str:
    return (
        f'const stream = new EventSource("{PLACEHOLDER}{request}");\n'
        'stream.addEventListener("state", (event) => console.log(JSON.parse(event.data)));\n'
        'stream.addEventListener("change", (event) => console.log(JSON.parse(event.data)));'
    )
