"""Writes the tree of ARCHITECTURE.md from the modules' own first sentences: `python` this file.

A contract test compares the page with the disk, so that no module is missing or left over.
"""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "ARCHITECTURE.md"
BEGIN, END = "<!-- tree: python tests/contract/architecture.py -->", "<!-- end of tree -->"
PACKAGES = {
    "services/rates-sync": "asks Banxico, records, announces",
    "services/rates-api": "answers clients from memory",
    "libs/contracts": "what the two promise each other",
    "libs/telemetry": "set-up of logs, traces and metrics",
    "libs/client": "the API for Python and the command line, for anybody to install",
    "tools/banxico-simulator": "Banxico's API over the real FIX, with switches for faults",
    "tools/dev": "behind ./dev: the platform and the tests on one machine",
}
NAME_WIDTH = 22


def tree() -> str:
    """Return a block per package: its folders and modules, a line each."""
    blocks = [_block(package, words) for package, words in PACKAGES.items()]
    return f"{BEGIN}\n\n" + "\n\n".join(blocks) + f"\n\n{END}"


def expected(text: str) -> str:
    """Return what the page should be: its words, and the tree of the disk."""
    before, _, rest = text.partition(BEGIN)
    return before + tree() + rest.partition(END)[2]


def _block(package: str, words: str) -> str:
    source = next((ROOT / package / "src").glob("*/__init__.py")).parent
    where = source.relative_to(ROOT).as_posix()
    lines = [f"### {package}: {words}", "", "```", f"{where}/", *_folder(source, 1), "```"]
    return "\n".join(lines)


def _folder(folder: Path, depth: int) -> list[str]:
    """Return the modules of `folder` first, then its folders."""
    lines = [
        _line(path.stem, path, depth)
        for path in sorted(folder.glob("*.py"))
        if path.name != "__init__.py"
    ]
    for inner in sorted(path.parent for path in folder.glob("*/__init__.py")):
        lines.append(_line(f"{inner.name}/", inner / "__init__.py", depth))
        lines += _folder(inner, depth + 1)
    return lines


def _line(name: str, path: Path, depth: int) -> str:
    indented = f"{'  ' * depth}{name}"
    return f"{indented:<{NAME_WIDTH + 2}}{_first_sentence(path)}".rstrip()


def _first_sentence(path: Path) -> str:
    words = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    paragraph = " ".join(words.split("\n\n")[0].split())
    return paragraph.partition(". ")[0].rstrip(".")


if __name__ == "__main__":
    PAGE.write_text(expected(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
