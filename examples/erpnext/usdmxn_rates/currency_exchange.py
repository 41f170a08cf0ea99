"""Keeps a Currency Exchange record USD→MXN for each day, for buying and for selling.

A rate is a Decimal up to the document, whose `exchange_rate` is a float that MariaDB stores with
nine places: Banco de México's four to six come through.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import frappe

from .changes import Feed, FeedError, Misconfigured, follow

BOOKMARK = "usdmxn_rates_bookmark"
"""The global default in which the place in the changes is kept."""
DOCTYPE = "Currency Exchange"
PAIR = {"from_currency": "USD", "to_currency": "MXN"}
TITLE = "USD/MXN de Banco de México"
NINE_PLACES = Decimal("1e-9")


def today_in_mexico_city() -> date:
    """Return the day whose rate is in force now."""
    return datetime.now(ZoneInfo("America/Mexico_City")).date()


def update(today: Callable[[], date] = today_in_mexico_city) -> None:
    """Write what is new or corrected. If it can't be read, keep all records and log why."""
    try:
        feed = _feed()
        for page in follow(feed, frappe.db.get_global(BOOKMARK)):
            _write(page.rates)
            frappe.db.set_global(BOOKMARK, page.bookmark)
        _require(today(), feed)
    except FeedError as error:
        frappe.log_error(title=TITLE, message=str(error))


def _feed() -> Feed:
    """Return what `site_config.json` names. Raises `Misconfigured`."""
    base_url, kind = frappe.conf.get("usdmxn_base_url"), frappe.conf.get("usdmxn_kind")
    if not base_url:
        raise Misconfigured("Falta usdmxn_base_url en site_config.json.")
    allowed = bool(frappe.conf.get("usdmxn_allow_simulator"))
    return Feed(base_url.rstrip("/"), kind or "settlement", allowed)


def _write(rates: Mapping[date, Decimal]) -> None:
    """Give every record of each day its rate, and each day one for buying and for selling."""
    records = defaultdict(list)
    for row in _existing(list(rates)):
        records[row.date].append(row)
    for day, rate in rates.items():
        for row in records[day]:
            _correct(row, rate)
        _add(day, rate, records[day])


def _existing(days: list[date]) -> Any:
    fields = ["name", "date", "exchange_rate", "for_buying", "for_selling"]
    return frappe.get_all(DOCTYPE, filters={**PAIR, "date": ["in", days]}, fields=fields)


def _correct(row: Any, rate: Decimal) -> None:
    if Decimal(repr(row.exchange_rate)).quantize(NINE_PLACES) == rate:
        return
    document = frappe.get_doc(DOCTYPE, row.name)
    document.exchange_rate = float(rate)
    document.save(ignore_permissions=True)
    frappe.logger("usdmxn_rates").info(f"{row.name}: {row.exchange_rate} is now {rate}")


def _add(day: date, rate: Decimal, records: list[Any]) -> None:
    """Add what the day's records don't cover: people may have one for each by themselves."""
    uses = {use: not any(row[use] for row in records) for use in ("for_buying", "for_selling")}
    if any(uses.values()):
        flags = {use: int(wanted) for use, wanted in uses.items()}
        record = {"doctype": DOCTYPE, **PAIR, "date": day, "exchange_rate": float(rate), **flags}
        frappe.get_doc(record).insert(ignore_permissions=True)


def _require(today: date, feed: Feed) -> None:
    """Raise `FeedError` if ERPNext would go on with an old settlement rate: every day has one."""
    if feed.kind == "settlement" and not frappe.db.exists(DOCTYPE, {**PAIR, "date": today}):
        raise FeedError(f"¡Falta el tipo de cambio de hoy, {today}! ERPNext usa el último.")
