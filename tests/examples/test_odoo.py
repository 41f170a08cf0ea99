"""The addon of `examples/odoo` in a fake Odoo, on the real API."""

import ast
import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from rates_contracts.observation import SETTLEMENT

ADDON = Path(__file__).parents[2] / "examples/odoo/usdmxn_rates"
CORRECTED = date(2026, 8, 11)


def stored(odoo: Any, field: str = "inverse_company_rate") -> dict[date, Decimal]:
    """Return what Odoo shows of each day's rate at six places."""
    rows = odoo.env["res.currency.rate"].search([])
    return {row.name: Decimal(f"{row[field]:.6f}").normalize() for row in rows}


def published(rows: dict[date, str], until: date) -> dict[date, Decimal]:
    """Return the published values up to a day."""
    return {day: Decimal(rate).normalize() for day, rate in rows.items() if day <= until}


def test_every_day_gets_the_rate_in_force(odoo: Any, api: Any, world: Any) -> None:
    """All settlement rates are written in pesos per dollar, days ahead and Sundays included."""
    company = odoo.company(usdmxn_base_url=f" {api.url}/ ")
    odoo.update()
    assert stored(odoo) == published(world.settlement(), date(2026, 8, 17))
    assert stored(odoo)[date(2026, 8, 16)] == Decimal("17.053")
    rates = odoo.env["res.currency.rate"].search([])
    assert set(rates.mapped("currency_id")) == {odoo.currency("USD").id}
    assert company.usdmxn_status == "2026-08-14 10:00: 2421 nuevos, 0 corregidos."


def test_a_company_in_dollars_gets_pesos(odoo: Any, api: Any, world: Any) -> None:
    """Its other currency is the peso, and pesos per dollar are the other direction of it."""
    odoo.company("USD", usdmxn_base_url=api.url)
    odoo.update()
    assert stored(odoo, "company_rate") == published(world.settlement(), date(2026, 8, 17))
    rates = odoo.env["res.currency.rate"].search([])
    assert set(rates.mapped("currency_id")) == {odoo.currency("MXN").id}


def test_the_fix_comes_by_its_own_day(odoo: Any, api: Any, world: Any) -> None:
    """With kind=fix banking days have a rate, over more than one page of changes."""
    odoo.company(usdmxn_base_url=api.url, usdmxn_kind="fix")
    odoo.update()
    assert stored(odoo) == published(world.fix(), world.NEWEST)
    assert len(api.asked) == 2


def test_a_second_run_reads_on_and_writes_nothing(odoo: Any, api: Any) -> None:
    """Without news a run is one request with the cursor, and no rate is touched."""
    company = odoo.company(usdmxn_base_url=api.url)
    odoo.update()
    written = odoo.env.writes
    odoo.update()
    assert odoo.env.writes == written
    assert "cursor=" in api.asked[-1]
    assert company.usdmxn_status.endswith(": 0 nuevos, 0 corregidos.")


def test_a_corrected_day_is_written_anew(odoo: Any, api: Any, world: Any) -> None:
    """What Banxico publishes and corrects reaches Odoo, and the status names the correction."""
    company = odoo.company(usdmxn_base_url=api.url)
    odoo.update()
    written = odoo.env.writes
    api.publish((SETTLEMENT, CORRECTED, "17.2000"))
    odoo.update()
    assert stored(odoo)[CORRECTED] == Decimal("17.2")
    assert (
        stored(odoo)[date(2026, 8, 18)]
        == Decimal(world.settlement()[date(2026, 8, 18)]).normalize()
    )
    assert odoo.env.writes == written + 2
    assert company.usdmxn_status.endswith("1 nuevos, 1 corregidos: 2026-08-11 (17.1387 → 17.2000).")


def test_what_people_typed_stays_until_the_day_is_corrected(odoo: Any, api: Any) -> None:
    """A run without news of a day leaves what somebody put there."""
    odoo.company(usdmxn_base_url=api.url)
    odoo.update()
    [row] = odoo.env["res.currency.rate"].search([("name", "=", CORRECTED)])
    row.write({"inverse_company_rate": 18.5})
    odoo.update()
    assert stored(odoo)[CORRECTED] == Decimal("18.5")
    api.publish((SETTLEMENT, CORRECTED, "17.2000"))
    odoo.update()
    assert stored(odoo)[CORRECTED] == Decimal("17.2")


def test_another_kind_begins_anew(odoo: Any, api: Any, world: Any) -> None:
    """A bookmark counts for its address and kind alone: the new kind overwrites its days."""
    company = odoo.company(usdmxn_base_url=api.url)
    odoo.update()
    company.usdmxn_kind = "fix"
    odoo.update()
    assert stored(odoo)[world.NEWEST] == Decimal("17.053")


def test_a_restored_record_is_read_from_its_beginning(odoo: Any, api: Any, world: Any) -> None:
    """A cursor of another timeline is answered with everything, which changes nothing here."""
    company = odoo.company(usdmxn_base_url=api.url)
    odoo.update()
    company.usdmxn_bookmark = company.usdmxn_bookmark.replace('"1-', '"7-')
    written = odoo.env.writes
    odoo.update()
    assert stored(odoo) == published(world.settlement(), date(2026, 8, 17))
    assert odoo.env.writes == written


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (429, "{}", "recibe demasiadas consultas; se intentará más tarde."),
        (503, "{}", "no tiene datos ahora; se intentará más tarde."),
        (200, "<html>", "contestó algo que no son tipos de cambio; se intentará más tarde."),
        (200, "[]", "contestó algo que no son tipos de cambio; se intentará más tarde."),
        (
            200,
            '{"source": "", "next": "", "changes": [{"date": "2026-08-11", "rate": "NaN"}]}',
            "contestó algo que no son tipos de cambio; se intentará más tarde.",
        ),
        (404, "{}", "rechazó la consulta (404): revise los ajustes."),
    ],
)
def test_trouble_keeps_the_rates_and_is_tried_again(
    odoo: Any, api: Any, status: int, body: str, sentence: str
) -> None:
    """The status has one sentence, no rate changes, and the next run has what was missed."""
    company = odoo.company(usdmxn_base_url=api.url)
    odoo.update()
    before = stored(odoo)
    api.publish((SETTLEMENT, CORRECTED, "17.2000"))
    api.disorder.append((status, body))
    odoo.update()
    assert company.usdmxn_status == f"2026-08-14 10:00: {api.url} {sentence}"
    assert stored(odoo) == before
    odoo.update()
    assert stored(odoo)[CORRECTED] == Decimal("17.2")


def test_a_page_that_came_is_kept(odoo: Any, api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the third page fails the first two stay, and the next run goes on after them."""
    monkeypatch.setattr(odoo.addon.changes, "MAX_ROWS", 1000)
    odoo.company(usdmxn_base_url=api.url)
    good = api.answer
    monkeypatch.setattr(
        api, "answer", lambda request: good(request) if len(api.asked) != 2 else _away(api, request)
    )
    odoo.update()
    assert len(stored(odoo)) == 2000
    odoo.update()
    assert len(stored(odoo)) == 2421
    assert len(api.asked) == 4


def test_nobody_there_is_said(odoo: Any, nobody: str) -> None:
    """An address at which nobody answers, and one that is none, are said in a sentence."""
    away = odoo.company(usdmxn_base_url=nobody)
    wrong = odoo.company(usdmxn_base_url="rates.example.mx")
    odoo.update()
    assert away.usdmxn_status.endswith(f"{nobody} no responde; se intentará más tarde.")
    assert wrong.usdmxn_status.endswith("rates.example.mx no es una dirección: escriba https://…")


def test_a_simulators_rates_stay_out_of_the_books(odoo: Any, api: Any) -> None:
    """Unless they are allowed, nothing of them is written."""
    api.simulate()
    company = odoo.company(usdmxn_base_url=api.url)
    odoo.update()
    assert stored(odoo) == {}
    assert company.usdmxn_status.endswith("da datos de un simulador: no se guardó ninguno.")
    company.usdmxn_allow_simulator = True
    odoo.update()
    assert len(stored(odoo)) == 2421


def test_companies_that_can_have_no_rates_say_so(odoo: Any, api: Any) -> None:
    """A company in euros, and one whose dollar is not active in Odoo."""
    euros = odoo.company("EUR", usdmxn_base_url=api.url)
    odoo.currency("USD").active = False
    pesos = odoo.company(usdmxn_base_url=api.url)
    odoo.update()
    assert euros.usdmxn_status.endswith("La moneda de la compañía es EUR: se necesita MXN o USD.")
    assert pesos.usdmxn_status.endswith("La moneda USD no está activa en Odoo: actívela.")
    assert api.asked == []


def test_branches_and_companies_without_an_address_are_left_alone(odoo: Any, api: Any) -> None:
    """Rates belong to main companies; whoever has no address asks nobody."""
    main = odoo.company()
    odoo.company(parent_id=main, usdmxn_base_url=api.url)
    odoo.update()
    assert api.asked == []
    assert stored(odoo) == {}


def test_a_missing_day_is_said_loudly(odoo: Any, api: Any) -> None:
    """Odoo goes on with its newest rate: where today's is lacking the status says so."""
    company = odoo.company(usdmxn_base_url=api.url)
    odoo.now += timedelta(days=4)
    odoo.update()
    assert company.usdmxn_status.endswith(
        "¡Falta el de hoy, 2026-08-18! Odoo usa el último que tiene."
    )


def test_the_addon_names_what_it_has() -> None:
    """The manifest's files are there; the job's method and the form's fields are the models'."""
    manifest = ast.literal_eval((ADDON / "__manifest__.py").read_text(encoding="utf-8"))
    company = (ADDON / "models/res_company.py").read_text(encoding="utf-8")
    form = (ADDON / "models/res_config_settings.py").read_text(encoding="utf-8")
    cron, view = (ElementTree.parse(ADDON / name) for name in manifest["data"])
    [code] = (field.text or "" for field in cron.iter("field") if field.get("name") == "code")
    assert f"def {code.removeprefix('model.').removesuffix('()')}(self)" in company
    shown = {str(field.get("name")) for field in view.iter("field")} - {
        "name",
        "model",
        "inherit_id",
        "arch",
    }
    assert shown == set(re.findall(r"^    (usdmxn_\w+) = ", form, re.MULTILINE))
    assert shown < set(re.findall(r"^    (usdmxn_\w+) = ", company, re.MULTILINE))


def _away(api: Any, request: str) -> tuple[int, str, bytes]:
    api.asked.append(request)
    return 503, "application/json", b"{}"
