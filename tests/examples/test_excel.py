"""The queries and formulas of `examples/excel`: what they ask for, and that it can be read.

Nothing here computes M or a formula: no interpreter of them exists outside of Excel.
"""

import csv
import io
import re
import subprocess
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from support.modules import load_module
from support.toolbox import NODE, node_modules

HERE = Path(__file__).parent
EXCEL = HERE.parents[1] / "examples/excel"
TOOLS = HERE / "powerquery_tools"
QUERIES = [EXCEL / "UsdMxnRates.pq", EXCEL / "UsdMxnDay.pq"]
RATES, DAY = (query.read_text(encoding="utf-8") for query in QUERIES)
written = load_module(HERE / "formulas.py")
FORMULAS = written.formulas(EXCEL / "README.md", "excel")
CELLS = {
    'TEXT(YEAR(A2)*10000+MONTH(A2)*100+DAY(A2),"0000-00-00")': "2026-08-14",
    'TEXT(YEAR(day)*10000+MONTH(day)*100+DAY(day),"0000-00-00")': "2026-08-14",
    "kind": "settlement",
}


@pytest.mark.parametrize("text", [RATES, DAY], ids=[query.name for query in QUERIES])
def test_a_query_is_well_formed(text: str) -> None:
    """Microsoft's parser of the language takes it, and refuses it cut short."""
    assert parsed(text).returncode == 0, parsed(text).stderr
    assert parsed(text[: text.rindex("in")]).returncode == 1


def parsed(text: str) -> "subprocess.CompletedProcess[str]":
    """Parse a query."""
    return subprocess.run(
        [NODE, TOOLS / "parse.cjs"],
        input=text,
        env={"NODE_PATH": str(node_modules(TOOLS))},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def asked(api: Any, days: list[str], kind: str) -> Any:
    """Answer what `UsdMxnRates` asks for: its query, with commas escaped as Web.Contents does."""
    query = re.search(r"Query = \[(.*?)\n\s+\],", RATES, re.DOTALL)
    assert query
    names = re.findall(r"(\w+) = ", query[1])
    assert names == ["dates", "kind", "format", "fields"]
    values = [",".join(days), kind, "csv", ",".join(columns())]
    [path] = re.findall(r'RelativePath = "(.*?)"', RATES)
    return api.get(f"/{path}?{urlencode(dict(zip(names, values, strict=True)))}")


def columns() -> list[str]:
    """Return the columns that `UsdMxnRates` asks for."""
    [listed] = re.findall(r"Columns = \{(.*?)\}", RATES)
    return re.findall(r'"(\w+)"', listed)


def test_the_table_has_the_columns_that_are_read(api: Any) -> None:
    """Each column asked for is typed; numbers, days and truth values are as the types read them."""
    typed = dict(re.findall(r'\{"(\w+)", type (\w+)\}', RATES))
    answer = asked(api, ["2026-08-13", "2026-08-16", "2099-01-01"], "fix")
    header, *rows = csv.reader(io.StringIO(answer.text))
    assert answer.status_code == 200
    assert header == list(typed) == columns()
    assert rows == [
        ["2026-08-13", "2026-08-13", "17.0530", "false", ""],
        ["2026-08-16", "", "", "", "not-yet-known"],
        ["2099-01-01", "", "", "", "not-yet-known"],
    ]
    assert list(typed.values()) == ["date", "date", "number", "logical", "text"]


def test_a_chunk_is_as_large_as_the_api_takes(api: Any) -> None:
    """Escaped and all, `MaxDates` dates are answered, and one more is refused."""
    [most] = re.findall(r"MaxDates = (\d+)", RATES)
    days = [(date(2025, 8, 1) + timedelta(n)).isoformat() for n in range(int(most) + 1)]
    assert asked(api, days[:-1], "settlement").text.count("\r\n") == int(most) + 1
    assert asked(api, days, "settlement").status_code == 422


def test_the_day_has_the_members_that_are_read(api: Any) -> None:
    """Each member that `UsdMxnDay` takes is in the answer; the rate is a string with a point."""
    [path] = re.findall(r'RelativePath = "(.*?)" & Date.ToText', DAY)
    body = api.get(f"/{path}2026-08-14?kind=settlement").json()
    members = re.findall(r"Body\[(\w+)\](?:\[(\w+)\])?", DAY)
    assert {"rate", "source"} < {name for pair in members for name in pair}
    for outer, inner in members:
        if outer != "detail":
            assert outer in body
            assert not inner or inner in body[outer]
    assert body["rate"] == "17.0627"


@pytest.mark.parametrize("text", [RATES, DAY], ids=[query.name for query in QUERIES])
def test_statuses_that_the_api_has_are_handled(api: Any, text: str) -> None:
    """Excel shows our sentence rather than its own for each status that a query may meet."""
    [handled] = re.findall(r"ManualStatusHandling = \{(.*?)\}", text)
    future = api.get("/api/v1/rates/2099-01-01?kind=settlement")
    wrong = api.get("/api/v1/rates/2026-08-14?kind=bid")
    api.lose_record()
    away = api.get("/api/v1/rates/2026-08-14?kind=settlement")
    assert [answer.status_code for answer in (future, wrong, away)] == [404, 422, 503]
    assert set(handled.split(", ")) == {"404", "422", "429", "503"}
    assert all(answer.json()["detail"] for answer in (future, wrong, away))


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_asks_for_a_bare_number(api: Any, formula: str) -> None:
    """In either language; the number has a point, as NUMBERVALUE is told, and one line feed."""
    answer = api.get(written.request(written.in_english(formula), "WEBSERVICE", CELLS))
    assert (answer.status_code, answer.text) == (200, "17.0627\n")
    assert re.search(r'NUMBERVALUE\(CLEAN\(.+\)\),"\.",","\)+$', written.in_english(formula))


def test_the_formulas_in_spanish_are_the_english_one() -> None:
    """Names and separators are translated, nothing else."""
    english, mexico, spain, _ = FORMULAS
    assert written.in_english(mexico) == written.in_english(spain) == english
