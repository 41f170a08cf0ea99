"""What is installed of rates-api is what the repository has."""

import zipfile
from pathlib import Path

import pytest
from flit_core.wheel import make_wheel_in

from rates_api.about import openapi_document

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "docs" / "api" / "openapi-v1.json"
SERVICE = ROOT / "services" / "rates-api"

pytestmark = pytest.mark.contract


def test_a_wheel_holds_the_golden(tmp_path: Path) -> None:
    """Wherever it is installed, the service answers with the document of this repository."""
    made = make_wheel_in(SERVICE / "pyproject.toml", tmp_path)
    with zipfile.ZipFile(made.file) as wheel:
        held = wheel.read(f"rates_api/about/{openapi_document.NAME}")
    assert held == GOLDEN.read_bytes()


def test_there_is_no_copy_of_the_golden() -> None:
    """The documentation links to the package's file, which can't differ from itself."""
    assert GOLDEN.is_symlink()
    assert GOLDEN.resolve() == SERVICE / "src" / "rates_api" / "about" / openapi_document.NAME
