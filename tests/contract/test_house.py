"""The house rules that no linter knows: sizes, names, defaults, docstrings (`docs/adr/0015`)."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = {"rates-sync": "services/rates-sync/src", "rates-api": "services/rates-api/src"}
LIBRARIES = {name: f"libs/{name}/src" for name in ("contracts", "telemetry", "client")}
PACKAGES = {**SERVICES, **LIBRARIES}
EVERYTHING = (*PACKAGES.values(), "tools/banxico-simulator/src", "tools/dev/src", "bench")
MAX_MODULES = 15
CALLER = re.compile(
    r"\b(called|asked|used|run|started|built|read|made|imported) (at \w+ )?by `"
    r"|`[\w. ]+`(,| and)? (calls|runs|asks|uses|opens|builds|hands|starts|reads) (it|them|this)\b",
    re.IGNORECASE,
)

NUMERIC_DEFAULTS = {
    "recorder.Additions.new": "nothing was recorded",
    "recorder.Additions.corrections": "nothing was recorded",
    "request_counters.RequestTotals.hits": "nothing was counted",
    "request_counters.RequestTotals.misses": "nothing was counted",
    "stream.Tail.length": "there is no stream",
    "request_counters.record.hits": "most answers are not found in the cache",
    "response.render.status": "HTTP's word for an answer",
    "response.render.edge_seconds": "protocol rule 21: an hour, where nothing shortens it",
    "changes.ChangesQuery.limit": "the API's own default, in its documentation",
    "convert.ConvertQuery.scale": "the API's own default, in its documentation",
    "engine.translated.seconds": "a transaction's deadline; a migration's is longer",
    "upstream.Answer.age": "no cache held the answer",
    "aws.__init__.deadline": "how long AWS may take for a call",
}
"""Every default for a number outside of the settings, and why it is one: none is configurable."""

pytestmark = pytest.mark.contract


def sources(*trees: str) -> Iterator[tuple[Path, ast.Module]]:
    """Yield every module of `trees` that is no test."""
    for tree in trees:
        for path in sorted((ROOT / tree).rglob("*.py")):
            if {"tests", ".venv"}.isdisjoint(path.relative_to(ROOT / tree).parts):
                yield path.relative_to(ROOT), ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("tree", PACKAGES.values(), ids=PACKAGES)
def test_no_package_has_more_modules_than_a_reader_can_hold(tree: str) -> None:
    """A package has at most 15 modules, its `__init__` not counted."""
    folders = {path.parent for path in (ROOT / tree).rglob("*.py")}
    sizes = {
        folder.relative_to(ROOT).as_posix(): len(
            set(folder.glob("*.py")) - {folder / "__init__.py"}
        )
        for folder in folders
    }
    assert {name: size for name, size in sizes.items() if size > MAX_MODULES} == {}


@pytest.mark.parametrize("tree", PACKAGES.values(), ids=PACKAGES)
def test_a_class_name_stands_for_one_thing(tree: str) -> None:
    """No two classes or type aliases of a package share a name."""
    places = defaultdict(list)
    for path, module in sources(tree):
        for name in _type_names(module):
            places[name].append(path.as_posix())
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def _type_names(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef):
            yield node.name
    for node in module.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)]) if re.match(r"[A-Z]+[a-z]", name):
                yield name


def test_only_the_settings_have_defaults_for_numbers() -> None:
    """No parameter or field of a service defaults to a number, but for those listed above."""
    found = {
        f"{path.stem}.{owner}.{name}"
        for tree in SERVICES.values()
        for path, module in sources(tree)
        if path.stem != "settings"
        for owner, name, value in _defaults(module)
        if _is_number(value, path.relative_to(tree))
    }
    assert found == set(NUMERIC_DEFAULTS)


def _defaults(module: ast.Module) -> Iterator[tuple[str, str, ast.expr]]:
    """Yield (function or class, parameter or field, default)."""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            positional = [*node.args.posonlyargs, *node.args.args][::-1]
            pairs = [
                *zip(positional, node.args.defaults[::-1], strict=False),
                *zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True),
            ]
            yield from ((node.name, arg.arg, value) for arg, value in pairs if value is not None)
        elif isinstance(node, ast.ClassDef):
            for field in node.body:
                match field:
                    case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                        yield node.name, name, value


def _is_number(node: ast.expr, path: Path) -> bool:
    """Tell whether a default is a number or a duration; a name is looked up in its module."""
    value: object = None
    match node:
        case ast.Constant(value=constant):
            value = constant
        case ast.Call(func=ast.Name(id="timedelta" | "Decimal")):
            return True
        case ast.Name(id=name) if name.isupper():
            value = getattr(import_module(".".join(path.with_suffix("").parts)), name)
    return isinstance(value, int | float | timedelta | Decimal) and not isinstance(value, bool)


@pytest.mark.parametrize("tree", EVERYTHING)
def test_no_docstring_names_its_caller(tree: str) -> None:
    """A docstring says what a thing does; who calls it is what changes first."""
    found = [
        f"{path}: {match[0]}"
        for path, module in sources(tree)
        for text in _docstrings(module)
        if (match := CALLER.search(text))
    ]
    assert found == []


def _docstrings(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""


@pytest.mark.parametrize("tree", EVERYTHING)
def test_names_are_the_trades(tree: str) -> None:
    """No `one` for a value, and bounds are `MAX_` and `MIN_`."""
    found = [
        f"{path}: {name}"
        for path, module in sources(tree)
        for node in ast.walk(module)
        if (name := _bound_name(node))
        and re.fullmatch(r"one|_?(MOST|LEAST|LONGEST|SHORTEST)_\w+", name)
    ]
    assert found == []


def _bound_name(node: ast.AST) -> str | None:
    match node:
        case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
            return name
    return None
