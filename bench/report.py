"""What sections hand over, and how it is shown: in the terminal, as Markdown, as JSON."""

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bench.latency import Figure

Cells = Sequence[str]


@dataclasses.dataclass(frozen=True)
class Table:
    """One table for people; `notes` stand below it, a line each."""

    title: str
    header: Cells
    rows: Sequence[Cells]
    notes: Sequence[str] = ()


@dataclasses.dataclass(frozen=True)
class Section:
    """What one part of the run found: tables for people, figures for targets and machines.

    `points` are further data for machines and the plot.
    """

    tables: Sequence[Table]
    figures: Mapping[str, Figure]
    points: Sequence[Mapping[str, Any]] = ()


def as_text(table: Table) -> str:
    """Return the table with aligned columns, the first to the left, the others to the right."""
    lines = [table.header, *table.rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(table.header))]
    ruled = ["-" * width for width in widths]
    aligned = [_aligned(line, widths) for line in (table.header, ruled, *table.rows)]
    return "\n".join([table.title, "", *aligned, *table.notes, ""])


def as_markdown(table: Table) -> str:
    """Return the table as GitHub shows it."""
    rule = ["---", *(["---:"] * (len(table.header) - 1))]
    lines = [f"| {' | '.join(cells)} |" for cells in (table.header, rule, *table.rows)]
    notes = [part for note in table.notes for part in ("", note)]
    return "\n".join([f"## {table.title}", "", *lines, *notes, ""])


def as_json(about: Mapping[str, str], sections: Mapping[str, Section]) -> str:
    """Return everything for machines."""
    document = {
        "about": dict(about),
        "sections": {
            name: {"figures": section.figures, "points": section.points}
            for name, section in sections.items()
        },
    }
    return json.dumps(document, indent=2, default=dataclasses.asdict)


def figures_of(sections: Iterable[Section]) -> dict[str, Figure]:
    """Return the figures of all sections."""
    return {key: figure for section in sections for key, figure in section.figures.items()}


def _aligned(cells: Cells, widths: Sequence[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    columns = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
    return "  " + "  ".join(columns).rstrip()
