"""The examples in the guides: how they are found, run, and compared with the answers beside them.

An example is a block of code; a block of an answer (`json`, `csv`, `text`) that follows it under
the same heading belongs to it. JSON may show a part of the members, and "…" in place of a text;
everything else is compared letter by letter.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from itertools import pairwise
from pathlib import Path
from threading import Timer
from typing import Any
from urllib.parse import urlencode

import httpx
from markdown_it import MarkdownIt

from rates_api.pages.guides.catalogue import slugs
from rates_api.pages.language import LANGUAGES
from rates_api.pages.reference.requests import PLACEHOLDER
from support.toolbox import BIN, NODE

ANSWERS = ("json", "csv", "text")
SECONDS = 60
ELLIPSIS = "…"
"""Any text."""
CELLS = (
    (re.compile(r'"&TEXT\(A2,"yyyy-mm-dd"\)&"'), "2026-08-16"),
    (re.compile(r'"&(?:AÑO|YEAR)\(A2\)&"-"&.*?\),"00"\)&"-"&.*?\),"00"\)&"'), "2026-08-16"),
    (re.compile(r'"&TEXT\(B2,"0.00"\)&"'), "1234.56"),
)
"""What formulas take from cells, and what stands in these cells."""
ADDRESS = re.compile(rf'{PLACEHOLDER}[^"]*')
POWER_QUERY = re.compile(r'RelativePath = "([^"]+)", Query = \[([^\]]+)\]')


@dataclass(frozen=True)
class Snippet:
    """An example of a guide, and the answer that the guide shows, by its language and text."""

    guide: str
    language: str
    code: str
    shown: tuple[str, str] | None

    def __str__(self) -> str:
        return f"{self.guide}:{self.language}:{' '.join(self.code.split())[:60]}"


def all_snippets() -> list[Snippet]:
    """Return every example of every guide; what stands in both languages alike, once."""
    found = {
        (snippet.language, snippet.code, snippet.shown): snippet
        for language in LANGUAGES
        for slug in slugs(language)
        for snippet in _in_guide(language, slug)
    }
    return list(found.values())


def _in_guide(language: str, slug: str) -> Iterator[Snippet]:
    file = resources.files("rates_api.pages.guides") / language / f"{slug}.md"
    tokens = MarkdownIt("commonmark").enable("table").parse(file.read_text(encoding="utf-8"))
    blocks = [token for token in tokens if token.type in ("fence", "heading_open")]
    name = f"{language}/{slug}"
    for block, following in pairwise([*blocks, None]):
        if block is None or block.type != "fence" or block.info in ("csv", "text"):
            continue
        if block.info == "json":
            yield Snippet(name, "json", block.content, None)
            continue
        is_answer = following is not None and following.info in ANSWERS
        shown = (following.info, following.content) if following and is_answer else None
        yield Snippet(name, block.info, block.content, shown)


def run(snippet: Snippet, address: str, folder: Path) -> str:
    """Return what an example prints, or what the address in its formula answers."""
    code = snippet.code
    if snippet.language in ("sheets", "excel"):
        return _ask(_address(code).replace(PLACEHOLDER, address))
    if snippet.language == "powerquery":
        return _ask(_power_query(code, address))
    code = code.replace(PLACEHOLDER, address)
    if "EventSource" in code:
        return _first_lines(snippet, _command("js", code, folder))
    done = subprocess.run(
        _command(snippet.language, code, folder),
        cwd=folder,
        env={**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "USDMXN_URL": address},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _command(language: str, code: str, folder: Path) -> list[str]:
    if language == "sh":
        # A reader's curl says how far it is, and quietly shows problems, too.
        return ["bash", "-euc", code.replace("curl '", "curl -sS '")]
    endings = {"python": "py", "js": "mjs"}
    file = folder / f"example.{endings[language]}"
    file.write_text(code, encoding="utf-8")
    interpreter = [sys.executable] if language == "python" else [str(NODE), "--no-warnings"]
    options = ["--experimental-eventsource"] if "EventSource" in code else []
    return [*interpreter, *options, str(file)]


def _first_lines(snippet: Snippet, command: list[str]) -> str:
    """Return as many lines of an example without an end as the guide shows of it."""
    assert snippet.shown is not None
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ending = Timer(SECONDS, process.kill)
        ending.start()
        lines = [process.stdout.readline() for _ in snippet.shown[1].splitlines()]
        ending.cancel()
        process.kill()
    return "".join(lines)


def _ask(url: str) -> str:
    answer = httpx.get(url, timeout=SECONDS)
    assert answer.status_code == 200, answer.text
    return answer.text


def _address(formula: str) -> str:
    """Return the address that a formula asks, with the cells' values in it."""
    for cell, value in CELLS:
        formula = cell.sub(value, formula)
    found = ADDRESS.search(formula)
    assert found is not None, formula
    return found[0]


def _power_query(code: str, address: str) -> str:
    found = POWER_QUERY.search(code)
    assert found is not None, code
    query = dict(re.findall(r'(\w+) = "([^"]*)"', found[2]))
    return f"{address}/{found[1]}?{urlencode(query)}"


def agrees(shown: tuple[str, str], answer: str) -> bool:
    """Tell whether an answer is as a guide shows it."""
    language, text = shown
    if language == "json":
        return is_part(json.loads(text), json.loads(answer))
    return text.splitlines() == answer.splitlines()


def is_part(shown: Any, whole: Any) -> bool:
    """Tell whether `shown` is a part of `whole`: some members of objects, the first of lists."""
    if shown == ELLIPSIS:
        return isinstance(whole, str)
    if isinstance(shown, Mapping):
        return (
            bool(shown or not whole)
            and isinstance(whole, Mapping)
            and all(
                name in whole and is_part(member, whole[name]) for name, member in shown.items()
            )
        )
    if isinstance(shown, list):
        enough = isinstance(whole, list) and bool(shown or not whole) and len(whole) >= len(shown)
        return enough and all(is_part(*pair) for pair in zip(shown, whole, strict=False))
    return type(shown) is type(whole) and bool(shown == whole)
