"""The cost page shows what its script computes."""

import importlib.util
import itertools
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
TERRAFORM = ROOT / "deploy" / "terraform"


@pytest.fixture
def model() -> ModuleType:
    """The assumptions, loaded by their path."""
    spec = importlib.util.spec_from_file_location("cost_model", TERRAFORM / "cost_model.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look up their annotations
    spec.loader.exec_module(module)
    return module


def test_the_page_has_the_output_of_the_script() -> None:
    """The tables between the page's markers are the script's output."""
    done = subprocess.run(
        [sys.executable, TERRAFORM / "cost.py"], capture_output=True, text=True, check=True
    )
    page = (ROOT / "docs" / "cost.md").read_text(encoding="utf-8")
    _, _, after = page.partition("<!-- cost: begin -->")
    tables, _, _ = after.partition("<!-- cost: end -->")
    assert tables.strip() == done.stdout.strip()


def test_every_price_is_used(model: ModuleType) -> None:
    """Every price changes the bill."""
    load = model.Load(model.PEAKS[0])
    before = sum(dollars for _, dollars in model.items(load))
    for name, price in list(model.PRICES.items()):
        model.PRICES[name] = price * 2
        assert sum(dollars for _, dollars in model.items(load)) > before, name
        model.PRICES[name] = price


def test_more_requests_cost_more(model: ModuleType) -> None:
    """No item gets cheaper with the load, and the edge gets more expensive."""
    bills = [dict(model.items(model.Load(peak))) for peak in model.PEAKS]
    for smaller, larger in itertools.pairwise(bills):
        assert all(larger[name] >= smaller[name] for name in smaller)
        assert larger["CloudFront: requests"] > smaller["CloudFront: requests"]


def test_labels_are_counted_as_metrics(model: ModuleType) -> None:
    """A label with three values makes three metrics; two labels multiply."""
    alone = {"dimensions": ["environment", "service"]}
    states = {"dimensions": ["environment", "service", "state"]}
    routes = {"dimensions": ["environment", "service", "route", "status"]}
    assert model.series([alone]) == 1
    assert model.series([states]) == 3
    assert model.series([alone, routes]) == 1 + 12 * 4
