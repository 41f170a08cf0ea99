"""The custom functions of `examples/sheets`, in Node with a fake of Sheets, on the real API."""

import json
import random
import re
import subprocess
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from support.modules import load_module
from support.toolbox import NODE

HERE = Path(__file__).parent
SCRIPT = HERE.parents[1] / "examples/sheets/Code.gs"
README = SCRIPT.with_name("README.md")
MEXICO = "America/Mexico_City"
written = load_module(HERE / "formulas.py")
CELLS = {
    'TEXT(A2; "yyyy-mm-dd")': "2026-08-14",
    'TEXTJOIN(","; TRUE; ARRAYFORMULA(TEXT(FILTER(A2:A; A2:A<>""); "yyyy-mm-dd")))': (
        "2026-08-14,2099-01-01"
    ),
}


def sheet(url: str, *calls: Any, zone: str = MEXICO, allow_simulator: bool = False) -> list[Any]:
    """Return what the cells show, for calls [name, argument, …] in one spreadsheet."""
    given = {
        "script": str(SCRIPT),
        "base_url": url,
        "allow_simulator": allow_simulator,
        "zone": zone,
        "calls": calls,
    }
    done = subprocess.run(
        [NODE, HERE / "sheets_host.mjs"],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    shown: list[Any] = json.loads(done.stdout)
    return shown


def cell(day: str, zone: str = MEXICO) -> dict[str, str]:
    """Return a date cell: midnight in the spreadsheet's zone."""
    return {"$date": datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).isoformat()}


def test_a_day_has_the_rate_of_its_purpose(api: Any) -> None:
    """An invoice of the Sunday gets what was in force, the FIX is the last banking day's."""
    sunday = "2026-08-09"
    shown = sheet(
        api.url,
        ["USDMXN", sunday, "factura"],
        ["USDMXN", sunday, "vigente", "texto"],
        ["USDMXN", sunday, "fix", "texto"],
        ["USDMXN", sunday, "dof", "número"],
    )
    assert shown == [17.2195, "17.2195", "17.1387", 17.2195]


def test_text_keeps_the_digits_as_published(api: Any) -> None:
    """A rate that ends in zero keeps it as text."""
    assert sheet(api.url, ["USDMXN", "2026-08-13", "fix", "texto"]) == ["17.0530"]


@pytest.mark.parametrize("zone", ["America/Tijuana", MEXICO, "America/Cancun", "UTC"])
def test_a_date_is_a_day_of_the_spreadsheet(api: Any, zone: str) -> None:
    """Whatever the zone of the spreadsheet, its 14 August is the 14th."""
    call = ["USDMXN", cell("2026-08-14", zone), "factura", "texto"]
    assert sheet(api.url, call, zone=zone) == ["17.0627"]


def test_a_column_is_a_few_requests_that_google_lets_through(api: Any) -> None:
    """A year of dates, some twice, is asked for once each, in addresses below Google's limit."""
    days = [date(2025, 8, 1) + timedelta(n) for n in range(370)]
    column = [[cell(day.isoformat())] for day in [*days, *days[:30]]]
    [shown] = sheet(api.url, ["USDMXN", column, "factura", "texto"])
    settlement = api.world.settlement()
    assert [row[0] for row in shown] == [settlement[day] for day in days + days[:30]]
    assert len(api.asked) == 3


def test_what_is_known_is_not_asked_again(api: Any) -> None:
    """A second formula asks for the day that the first one had no rate for, and no other."""
    column = [["2026-08-13"], ["2026-08-14"]]
    sheet(api.url, ["USDMXN", column, "fix"], ["USDMXN", column, "fix"])
    assert [request.rpartition("dates=")[2] for request in api.asked] == [
        "2026-08-13,2026-08-14",
        "2026-08-14",
    ]


def test_a_range_says_in_each_cell_what_is_wrong_there(api: Any) -> None:
    """Blank cells stay blank, and a bad date spoils no other."""
    column = [["2026-08-13"], [""], ["13/08/2026"], ["2026-02-30"], ["1980-01-01"], ["2099-01-01"]]
    [shown] = sheet(api.url, ["USDMXN", [*column, ["2026-08-14"], [46000]], "fix"])
    first, blank, slashes, february, early, future, today, number = [row[0] for row in shown]
    assert (first, blank) == (17.053, "")
    assert slashes.startswith('USDMXN: "13/08/2026" no es una fecha')
    assert february.startswith('USDMXN: "2026-02-30" no es una fecha')
    assert number.startswith('USDMXN: "46000" no es una fecha')
    assert early == "USDMXN: no hay tipo de cambio de 1980-01-01: el primero es de 1991"
    assert future == "USDMXN: el de 2099-01-01 aún no se conoce"
    assert today == "USDMXN: el de 2026-08-14 aún no se publica; se espera a las 12:00 (México)"


def test_a_purpose_is_asked_for(api: Any) -> None:
    """Without a purpose there is no rate, nor where only a policy or a contract decides."""
    nothing, closing, odd, form = sheet(
        api.url,
        ["USDMXN", "2026-08-13"],
        ["USDMXN", "2026-08-13", "cierre"],
        ["USDMXN", "2026-08-13", "constructor"],
        ["USDMXN", "2026-08-13", "fix", "bonito"],
    )
    assert nothing.startswith("USDMXN: diga para qué")
    assert closing.startswith('USDMXN: para "cierre" decide su política contable')
    assert odd.startswith("USDMXN: diga para qué")
    assert form == 'USDMXN: la forma es "numero" o "texto"'
    assert api.asked == []


def test_each_purpose_has_the_kind_that_the_api_names(api: Any) -> None:
    """The script's purposes are those of the day sheet, each with its kind's rate of the Friday."""
    sheet_of_friday = api.get("/api/v1/days/2026-08-07").json()
    for use in sheet_of_friday["use"]:
        [shown] = sheet(api.url, ["USDMXN", "2026-08-07", use["purpose"], "texto"])
        if use["kind"]:
            assert shown == sheet_of_friday[use["kind"]]["rate"]
        else:
            assert shown.startswith(f'USDMXN: para "{use["purpose"]}" decide')


def test_amounts_are_converted_as_the_api_does(api: Any) -> None:
    """Both ways, negative ones and ties included, to the cent of /api/v1/convert."""
    draw = random.Random(20260814)
    amounts = [f"{draw.randrange(10**9) / 100:.2f}" for _ in range(40)]
    amounts += ["0", "-0.001", "0.005", "-1234.565", "999999999999999.999999", "1250.5"]
    day = "2024-01-02"
    for source, target in (("USD", "MXN"), ("MXN", "USD")):
        column = [[amount] for amount in amounts]
        call = ["USDMXN_CONVERT", column, day, "fix", source, "texto"]
        [shown] = sheet(api.url, call)
        query = f"/api/v1/convert?from={source}&to={target}&date={day}&kind=fix&amount="
        expected = [api.get(query + amount).json()["result"] for amount in amounts]
        assert [row[0] for row in shown] == expected


def test_amounts_of_cells_are_what_sheets_shows(api: Any) -> None:
    """A sum that floating point blurs in its 17th digit is the amount that is shown."""
    shown = sheet(
        api.url,
        ["USDMXN_CONVERT", 0.1 + 0.2, "2024-01-02", "fix"],
        ["USDMXN_CONVERT", 0.3, "2024-01-02", "fix"],
        ["USDMXN_CONVERT", 1.23456789, "2024-01-02", "fix"],
        ["USDMXN_CONVERT", "1,234.56", "2024-01-02", "fix"],
    )
    assert shown[0] == shown[1] == 5.11
    assert shown[2].startswith('USDMXN: "1.23456789" no es un importe')
    assert shown[3].startswith('USDMXN: "1,234.56" no es un importe')


def test_amounts_and_dates_go_together(api: Any) -> None:
    """Each amount has its own date; ranges of other sizes are refused; blanks stay blank."""
    days = [["2026-08-13"], ["2026-08-14"], [""]]
    pairs, odd = sheet(
        api.url,
        ["USDMXN_CONVERT", [[100], [100], [100]], days, "factura"],
        ["USDMXN_CONVERT", [[100]], days, "factura"],
    )
    assert pairs == [[1710.92], [1706.27], [""]]
    assert odd == "USDMXN: importes y fechas deben ser rangos del mismo tamaño"


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (429, "{}", "USDMXN: demasiadas consultas; intente en unos minutos"),
        (503, "{}", "USDMXN: el servicio no tiene datos ahora; intente más tarde"),
        (200, "<html>", "contestó algo que no son tipos de cambio"),
        (404, '{"detail": "No such path."}', "USDMXN: No such path."),
    ],
)
def test_a_service_in_trouble_is_said_and_asked_again(
    api: Any, status: int, body: str, sentence: str
) -> None:
    """The cell has one sentence; the next calculation asks anew and has the rate."""
    api.disorder.append((status, body))
    call = ["USDMXN", "2026-08-13", "fix"]
    first, second = sheet(api.url, call, call)
    assert sentence in first
    assert second == 17.053


def test_one_chunk_in_trouble_leaves_the_others(api: Any) -> None:
    """Of a long column only the days whose request failed lack a rate."""
    api.disorder.append((503, "{}"))
    column = [[(date(2026, 1, 1) + timedelta(n)).isoformat()] for n in range(200)]
    [shown] = sheet(api.url, ["USDMXN", column, "factura"])
    failed = [row for row in shown if isinstance(row[0], str)]
    assert len(failed) in (150, 50)


def test_a_service_without_a_record_is_said(api: Any) -> None:
    """A real 503 of a worker that has nothing yet."""
    api.lose_record()
    assert sheet(api.url, ["USDMXN", "2026-08-13", "fix"]) == [
        "USDMXN: el servicio no tiene datos ahora; intente más tarde"
    ]


def test_a_service_that_is_away_is_said(nobody: str) -> None:
    """Where nobody answers the cell says whom it asked."""
    [shown] = sheet(nobody, ["USDMXN", "2026-08-13", "fix"])
    assert shown.startswith(f"USDMXN: no se pudo preguntar a {nobody}; intente más tarde")


def test_a_simulator_is_not_taken_for_banxico(api: Any) -> None:
    """Simulated rates are shown only where the script allows them."""
    api.simulate()
    call = ["USDMXN", "2026-08-13", "fix"]
    assert sheet(api.url, call) == ["USDMXN: los datos son de un simulador, no de Banco de México"]
    assert sheet(api.url, call, allow_simulator=True) == [17.053]


def test_importdata_formulas_ask_for_what_they_are_for(api: Any) -> None:
    """A day's bare number, a month's table, a column's: each with a point as the decimal sign."""
    found = [line for line in written.formulas(README, "sheets") if "IMPORTDATA" in line]
    assert all(formula.endswith('; ","; "en_US")') for formula in found)
    day, month, column = [api.get(written.request(line, "IMPORTDATA", CELLS)) for line in found]
    assert (day.status_code, day.text) == (200, "17.0627\n")
    july = {
        day: rate for day, rate in api.world.settlement().items() if f"{day:%Y-%m}" == "2026-07"
    }
    assert month.text.splitlines() == ["date,rate", *(f"{day},{july[day]}" for day in july)]
    assert column.text.splitlines() == [
        "requested,rate,problem",
        "2026-08-14,17.0627,",
        "2099-01-01,,not-yet-known",
    ]


def test_the_formulas_of_the_readme_are_the_scripts(api: Any) -> None:
    """Each function and each word that the README shows is one that the script takes."""
    shown = [line for line in written.formulas(README, "sheets") if "IMPORTDATA" not in line]
    cells = {"A2:A": [["2026-08-13"]], "A2": "2026-08-13", "B2:B": [[100]], "B2": 100}
    calls = []
    for formula in shown:
        matched = re.fullmatch(r"=(\w+)\((.*)\)", formula)
        assert matched
        words = [word.strip('"') for word in matched[2].split("; ")]
        calls.append([matched[1], *(cells.get(word, word) for word in words)])
    assert sheet(api.url, *calls) == [[[17.1092]], "17.0530", [[1710.92]], 5.84]
