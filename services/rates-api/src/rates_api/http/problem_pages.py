"""The page behind the `type` of every problem: what it means, for people who follow the link."""

import dataclasses
import html
import re
from typing import Annotated

from rates_api.http.parameters import Parameter, Query
from rates_api.http.problems import PROBLEMS, Refused

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{title}</title>
<h1>{title}</h1>
<p>Status {status}, code <code>{code}</code>.</p>
<p>{explanation}</p>
<p><a href="/api/v1">What this API can be asked</a></p>
</html>
"""


def _read_code(text: str) -> str:
    if text not in PROBLEMS:
        raise Refused("not-found", "There is no such problem.", known=tuple(PROBLEMS))
    return text


CODE = Parameter(
    "code",
    "The `code` of a problem.",
    "a code",
    _read_code,
    {"type": "string", "enum": [*PROBLEMS]},
)


@dataclasses.dataclass(frozen=True)
class PageQuery(Query):
    """Which problem is to be explained."""

    code: Annotated[str, CODE]


def page(code: str) -> bytes:
    """Return the page of a known `code`."""
    problem = PROBLEMS[code]
    explanation = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(problem.explanation))
    return PAGE.format(
        title=html.escape(problem.title), status=problem.status, code=code, explanation=explanation
    ).encode()
