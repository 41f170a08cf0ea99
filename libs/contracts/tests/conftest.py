"""Loads the samples by path, since test folders are no packages."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def samples() -> ModuleType:
    """Give the samples of everything that travels."""
    spec = importlib.util.spec_from_file_location(
        "contract_samples", Path(__file__).parent / "samples.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
