"""Loads the record in memory by path, since test folders are no packages."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def fakes() -> ModuleType:
    """Give the record in memory, its stream and its database."""
    spec = importlib.util.spec_from_file_location(
        "rates_api_record", Path(__file__).parent / "record.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
