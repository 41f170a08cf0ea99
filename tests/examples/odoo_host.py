"""A fake of what Odoo 17 and 18 give an addon: models, records, searches, in memory.

Of `res.currency.rate` it has what matters here: one `rate` is stored, a float of foreign units per
company unit, and both directions are computed from it; a company and a day have one rate; branches
have none. Read in Odoo's `odoo/addons/base/models/res_currency.py`.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from types import ModuleType, SimpleNamespace, new_class
from typing import Any

REGISTRY: dict[str, list[type]] = defaultdict(list)
"""The classes of each model, the host's own first."""


class Field:
    """A member of a model; `related` is not followed, since nothing here reads the form."""

    def __init__(self, *_: Any, default: Any = False, **options: Any) -> None:
        self.default, self.options = default, options

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, records: Any, owner: type) -> Any:
        return self if records is None else records.values().get(self.name, self.default)

    def __set__(self, records: Any, value: Any) -> None:
        records.write({self.name: value})


class Model:
    """A recordset."""

    _name = _inherit = ""

    def __init_subclass__(cls, *, composed: bool = False) -> None:
        if not composed:
            REGISTRY[cls._inherit or cls._name].append(cls)

    def __init__(self, env: Any, model: str, ids: tuple[int, ...] = ()) -> None:
        self.env, self.model, self.ids = env, model, ids

    def __iter__(self) -> Iterator[Any]:
        return (self.browse(number) for number in self.ids)

    def __len__(self) -> int:
        return len(self.ids)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Model) and (self.model, self.ids) == (other.model, other.ids)

    def __hash__(self) -> int:
        return hash((self.model, self.ids))

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)

    @property
    def id(self) -> int:
        return self.ids[0]

    def ensure_one(self) -> None:
        assert len(self.ids) == 1

    def values(self) -> dict[str, Any]:
        self.ensure_one()
        row: dict[str, Any] = self.env.tables[self.model][self.id]
        return row

    def browse(self, *ids: int) -> Any:
        return type(self)(self.env, self.model, ids)

    def mapped(self, name: str) -> list[Any]:
        return [record[name] for record in self]

    def search(self, domain: list[Any], order: str = "id", limit: int | None = None) -> Any:
        field, _, direction = order.partition(" ")
        found = [
            record for record in self.browse(*self.env.tables[self.model]) if _fits(record, domain)
        ]
        found.sort(key=lambda record: record[field], reverse=direction == "desc")
        return self.browse(*(record.id for record in found[:limit]))

    def create(self, rows: Any) -> Any:
        numbers = []
        for row in [rows] if isinstance(rows, dict) else rows:
            table = self.env.tables[self.model]
            numbers.append(len(table) + 1)
            table[numbers[-1]] = {}
            self.browse(numbers[-1]).write(row)
        return self.browse(*numbers)

    def write(self, row: dict[str, Any]) -> None:
        for record in self:
            self.env.tables[self.model][record.id].update(row)


def _fits(record: Any, domain: list[Any]) -> bool:
    if not getattr(record, "active", True):
        return False
    return all(_holds(record[name], operator, value) for name, operator, value in domain)


def _holds(found: Any, operator: str, value: Any) -> bool:
    found = found.id if isinstance(found, Model) else found
    if operator == "in":
        return found in value
    return bool(found == value) is (operator == "=")


class Currency(Model):
    """A currency."""

    _name = "res.currency"
    name = Field()
    active = Field(default=True)


class Company(Model):
    """A company."""

    _name = "res.company"
    name = Field()
    currency_id = Field()
    parent_id = Field()


class CurrencyRate(Model):
    """A rate, which counts for the last rate of the company's own currency: 1, it has none."""

    _name = "res.currency.rate"
    name = Field()
    rate = Field()
    currency_id = Field()
    company_id = Field()

    @property
    def company_rate(self) -> float:
        return float(self.rate) / 1.0

    @property
    def inverse_company_rate(self) -> float:
        return 1.0 / self.company_rate

    def write(self, row: dict[str, Any]) -> None:
        row = dict(row)
        self.env.writes += 1
        if "inverse_company_rate" in row:
            row["company_rate"] = 1.0 / row.pop("inverse_company_rate")
        if "company_rate" in row:
            row["rate"] = row.pop("company_rate") * 1.0
        assert isinstance(row["rate"], float)
        assert row["rate"] > 0
        super().write(row)
        self._check()

    def _check(self) -> None:
        assert not self.env["res.company"].browse(self.company_id).parent_id
        key = (self.name, self.currency_id, self.company_id)
        assert self.env.owners.setdefault(key, self.id) == self.id, "Only one rate per day allowed!"


class Environment:
    """All records, whose each rate's day is, and how often a rate was written."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[int, dict[str, Any]]] = defaultdict(dict)
        self.owners: dict[tuple[Any, ...], int] = {}
        self.writes = 0

    def __getitem__(self, model: str) -> Any:
        """Return an empty recordset of a model, whose last addition comes first."""
        bases = tuple(reversed(REGISTRY[model]))
        made: Any = new_class("Composed", bases, {"composed": True})
        return made(self, model)


class Host:
    """An Odoo: `odoo` to import from, `env` to work in, `now` the time in UTC."""

    addon: ModuleType

    def __init__(self, now: datetime) -> None:
        self.now, self.env = now, Environment()
        self.modules = {
            name: ModuleType(name) for name in ("odoo", "odoo.api", "odoo.models", "odoo.fields")
        }
        odoo: Any = self.modules["odoo"]
        odoo.api = SimpleNamespace(model=lambda method: method)
        odoo.models = SimpleNamespace(Model=Model, TransientModel=Model)
        odoo.fields = SimpleNamespace(
            Char=Field, Selection=Field, Boolean=Field, Datetime=SimpleNamespace(now=self.utc)
        )
        self.odoo = odoo
        for name in ("USD", "MXN", "EUR"):
            self.env["res.currency"].create({"name": name})

    def utc(self) -> datetime:
        """Return the time as Odoo does: UTC that doesn't say so."""
        return self.now.astimezone(UTC).replace(tzinfo=None)

    def currency(self, name: str) -> Any:
        """Return a currency, also one that is not active."""
        return next(row for row in self.env["res.currency"].browse(1, 2, 3) if row.name == name)

    def company(self, currency: str = "MXN", **values: Any) -> Any:
        """Return a new company, set up for the settlement rate."""
        row = {"name": "ACME", "currency_id": self.currency(currency), "usdmxn_kind": "settlement"}
        return self.env["res.company"].create(row | values)

    def update(self) -> None:
        """Run the scheduled job."""
        self.env["res.company"]._usdmxn_update_all()
