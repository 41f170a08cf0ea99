"""`dates` gives each row its rate, and one bad row takes nothing from the others."""

import csv
import json
from pathlib import Path

import httpx
import pytest

from support.command_line import Run, Service, recorded
from usdmxn.cli.failures import CANNOT_SAY, DONE, NO_SUCH_VALUE, WRONG_USAGE

BATCH = recorded("batch_200_days").json()
RATED, _, ROLLED, TOO_EARLY = BATCH["results"]
UNDER_REVIEW = {
    "requested": "2024-02-29",
    "problem": {
        "type": "/problems/under-review",
        "title": "Under review",
        "status": 503,
        "detail": "It is checked first.",
        "code": "under-review",
        "errors": [],
    },
}


def batch(*results: object) -> httpx.Response:
    """Return the answer for several days."""
    return recorded("batch_200_days", count=len(results), results=list(results))


def written(path: Path, text: str) -> str:
    """Write a file and return its name."""
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_each_row_gets_its_rate_and_the_order_stays(
    run: Run, service: Service, tmp_path: Path
) -> None:
    """Each day is asked for once; rows, their order and their text stay."""
    service.answers["/api/v1/rates"] = batch(ROLLED, RATED)
    file = written(tmp_path / "in.csv", 'fecha,x\n02/03/2024,"a"\n2024-01-02,b\n02/03/2024,c\n')
    out = tmp_path / "out.csv"
    ran = run("dates", file, "--column", "fecha", "--out", str(out), "--day-order", "dmy")
    assert ran.code == DONE
    assert "3 of 3 rows" in ran.err
    assert "settlement rate" in ran.err
    assert service.asked[-1].params["dates"] == "2024-03-02,2024-01-02"
    assert service.asked[-1].params["kind"] == "settlement"
    assert out.read_text(encoding="utf-8") == (
        "fecha,x,rate,rate_of,determined,in_force,warnings,problem\n"
        '02/03/2024,"a",17.0217,2024-03-01,2024-03-01,no,,\n'
        "2024-01-02,b,17.0297,2024-01-02,2024-01-02,no,,\n"
        "02/03/2024,c,17.0217,2024-03-01,2024-03-01,no,,\n"
    )


@pytest.mark.parametrize(
    ("results", "day", "code"),
    [
        ([RATED], "", WRONG_USAGE),
        ([RATED], "03/04/2024", WRONG_USAGE),
        ([RATED, TOO_EARLY], "1991-01-02", NO_SUCH_VALUE),
        ([RATED, UNDER_REVIEW], "2024-02-29", CANNOT_SAY),
    ],
)
def test_a_bad_row_says_why_and_the_others_have_their_rate(
    run: Run, service: Service, tmp_path: Path, results: list[object], day: str, code: int
) -> None:
    """The exit code tells a row without a day, one without a value and one to wait for apart."""
    service.answers["/api/v1/rates"] = batch(*results)
    file = written(tmp_path / "in.csv", f"fecha,x\n2024-01-02,a\n{day},b\n")
    ran = run("dates", file, "--column", "fecha")
    good, bad = list(csv.DictReader(ran.out.splitlines()))
    assert ran.code == code
    assert (good["rate"], good["problem"]) == ("17.0297", "")
    assert bad["rate"] == ""
    assert bad["problem"]
    assert f"Row 3: {bad['problem']}." in ran.err


def test_rows_that_were_answered_are_kept_when_the_service_goes_away(
    run: Run, service: Service, tmp_path: Path
) -> None:
    """What is not answered any more says so, and the exit code says to try again."""
    limits = {**recorded("capabilities_200_capabilities").json()["limits"], "dates": 1}
    service.answers["/api/v1"] = recorded("capabilities_200_capabilities", limits=limits)
    service.answers["/api/v1/rates"] = batch(RATED)
    service.broken_after = 2
    file = written(tmp_path / "in.csv", "fecha\n2024-01-02\n2024-02-29\n")
    out = tmp_path / "out.csv"
    ran = run("dates", file, "--column", "fecha", "--out", str(out))
    first, second = csv.DictReader(out.read_text(encoding="utf-8").splitlines())
    assert ran.code == CANNOT_SAY
    assert first["rate"] == "17.0297"
    assert second["problem"].startswith("No answer from")


def test_nothing_is_written_where_nothing_is_answered(
    run: Run, service: Service, tmp_path: Path
) -> None:
    """A file full of problems helps nobody."""
    service.everywhere(httpx.ConnectError("refused"))
    file = written(tmp_path / "in.csv", "fecha\n2024-01-02\n")
    out = tmp_path / "out.csv"
    assert run("dates", file, "--column", "fecha", "--out", str(out)).code == CANNOT_SAY
    assert not out.exists()


def test_simulated_data_is_named_in_every_row_and_on_the_screen(
    run: Run, service: Service, tmp_path: Path
) -> None:
    """Whoever gets the file alone reads it, too."""
    simulated = {**RATED, "provenance": {**RATED["provenance"], "source": "simulator"}}
    service.answers["/api/v1/rates"] = batch(simulated)
    file = written(tmp_path / "in.csv", "fecha\n2024-01-02\n")
    ran = run("dates", file, "--column", "fecha", "--lang", "es")
    assert "DATOS SIMULADOS" in ran.out
    assert "DATOS SIMULADOS" in ran.err


def test_programs_get_the_results_by_row(run: Run, service: Service, tmp_path: Path) -> None:
    """With `--json`, numbered as a spreadsheet shows the rows."""
    service.answers["/api/v1/rates"] = batch(RATED)
    file = written(tmp_path / "in.csv", "fecha\n2024-01-02\nx\n")
    good, bad = json.loads(run("dates", file, "--column", "fecha", "--json").out)
    assert (good["row"], good["result"]["rate"], good["problem"]) == (2, "17.0297", None)
    assert (bad["row"], bad["result"]) == (3, None)


def test_the_input_is_never_overwritten(run: Run, tmp_path: Path) -> None:
    """The result goes to another file."""
    file = written(tmp_path / "in.csv", "fecha\n2024-01-02\n")
    assert run("dates", file, "--column", "fecha", "--out", file).code == WRONG_USAGE
    assert Path(file).read_text(encoding="utf-8") == "fecha\n2024-01-02\n"
