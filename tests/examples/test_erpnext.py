"""The app of `examples/erpnext` in a fake Frappe, on the real API."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from rates_contracts.observation import SETTLEMENT
from support.modules import load_module

EXAMPLES = Path(__file__).parents[2] / "examples"
APP = EXAMPLES / "erpnext/usdmxn_rates"
CORRECTED = date(2026, 8, 11)


@pytest.fixture
def update(erpnext: Any, api: Any, world: Any) -> Callable[[], None]:
    """Give the job that the scheduler runs, found as `hooks.py` names it; today is 14 August."""
    erpnext.conf["usdmxn_base_url"] = f"{api.url}/"
    [path] = load_module(APP / "hooks.py").scheduler_events["hourly_long"]
    package, module, function = path.split(".")
    assert package == erpnext.app.__name__
    job = getattr(load_submodule(erpnext.app, module), function)
    return lambda: job(lambda: world.TODAY)


def load_submodule(package: Any, name: str) -> Any:
    """Return a module of a package that was loaded by its path."""
    return import_module(f"{package.__name__}.{name}")


def stored(erpnext: Any) -> dict[date, Decimal]:
    """Return each day's rate."""
    return {row.date: Decimal(repr(row.exchange_rate)) for row in erpnext.records.values()}


def test_every_day_gets_the_rate_in_force(erpnext: Any, update: Any, world: Any) -> None:
    """A record a day, for buying and selling, exact to the digit; a Sunday finds its own."""
    update()
    until = date(2026, 8, 17)
    settlement = {day: Decimal(rate) for day, rate in world.settlement().items() if day <= until}
    assert stored(erpnext) == settlement
    assert {(row.for_buying, row.for_selling) for row in erpnext.records.values()} == {(1, 1)}
    assert erpnext.exchange_rate(date(2026, 8, 16), "for_selling") == 17.053
    assert erpnext.errors == []


def test_a_second_run_reads_on_and_writes_nothing(erpnext: Any, update: Any, api: Any) -> None:
    """Without news a run is one request with the cursor."""
    update()
    written = erpnext.writes
    update()
    assert erpnext.writes == written
    assert "cursor=" in api.asked[-1]


def test_all_again_changes_nothing(erpnext: Any, update: Any) -> None:
    """Without its bookmark the job reads everything anew, and finds it written."""
    update()
    written = erpnext.writes
    erpnext.globals.clear()
    update()
    assert erpnext.writes == written


def test_a_corrected_day_is_written_anew(erpnext: Any, update: Any, api: Any, world: Any) -> None:
    """The day's record has the corrected rate, and what was published is added."""
    update()
    written = erpnext.writes
    api.publish((SETTLEMENT, CORRECTED, "17.2000"))
    update()
    assert stored(erpnext)[CORRECTED] == Decimal("17.2")
    assert date(2026, 8, 18) in stored(erpnext)
    assert erpnext.writes == written + 2


def test_records_that_people_made_are_kept_and_set(erpnext: Any, update: Any, world: Any) -> None:
    """A day with a record for buying alone gets its rate there, and one for selling beside it."""
    mine = {"date": CORRECTED, "from_currency": "USD", "to_currency": "MXN", "exchange_rate": 18.5}
    erpnext.get_doc(mine | {"for_buying": 1, "for_selling": 0}).insert(ignore_permissions=True)
    update()
    rows = [row for row in erpnext.records.values() if row.date == CORRECTED]
    assert [(row.for_buying, row.for_selling) for row in rows] == [(1, 0), (0, 1)]
    assert {row.exchange_rate for row in rows} == {float(world.settlement()[CORRECTED])}


def test_the_fix_comes_by_its_own_day(erpnext: Any, update: Any, world: Any) -> None:
    """With usdmxn_kind=fix banking days have a record, and today's absence is no error."""
    erpnext.conf["usdmxn_kind"] = "fix"
    update()
    fix = {day: Decimal(rate) for day, rate in world.fix().items() if day <= world.NEWEST}
    assert stored(erpnext) == fix
    assert erpnext.errors == []


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (429, "{}", "recibe demasiadas consultas; se intentará más tarde."),
        (503, "{}", "no tiene datos ahora; se intentará más tarde."),
        (200, "<html>", "contestó algo que no son tipos de cambio; se intentará más tarde."),
        (422, "{}", "rechazó la consulta (422): revise los ajustes."),
    ],
)
def test_trouble_keeps_the_records_and_is_tried_again(
    erpnext: Any, update: Any, api: Any, status: int, body: str, sentence: str
) -> None:
    """The Error Log has one sentence, no record changes, and the next run has what was missed."""
    update()
    before = stored(erpnext)
    api.publish((SETTLEMENT, CORRECTED, "17.2000"))
    api.disorder.append((status, body))
    update()
    assert erpnext.errors == [f"{api.url} {sentence}"]
    assert stored(erpnext) == before
    update()
    assert stored(erpnext)[CORRECTED] == Decimal("17.2")


def test_what_is_not_set_up_is_said(erpnext: Any, update: Any, api: Any, nobody: str) -> None:
    """No address, nobody at the address, and a simulator, each in a sentence and no record."""
    del erpnext.conf["usdmxn_base_url"]
    update()
    erpnext.conf["usdmxn_base_url"] = nobody
    update()
    api.simulate()
    erpnext.conf["usdmxn_base_url"] = api.url
    update()
    assert erpnext.errors == [
        "Falta usdmxn_base_url en site_config.json.",
        f"{nobody} no responde; se intentará más tarde.",
        f"{api.url} da datos de un simulador: no se guardó ninguno.",
    ]
    assert erpnext.records == {}
    erpnext.conf["usdmxn_allow_simulator"] = 1
    update()
    assert erpnext.exchange_rate(date(2026, 8, 14), "for_buying") == 17.0627


def test_a_missing_day_is_said_loudly(erpnext: Any, api: Any) -> None:
    """ERPNext goes on with its newest record: where today's is lacking the Error Log says so."""
    erpnext.conf["usdmxn_base_url"] = api.url
    load_submodule(erpnext.app, "currency_exchange").update(lambda: date(2026, 8, 18))
    assert erpnext.errors == ["¡Falta el tipo de cambio de hoy, 2026-08-18! ERPNext usa el último."]


def test_the_custom_provider_would_refuse_what_the_api_answers(api: Any) -> None:
    """ERPNext's form asks with USD→INR and wants a JSON number: neither is this API's."""
    assert api.get("/api/v1/convert?from=USD&to=INR&amount=1").status_code == 422
    assert not isinstance(api.get("/api/v1/rates/current").json()["rate"], int | float)


def test_both_examples_follow_changes_alike() -> None:
    """`changes.py` is one file that lies in two installations."""
    ours = (APP / "changes.py").read_bytes()
    assert ours == (EXAMPLES / "odoo/usdmxn_rates/changes.py").read_bytes()


def test_the_app_is_laid_out_as_frappe_expects() -> None:
    """The module that `modules.txt` names has its package."""
    [module] = (APP / "modules.txt").read_text(encoding="utf-8").split("\n")[:-1]
    assert (APP / module.lower().replace(" ", "_") / "__init__.py").is_file()
    assert load_module(APP / "hooks.py").app_name == APP.name
