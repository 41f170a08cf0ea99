"""The tables of docs/cost.md: what a month on AWS costs, for three sizes of the platform.

    python deploy/terraform/cost.py            print the tables
    python deploy/terraform/cost.py --write    write them to the page

Whole dollars at list prices, without free tiers, taxes or discounts. A test compares page and
script.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cost_model import PEAKS, PER, PRICES, USAGE, Load, items

PAGE = Path(__file__).parents[2] / "docs" / "cost.md"

Row = tuple[str, list[str]]


def tables() -> str:
    """Return the page's tables: the loads, their bills with the largest items first, the prices."""
    loads = [Load(peak) for peak in PEAKS]
    return f"{_load_table(loads)}\n\n{_bill(loads)}\n\n{_prices()}\n"


def written(page: str) -> str:
    """Return `page` with the tables between its markers."""
    between = re.compile(r"(?<=<!-- cost: begin -->\n).*(?=<!-- cost: end -->)", re.DOTALL)
    return between.sub(lambda _: f"\n{tables()}\n", page)


def _load_table(loads: list[Load]) -> str:
    rows = [
        ("requests a month, millions", [_whole(load.requests) for load in loads]),
        ("of these at the balancer", [_whole(load.origin_requests) for load in loads]),
        ("requests/s at the balancer, peak", [_whole(load.origin_peak) for load in loads]),
        ("instances of rates-api, peak", [_whole(load.peak_instances) for load in loads]),
        ("instances of rates-api, average", [f"{load.instances:.1f}" for load in loads]),
        ("GB to clients", [_whole(load.gigabytes) for load in loads]),
    ]
    return _table("", loads, rows)


def _bill(loads: list[Load]) -> str:
    bills = [dict(items(load)) for load in loads]
    totals = [sum(bill.values()) for bill in bills]
    names = sorted(bills[0], key=lambda name: -bills[0][name])
    rows = [(name, [_whole(bill[name]) for bill in bills]) for name in names]
    rows.append(("**total**", [f"**{_whole(dollars)}**" for dollars in totals]))
    per_million = zip(totals, loads, strict=True)
    rows.append(
        ("a million requests", [f"{dollars / load.requests:.2f}" for dollars, load in per_million])
    )
    return _table("dollars a month", loads, rows)


def _prices() -> str:
    rows = [f"| {name} | {price:g} |" for name, price in PRICES.items()]
    return "\n".join(["| price | dollars |", "|---|---:|", *rows])


def _table(corner: str, loads: list[Load], rows: list[Row]) -> str:
    head = " | ".join(f"{load.peak:,}/s" for load in loads)
    lines = [f"| {corner} | {head} |", "|---|" + "---:|" * len(loads)]
    return "\n".join(lines + [f"| {name} | {' | '.join(cells)} |" for name, cells in rows])


def _whole(number: float) -> str:
    return f"{number:,.0f}"


def differences(price_list: dict[str, Any]) -> Iterator[str]:
    """Yield what a price list of one service says otherwise, or does not have."""
    for name, (service, usage) in USAGE.items():
        if service != price_list["offerCode"]:
            continue
        listed = {round(dollars * _units(name), 9) for dollars in _on_demand(price_list, usage)}
        if not listed:
            yield f"{name}: the list has no {usage}"
        elif PRICES[name] not in listed:
            others = ", ".join(f"{one:g}" for one in sorted(listed))
            yield f"{name}: {PRICES[name]:g} here, {others} listed"


def _units(name: str) -> float:
    return next((units for word, units in PER.items() if word in name), 1)


def _on_demand(price_list: dict[str, Any], usage: str) -> Iterator[float]:
    """Yield the prices of a usage type's first tier; several products may share it."""
    for sku, product in price_list["products"].items():
        if product["attributes"].get("usagetype") == usage:
            for term in price_list["terms"]["OnDemand"].get(sku, {}).values():
                for dimension in term["priceDimensions"].values():
                    if dimension.get("beginRange", "0") == "0":
                        yield float(dimension["pricePerUnit"]["USD"])


def _check(files: list[Path]) -> int:
    found = [
        line for file in files for line in differences(json.loads(file.read_text(encoding="utf-8")))
    ]
    print("\n".join(found) or "every price is the list's")
    return 1 if found else 0


def main() -> None:
    """Print the tables, write them into the page, or compare the prices with AWS's lists."""
    parser = argparse.ArgumentParser(description="What a month on AWS costs.")
    parser.add_argument("--write", action="store_true", help="write the tables into docs/cost.md")
    parser.add_argument("--check", nargs="+", type=Path, metavar="FILE", help="AWS's price lists")
    arguments = parser.parse_args()
    if arguments.check:
        sys.exit(_check(arguments.check))
    if arguments.write:
        PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        print(tables())


if __name__ == "__main__":
    main()
