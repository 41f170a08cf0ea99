"""Puts a study into `docs/capacity.md`, between its markers, and the plots beside it."""

import re
from collections.abc import Callable
from pathlib import Path

from bench.capacity import tables
from bench.capacity.figures import figures
from bench.capacity.findings import findings
from bench.capacity.study import Study

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "capacity.md"
BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n).*?(\n<!-- end -->)", re.DOTALL)
BLOCKS: dict[str, Callable[[Study], str]] = {
    "inputs": tables.inputs,
    "required": tables.required,
    "rules": tables.rules,
    "better": tables.better,
    "needs": tables.needs,
    "costs": tables.costs,
    "findings": findings,
    "plots": tables.plots,
}


def blocks(study: Study) -> dict[str, str]:
    """Return the generated parts by name, in the order in which the command prints them."""
    return {name: make(study) for name, make in BLOCKS.items()}


def filled(text: str, made: dict[str, str]) -> str:
    """Return the page with each marked part replaced.

    :raises ValueError: the page and the parts don't name the same blocks, once each.
    """
    marked = [name for _, name, _ in BLOCK.findall(text)]
    if sorted(marked) != sorted(made):
        raise ValueError(f"marked {sorted(marked)}, made {sorted(made)}")
    return BLOCK.sub(lambda found: f"{found[1]}\n{made[found[2]]}\n{found[3]}", text)


def write(study: Study, page: Path = PAGE) -> None:
    """Write the page's parts and, in a folder of its name, the plots."""
    page.write_text(filled(page.read_text("utf-8"), blocks(study)), "utf-8")
    folder = page.with_suffix("")
    folder.mkdir(exist_ok=True)
    for name, document in figures(study).items():
        (folder / f"{name}.svg").write_text(document, "utf-8")
