"""A fake of what Frappe 15 with ERPNext gives an app: site config, documents, defaults, error log.

A Currency Exchange record is named, checked and looked up as ERPNext does it: its name is made of
day, currencies and use, and `get_exchange_rate` takes the newest record not after the day. Read in
ERPNext's `setup/doctype/currency_exchange/currency_exchange.py` and `setup/utils.py`.
"""

from datetime import date
from decimal import Decimal
from types import ModuleType, SimpleNamespace
from typing import Any

NINE_PLACES = Decimal("1e-9")


class Row(dict[str, Any]):
    """A row, whose members are also attributes."""

    def __getattr__(self, name: str) -> Any:
        return self[name]


class Document:
    """A Currency Exchange record in memory until it is inserted or saved."""

    def __init__(self, site: "Host", values: dict[str, Any]) -> None:
        self.__dict__.update(values)
        self._site, self._values = site, values

    def insert(self, *, ignore_permissions: bool) -> None:
        """Add it; people's permissions don't count for a job."""
        assert ignore_permissions
        use = {(1, 1): "Selling-Buying", (1, 0): "Buying", (0, 1): "Selling"}
        flags = use[self._values["for_buying"], self._values["for_selling"]]
        name = f"{self._values['date']}-USD-MXN-{flags}"
        assert name not in self._site.records, f"Duplicate entry {name}"
        self._site.records[name] = Row()
        self._store(name)

    def save(self, *, ignore_permissions: bool) -> None:
        """Write it."""
        assert ignore_permissions
        self._store(self._values["name"])

    def _store(self, name: str) -> None:
        changed = {field: self.__dict__[field] for field in self._values}
        assert isinstance(changed["exchange_rate"], float)
        assert changed["exchange_rate"] > 0
        rounded = Decimal(repr(changed["exchange_rate"])).quantize(NINE_PLACES)
        self._site.records[name].update(changed, name=name, exchange_rate=float(rounded))
        self._site.writes += 1


class Host:
    """A site: `conf` is its site_config.json, `errors` its Error Log."""

    app: ModuleType

    def __init__(self) -> None:
        self.records: dict[str, Row] = {}
        self.globals: dict[str, str] = {}
        self.errors: list[str] = []
        self.conf: dict[str, Any] = {}
        self.writes = 0
        frappe: Any = ModuleType("frappe")
        frappe.conf = self.conf
        frappe.db = SimpleNamespace(
            get_global=self.globals.get,
            set_global=self.globals.__setitem__,
            exists=lambda doctype, filters: bool(self.get_all(doctype, filters, ["name"])),
        )
        frappe.get_all = self.get_all
        frappe.get_doc = self.get_doc
        frappe.log_error = lambda *, title, message: self.errors.append(message)
        frappe.logger = lambda name: SimpleNamespace(info=lambda text: None)

        self.frappe = frappe

    def get_all(self, doctype: str, filters: dict[str, Any], fields: list[str]) -> list[Row]:
        """Return the members of the records that fit."""
        assert doctype == "Currency Exchange"
        return [
            Row({field: record[field] for field in fields})
            for record in self.records.values()
            if all(_holds(record[field], value) for field, value in filters.items())
        ]

    def get_doc(self, first: Any, name: str = "") -> Document:
        """Return a record by its name, or a new one."""
        return Document(self, first if isinstance(first, dict) else dict(self.records[name]))

    def exchange_rate(self, day: date, use: str) -> float:
        """Return what ERPNext's documents of that day get, for_buying or for_selling."""
        fitting = [row for row in self.records.values() if row.date <= day and row[use]]
        rate: float = max(fitting, key=lambda row: row.date).exchange_rate
        return rate


def _holds(found: Any, wanted: Any) -> bool:
    return found in wanted[1] if isinstance(wanted, list) else bool(found == wanted)
