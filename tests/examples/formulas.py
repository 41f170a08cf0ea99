"""Formulas of the examples' READMEs: the addresses that they write, without computing them.

No interpreter of Excel's or Sheets' formulas is at hand. What a cell gives is put in by hand, and
what joins it to an address is text and `&` alone, or the formula is refused.
"""

import re
from collections.abc import Mapping
from pathlib import Path

EXAMPLE = "https://rates.example.mx"
"""The address that stands for a reader's own service."""
SPANISH = {
    "VALOR.NUMERO": "NUMBERVALUE",
    "LIMPIAR": "CLEAN",
    "SERVICIOWEB": "WEBSERVICE",
    "TEXTO": "TEXT",
    "AÑO": "YEAR",
    "MES": "MONTH",
    "DIA": "DAY",
}
"""What Excel's functions are called in Spanish (Microsoft's documentation of each)."""


def formulas(page: Path, language: str) -> list[str]:
    """Return the formulas in a page's blocks of a language."""
    blocks = re.findall(
        rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    return [line for block in blocks for line in block.splitlines()]


def in_english(formula: str) -> str:
    """Return a formula as Excel in English has it: its names, and `,` between arguments."""
    named = re.sub(r"[A-ZÑ.]+(?=\()", lambda name: SPANISH.get(name[0], name[0]), formula)
    return re.sub(r'"[^"]*"|;', lambda part: "," if part[0] == ";" else part[0], named)


def request(formula: str, function: str, cells: Mapping[str, str]) -> str:
    """Return path and query that a formula asks for; `cells` are expressions and their values."""
    rest = formula.partition(f"{function}(")[2]
    written = ""
    while True:
        [text, rest] = _next_part(rest, cells)
        written += text
        if not rest.startswith("&"):
            break
        rest = rest[1:]
    assert rest[0] in ");,", rest
    assert written.startswith(EXAMPLE), written
    return written.removeprefix(EXAMPLE)


def _next_part(rest: str, cells: Mapping[str, str]) -> tuple[str, str]:
    if literal := re.match(r'"([^"]*)"', rest):
        return literal[1], rest[literal.end() :]
    [expression] = (known for known in cells if rest.startswith(known))
    return cells[expression], rest.removeprefix(expression)
