"""What each command says of a recorded answer, in both languages and as JSON."""

import json
from datetime import date as Day
from typing import Any

import pytest

from support.command_line import EXAMPLES, Run, Service, recorded
from usdmxn.cli.failures import CANNOT_SAY, DONE, NO_SUCH_VALUE

SAID = [
    (
        ("now",),
        ["17.0627 pesos por dólar", "Tipo de cambio vigente hoy, vie 14 ago 2026"],
        ["17.0627 pesos per dollar", "Settlement rate, in force today, Fri 14 Aug 2026"],
    ),
    (
        ("now", "--purpose", "cfdi_invoice"),
        ["factura (CFDI)", "jue 13 ago 2026", "serie SF60653", "-0.0465 (-0.2718 %)"],
        ["invoice (CFDI)", "Thu 13 Aug 2026", "series SF60653", "from 17.1092"],
    ),
    (
        ("on", "2026-08-09"),
        [
            "dom 9 ago 2026, día inhábil bancario",
            "17.2195",
            "17.1387",
            "complemento de pago",
            "El día del pago. Ley Monetaria, art. 8.",
            "El día de la factura. Nota: la guía del SAT para el CFDI 4.0",
            "RMF y guía del SAT",
            "LISR, art. 8.",
            "para una deuda que se paga en México, vea Ley Monetaria, art. 8.",
        ],
        [
            "Sun 9 Aug 2026, banks closed",
            "The day of payment. Monetary Law, art. 8.",
            "Federal Tax Code (CFF), art. 20.",
            "RMF and SAT's guide",
            "Income Tax Law (LISR), art. 8.",
            "for a debt payable in Mexico see Monetary Law (Ley Monetaria), art. 8.",
            "Not tax advice",
        ],
    ),
    (
        ("on", "2024-03-02", "--kind", "settlement"),
        ["17.0633 pesos por dólar", "del sáb 2 mar 2024 al lun 4 mar 2024"],
        ["17.0633 pesos per dollar", "from Sat 2 Mar 2024 to Mon 4 Mar 2024"],
    ),
    (
        ("convert", "1250.50"),
        ["1,250.50 USD = 21,295.64 MXN", "1,250.50 × 17.0297, a 2 decimales", "FIX del mar 2 ene"],
        ["1,250.50 USD = 21,295.64 MXN", "to 2 decimals", "FIX of Tue 2 Jan 2024"],
    ),
    (
        ("month", "2025-01"),
        ["19.224494 pesos por dólar", "promedio de enero de 2025", "365, uno por día natural"],
        ["mean of January 2025", "365, one a calendar day"],
    ),
    (
        ("year", "2025"),
        ["promedio de 2025", "enero de 2025", "Mes"],
        ["mean of 2025", "January 2025", "Month"],
    ),
    (
        ("chart", "90d"),
        ["FIX, del vie 31 jul 2026 al jue 13 ago 2026", "17.3317, lun 3 ago 2026"],
        ["FIX, from Fri 31 Jul 2026 to Thu 13 Aug 2026", "17.0530, Thu 13 Aug 2026"],
    ),
]


@pytest.mark.parametrize(
    ("word", "asked"),
    [
        ("hoy", "2026-08-10"),
        ("today", "2026-08-10"),
        ("Ayer", "2026-08-09"),
        ("yesterday", "2026-08-09"),
    ],
)
def test_a_day_may_be_today_or_yesterday(run: Run, service: Service, word: str, asked: str) -> None:
    """In either language, wherever a command takes a day."""
    service.today = Day(2026, 8, 10)
    run("on", word)
    run("convert", "1", "--on", word)
    assert service.asked[0].path == f"/api/v1/days/{asked}"
    assert service.asked[1].params["date"] == asked


def holds(said: Any, wanted: Any) -> bool:
    """Tell whether `said` is `wanted`, but for members that an answer may leave out."""
    match wanted:
        case dict():
            return all(name in said and holds(said[name], wanted[name]) for name in wanted)
        case list():
            return len(said) == len(wanted) and all(map(holds, said, wanted))
    return bool(said == wanted)


@pytest.mark.parametrize(("command", "spanish", "english"), SAID)
def test_a_command_says_its_answer_in_both_languages(
    run: Run, command: tuple[str, ...], spanish: list[str], english: list[str]
) -> None:
    """The rate, which one it is, its days and source."""
    for lang, parts in (("es", spanish), ("en", english)):
        ran = run(*command, "--lang", lang)
        assert (ran.code, ran.err) == (DONE, "")
        assert [part for part in parts if part not in ran.out] == []


@pytest.mark.parametrize(
    ("command", "example"),
    [
        (("now",), "current_200_settlement"),
        (("on", "2026-08-09"), "day_sheet_200_sunday"),
        (("on", "2024-03-02", "--kind", "settlement"), "day_200_settlement"),
        (("convert", "1250.50"), "convert_200_to_mxn"),
        (("month", "2025-01"), "summary_200_year"),
        (("chart", "1y"), "historical_200_ten_values"),
    ],
)
def test_programs_get_the_answer_itself(run: Run, command: tuple[str, ...], example: str) -> None:
    """`--json` may stand before the command or behind it; nothing the service says is lost."""
    for arguments in ((*command, "--json"), ("--json", *command)):
        assert holds(json.loads(run(*arguments).out), EXAMPLES[example].value)


@pytest.mark.parametrize("command", [("now",), ("convert", "1"), ("month", "2025-01"), ("chart",)])
def test_the_rate_in_force_is_asked_for_unless_told(
    run: Run, service: Service, command: tuple[str, ...]
) -> None:
    """A FIX only where the caller says so."""
    run(*command)
    assert service.asked[-1].params["kind"] == "settlement"
    run(*command, "--kind", "FIX")
    assert service.asked[-1].params["kind"] == "fix"


@pytest.mark.parametrize("arguments", [("now",), ("now", "--json")])
def test_simulated_data_and_warnings_are_said_loudly(
    run: Run, service: Service, arguments: tuple[str, ...]
) -> None:
    """On the screen, or beside the JSON that a program reads."""
    warnings = ["late_publication", "simulated_data", "unheard_of"]
    service.answers["/api/v1/rates/current"] = recorded("current_200_settlement", warnings=warnings)
    ran = run(*arguments, "--lang", "es")
    said = ran.err if "--json" in arguments else ran.out
    assert "DATOS SIMULADOS: no son de Banco de México" in said
    assert "AVISO: el FIX de hoy va retrasado" in said
    assert "AVISO: unheard_of" in said


def test_a_simulator_is_named_where_no_warning_says_it(run: Run, service: Service) -> None:
    """The source of a summary is enough."""
    service.answers["/api/v1/rates/summary"] = recorded("summary_200_year", source="simulator")
    ran = run("month", "2025-01")
    assert "SIMULATED DATA" in ran.out
    assert "SIMULATOR, series SF60653" in ran.out


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"known": False}, CANNOT_SAY), ({"count": 0, "mean": None, "first": None}, NO_SUCH_VALUE)],
)
def test_a_span_that_is_not_known_or_empty_says_so(
    run: Run, service: Service, changes: dict[str, object], code: int
) -> None:
    """By the exit code, too."""
    service.answers["/api/v1/rates/summary"] = recorded("summary_200_year", **changes)
    assert run("month", "2025-01").code == code


@pytest.mark.parametrize(("applies_from", "said"), [("2026-08-13", False), ("2026-08-14", True)])
def test_the_change_is_left_out_where_the_same_rate_applied_the_day_before(
    run: Run, service: Service, applies_from: str, said: bool
) -> None:
    """A weekend has one rate: that it is the same is no change of nothing."""
    dates = {**EXAMPLES["current_200_settlement"].value["dates"], "applies_from": applies_from}
    service.answers["/api/v1/rates/current"] = recorded("current_200_settlement", dates=dates)
    assert ("Change" in run("now").out) == said


@pytest.mark.parametrize(
    ("today", "said"),
    [
        (Day(2025, 12, 3), True),
        (Day(2026, 1, 1), False),
    ],
)
def test_a_span_that_has_not_ended_says_until_when_its_values_reach(
    run: Run, service: Service, today: Day, said: bool
) -> None:
    """In its title, and in the row of the month that has not ended."""
    last = {"date": "2025-12-04", "rate": "18.2"}
    monthly = recorded("monthly_200_year").json()["months"]
    monthly[-1] |= {"last_date": "2025-12-02", "count": 2}
    service.answers["/api/v1/rates/summary"] = recorded("summary_200_year", last=last)
    service.answers["/api/v1/rates/monthly"] = recorded("monthly_200_year", months=monthly)
    service.today = today
    ran = run("year", "2025", "--lang", "es")
    assert ("promedio de 2025, hasta el 4 dic 2025: parcial" in ran.out) == said
    assert ("2, hasta el 2 dic 2025: parcial" in ran.out) == said
    assert ("until 4 Dec 2025: partial" in run("year", "2025").out) == said
    assert ran.out.count("parcial") == 2 * said


def test_a_month_whose_last_day_has_a_value_is_whole(run: Run, service: Service) -> None:
    """Settlement rates are known before their day: nothing is missing on the last ones."""
    service.today = Day(2025, 12, 30)
    assert "parcial" not in run("month", "2025-12", "--lang", "es").out


def test_a_rate_that_is_not_in_force_says_so(run: Run, service: Service) -> None:
    """Whoever asks for the FIX reads that taxes and payments take another one."""
    service.answers["/api/v1/rates/current"] = recorded("current_200_fix")
    assert "Not the rate in force on that day" in run("now", "--kind", "fix").out


@pytest.mark.parametrize(
    ("layout", "lines"),
    [
        (
            "erpnext",
            [
                "date,from_currency,to_currency,exchange_rate,for_buying,for_selling",
                "2026-07-31,USD,MXN,17.3288,1,1",
            ],
        ),
        (
            "odoo",
            [
                "id,rate_ids/name,rate_ids/inverse_company_rate",
                "base.USD,2026-07-31,17.3288",
                ",2026-08-03,17.3317",
            ],
        ),
        (
            "csv",
            [
                "date,rate,kind,source,series,revision,recorded_at,derived,warnings",
                "2026-07-31,17.3288,fix,Banco de México,SF43718,1,2026-07-31T18:01:07Z,false,",
            ],
        ),
    ],
)
def test_rates_are_exported_for_accounting_programs(
    run: Run, layout: str, lines: list[str]
) -> None:
    """In the programs' own names of the fields, digits as published."""
    ran = run("export", "--layout", layout, "--month", "2026-08")
    assert ran.code == DONE
    assert ran.out.splitlines()[: len(lines)] == lines


def test_a_span_with_unknown_days_is_not_exported(run: Run, service: Service) -> None:
    """A file for the books has no holes that nobody sees."""
    answer = recorded("historical_200_ten_values", known=False)
    service.answers["/api/v1/rates/historical"] = answer
    ran = run("export", "--layout", "csv", "--year", "2026")
    assert (ran.code, ran.out) == (CANNOT_SAY, "")
