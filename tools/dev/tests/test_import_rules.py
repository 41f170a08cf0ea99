"""The import rule of our own."""

import pytest
from grimp import ImportGraph

from rates_dev.import_rules import AllowedContract


@pytest.fixture
def contract() -> AllowedContract:
    """The contracts may import msgspec."""
    options = {"package": "rates_contracts", "allowed": ["msgspec"]}
    return AllowedContract("contracts", {"root_packages": ["rates_contracts"]}, options)


def graph(imported: str) -> ImportGraph:
    """Return a package of which one module imports `imported`."""
    made = ImportGraph()
    for module in ("rates_contracts", "rates_contracts.events"):
        made.add_module(module)
    made.add_module(imported, is_squashed=True)
    made.add_import(importer="rates_contracts.events", imported=imported)
    return made


@pytest.mark.parametrize("imported", ["msgspec", "decimal"])
def test_the_allowed_and_the_standard_library_pass(
    contract: AllowedContract, imported: str
) -> None:
    """What is listed, and what comes with Python, may be imported."""
    assert contract.check(graph(imported), verbose=False).kept


def test_anything_else_is_named(contract: AllowedContract) -> None:
    """An import beyond that is told with the module that makes it."""
    check = contract.check(graph("litestar"), verbose=False)
    assert check.metadata["found"] == ["rates_contracts.events imports litestar"]
