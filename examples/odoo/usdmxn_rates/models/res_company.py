"""Writes the rates of a company's other currency, USD or MXN, as the service records them.

Odoo keeps a float of foreign units per company unit, `rate`, and computes both directions from it.
Here a rate is a Decimal up to the call that hands it over, and is given in the direction in which
Banco de México publishes it, pesos per dollar.
"""

import logging
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from odoo import api, fields, models

from ..changes import Feed, FeedError, Misconfigured, follow

_logger = logging.getLogger(__name__)

MEXICO_CITY = ZoneInfo("America/Mexico_City")
PESOS_PER_DOLLAR = {"MXN": ("USD", "inverse_company_rate"), "USD": ("MXN", "company_rate")}
"""By the company's currency: the other one, and the field of its rate that is pesos per dollar."""
SIX_PLACES = Decimal("0.000001")
"""More than Banco de México publishes, far fewer than a float's error would show in."""


class ResCompany(models.Model):
    """A company, with where its USD/MXN comes from and how the last update went."""

    _inherit = "res.company"

    usdmxn_base_url = fields.Char("Dirección del servicio")
    usdmxn_kind = fields.Selection(
        [
            ("settlement", "Vigente: el que se aplica ese día (CFF 20)"),
            ("fix", "FIX: el que se determinó ese día"),
        ],
        "Tipo de cambio",
        default="settlement",
        required=True,
    )
    usdmxn_allow_simulator = fields.Boolean("Aceptar un simulador (solo para pruebas)")
    usdmxn_bookmark = fields.Char(copy=False, readonly=True)
    usdmxn_status = fields.Char("Última lectura", copy=False, readonly=True)

    @api.model
    def _usdmxn_update_all(self) -> None:
        """Update every company with an address; only one without a parent may own rates."""
        for company in self.search([("usdmxn_base_url", "!=", False), ("parent_id", "=", False)]):
            company._usdmxn_update()

    def _usdmxn_update(self) -> None:
        """Write what is new or corrected. If it can't be read, keep all rates and say why."""
        self.ensure_one()
        try:
            said = self._usdmxn_follow()
        except FeedError as error:
            _logger.warning("USD/MXN of %s: %s", self.name, error)
            said = str(error)
        self.usdmxn_status = f"{_mexico_now():%Y-%m-%d %H:%M}: {said}"

    def _usdmxn_follow(self) -> str:
        """Write page by page, each with its bookmark; return what was done in a sentence."""
        currency, field = self._usdmxn_target()
        kind, base_url = self.usdmxn_kind, self.usdmxn_base_url.strip().rstrip("/")
        feed = Feed(base_url, kind, self.usdmxn_allow_simulator)
        new = 0
        corrected: list[str] = []
        for page in follow(feed, self.usdmxn_bookmark or None):
            added, rewritten = self._usdmxn_write(currency, field, page.rates)
            new, corrected = new + added, corrected + rewritten
            self.usdmxn_bookmark = page.bookmark
        return " ".join([_summary(new, corrected), *self._usdmxn_lack(currency, kind)])

    def _usdmxn_target(self) -> tuple[Any, str]:
        """Return the currency whose rates are written, and the field. Raises `Misconfigured`."""
        name = self.currency_id.name
        if name not in PESOS_PER_DOLLAR:
            raise Misconfigured(f"La moneda de la compañía es {name}: se necesita MXN o USD.")
        other, field = PESOS_PER_DOLLAR[name]
        currency = self.env["res.currency"].search([("name", "=", other)], limit=1)
        if not currency:
            raise Misconfigured(f"La moneda {other} no está activa en Odoo: actívela.")
        return currency, field

    def _usdmxn_write(
        self, currency: Any, field: str, rates: Mapping[date, Decimal]
    ) -> tuple[int, list[str]]:
        """Write the days that Odoo lacks or has otherwise; return how many, and what changed."""
        owner = {"currency_id": currency.id, "company_id": self.id}
        rows = self._usdmxn_rates(currency, [("name", "in", list(rates))])
        known = set(rows.mapped("name"))
        new = [
            {**owner, "name": day, field: float(rate)}
            for day, rate in rates.items()
            if day not in known
        ]
        self.env["res.currency.rate"].create(new)
        return len(new), [text for row in rows for text in _corrected(row, field, rates[row.name])]

    def _usdmxn_rates(self, currency: Any, where: list[Any], **how: Any) -> Any:
        """Return this company's rates of the currency."""
        owned = [("currency_id", "=", currency.id), ("company_id", "=", self.id)]
        return self.env["res.currency.rate"].search([*owned, *where], **how)

    def _usdmxn_lack(self, currency: Any, kind: str) -> list[str]:
        """Say that Odoo would go on with an old rate: each day has a settlement rate, not a FIX."""
        today = _mexico_now().date()
        newest = self._usdmxn_rates(currency, [], order="name desc", limit=1)
        if kind != "settlement" or (newest and newest.name >= today):
            return []
        return [f"¡Falta el de hoy, {today}! Odoo usa el último que tiene."]


def _mexico_now() -> datetime:
    """Return the wall time in Mexico City; Odoo's own is UTC without saying so."""
    now: datetime = fields.Datetime.now()
    return now.replace(tzinfo=ZoneInfo("UTC")).astimezone(MEXICO_CITY)


def _corrected(row: Any, field: str, rate: Decimal) -> list[str]:
    """Write `rate` if Odoo has another one for the day, and say so."""
    old = Decimal(repr(row[field])).quantize(SIX_PLACES).normalize()
    if old == rate:
        return []
    row.write({field: float(rate)})
    _logger.info("USD/MXN of %s: %s is now %s", row.name, old, rate)
    return [f"{row.name} ({old} → {rate})"]


def _summary(new: int, corrected: list[str]) -> str:
    """Name the first corrections; Odoo's log has all of them."""
    named = f": {', '.join(corrected[:5])}" if corrected else ""
    return f"{new} nuevos, {len(corrected)} corregidos{named}."
