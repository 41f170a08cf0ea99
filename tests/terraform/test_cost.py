"""The cost page shows what its script computes."""

import itertools
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from rates_api.endpoints import ENDPOINTS
from rates_api.pages.endpoints import PAGES
from support.modules import load_module

ROOT = Path(__file__).parents[2]
TERRAFORM = ROOT / "deploy" / "terraform"


@pytest.fixture
def model() -> ModuleType:
    """The assumptions, loaded by their path."""
    return load_module(TERRAFORM / "cost_model.py")


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
    assert model.series([alone, routes]) == 1 + model.SERIES["route"] * 4


def test_every_route_is_counted(model: ModuleType) -> None:
    """Each endpoint and each page is a metric, and so is what meets none."""
    assert model.SERIES["route"] == len(ENDPOINTS) + len(PAGES) + 1


def test_every_price_can_be_looked_up(model: ModuleType) -> None:
    """By service and usage type of AWS's price lists."""
    assert model.USAGE.keys() == model.PRICES.keys()


def test_what_is_counted_is_what_is_there(model: ModuleType) -> None:
    """Rules, secrets, keys, endpoints, alarms and gigabytes as Terraform has them."""
    text = {path: path.read_text(encoding="utf-8") for path in sorted(TERRAFORM.glob("**/*.tf"))}
    module = TERRAFORM / "modules"
    firewall = text[module / "edge/firewall.tf"]
    assert 1 + len(re.findall(r"^    AWSManaged", firewall, re.MULTILINE)) == model.WAF_RULES
    assert f"volume_size           = {model.VOLUME_GB}" in text[module / "service/main.tf"]
    [endpoints] = re.findall(
        r'variable "interface_endpoints".*?default = \[(.*?)\]',
        text[module / "network/variables.tf"],
        re.DOTALL,
    )
    assert endpoints.count('"') // 2 == model.ENDPOINTS
    keys = text[TERRAFORM / "platform/keys.tf"]
    assert len(re.findall(r"^      description = ", keys, re.MULTILINE)) == model.KEYS
    secrets = re.findall(r'^    \w+ += "', text[TERRAFORM / "platform/secrets.tf"], re.MULTILINE)
    # By hand; the database's users and Redis'; the master's.
    assert len(secrets) + 2 + 2 + 1 == model.SECRETS


def listed(model: ModuleType, service: str, **other: float) -> dict[str, object]:
    """Return a price list of a service with our prices, but for `other`."""
    products: dict[str, object] = {}
    terms: dict[str, object] = {}
    for number, (name, (of_service, usage)) in enumerate(model.USAGE.items()):
        if of_service == service:
            price = other.get(usage, model.PRICES[name] / (1e6 if "million" in name else 1))
            products[str(number)] = {"attributes": {"usagetype": usage}}
            tier = {"beginRange": "0", "pricePerUnit": {"USD": f"{price:.10f}"}}
            more = {"beginRange": "100", "pricePerUnit": {"USD": "0.001"}}
            terms[str(number)] = {"t": {"priceDimensions": {"a": tier, "b": more}}}
    return {"offerCode": service, "products": products, "terms": {"OnDemand": terms}}


def check(tmp_path: Path, price_list: dict[str, object]) -> tuple[int, str]:
    """Run the script with a price list."""
    file = tmp_path / "index.json"
    file.write_text(json.dumps(price_list), encoding="utf-8")
    command = [sys.executable, str(TERRAFORM / "cost.py"), "--check", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_prices_are_held_against_a_list(model: ModuleType, tmp_path: Path) -> None:
    """One that differs is named with both, one that is missing too; the first tier counts."""
    assert check(tmp_path, listed(model, "AmazonVPC")) == (0, "every price is the list's\n")
    assert check(tmp_path, listed(model, "AmazonCloudFront"))[0] == 0
    status, said = check(tmp_path, listed(model, "AWSELB", LCUUsage=0.01))
    assert (status, said) == (1, "load balancer, unit and hour: 0.008 here, 0.01 listed\n")
    empty: dict[str, object] = {"offerCode": "AWSELB", "products": {}, "terms": {"OnDemand": {}}}
    assert "the list has no LCUUsage" in check(tmp_path, empty)[1]
