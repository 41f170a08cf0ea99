"""Shortens a recorded answer to what a reader needs: the same form, fewer rows."""

import dataclasses
import json
from typing import Any

MAX_ITEMS, MAX_LINES, WIDTH = 2, 6, 76
"""Of a list, of a text, and of a line of JSON."""


@dataclasses.dataclass(frozen=True)
class Excerpt:
    """The text of an answer; `is_whole` unless rows of it were left out. JSON stays valid."""

    text: str
    is_whole: bool


def excerpt(value: Any, media_type: str) -> Excerpt:
    """Return an excerpt of an answer, as text or as JSON's values."""
    if isinstance(value, str):
        return _of_markup(value) if "xml" in media_type else _of_text(value)
    short = _shortened(value)
    return Excerpt(to_json(short), short == value)


def _of_text(text: str) -> Excerpt:
    lines = text.splitlines()
    return Excerpt("\n".join(lines[:MAX_LINES]), len(lines) <= MAX_LINES)


def _of_markup(text: str) -> Excerpt:
    """Keep the first entry of a feed, and its end."""
    first, end, rest = text.partition("</entry>")
    if "<entry>" not in rest:
        return Excerpt(text, is_whole=True)
    return Excerpt(first + end + rest[rest.rindex("</entry>") + len(end) :], is_whole=False)


def _shortened(value: Any) -> Any:
    if isinstance(value, list):
        return [_shortened(item) for item in value[:MAX_ITEMS]]
    if isinstance(value, dict):
        return {name: _shortened(item) for name, item in value.items()}
    return value


def to_json(value: Any, indent: str = "") -> str:
    """Return `value` as JSON in which whatever fits into a line stands in one."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(flat) <= WIDTH or not isinstance(value, dict | list):
        return flat
    deeper = indent + "  "
    if isinstance(value, dict):
        items = [f"{json.dumps(name)}: {to_json(item, deeper)}" for name, item in value.items()]
    else:
        items = [to_json(item, deeper) for item in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    body = ",\n".join(deeper + item for item in items)
    return f"{opening}\n{body}\n{indent}{closing}"
