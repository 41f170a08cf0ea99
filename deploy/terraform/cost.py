"""The tables of docs/cost.md: what a month on AWS costs, for three sizes of the platform.

    python deploy/terraform/cost.py            print the tables
    python deploy/terraform/cost.py --write    write them to the page

Whole dollars at list prices, without free tiers, taxes or discounts. A test compares page and
script.
"""

import argparse
import re
from pathlib import Path

from cost_model import PEAKS, PRICES, Load, items

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


def main() -> None:
    """Print the tables, or write them to the page."""
    parser = argparse.ArgumentParser(description="What a month on AWS costs.")
    parser.add_argument("--write", action="store_true", help="write the tables to docs/cost.md")
    if parser.parse_args().write:
        PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        print(tables())


if __name__ == "__main__":
    main()
