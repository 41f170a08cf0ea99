"""`format` and `fields`: an answer of one value as a line or a bare number, columns chosen."""

import csv
import io
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from rates_api.rates.csv import file_name
from rates_api.rates.current import CurrentQuery
from rates_api.rates.day import BatchQuery

Ask = Callable[..., Awaitable[httpx.Response]]

CURRENT = "/api/v1/rates/current"
AVERAGE = "/api/v1/rates/average/15d"
CONVERT = "/api/v1/convert?from=USD&to=MXN&amount=1250.50"
VALUES = {
    f"{CURRENT}?": "rate",
    f"{CURRENT}?kind=settlement&": "rate",
    f"{CURRENT}?as_of=2024-01-02T18:30:00Z&": "rate",
    "/api/v1/rates/2024-03-02?": "rate",
    "/api/v1/rates/2015-06-01?kind=settlement&": "rate",
    f"{AVERAGE}?": "mean",
    f"{CONVERT}&": "result",
    f"{CONVERT}&date=2024-01-02&scale=0&": "result",
}


def rows(answer: httpx.Response) -> list[dict[str, str]]:
    """Return the lines of a CSV by the names of its columns."""
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def flat(answer: Any) -> dict[str, str]:
    """Return the members of a JSON answer, and those of its parts, as a CSV writes them."""
    parts = [answer.pop(part, {}) for part in ("dates", "provenance", "freshness")]
    members = {name: value for part in (*parts, answer) for name, value in part.items()}
    texts = {True: "true", False: "false", None: ""}
    members["warnings"] = " ".join(members.get("warnings", ()))
    return {
        name: texts[value] if value is None or isinstance(value, bool) else str(value)
        for name, value in members.items()
    }


@pytest.mark.parametrize(("path", "member"), VALUES.items())
async def test_txt_is_the_bare_number(ask: Ask, path: str, member: str) -> None:
    """The digits of the JSON answer and a line feed, for a spreadsheet's cell."""
    answer = await ask(f"{path}format=txt")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text == f"{(await ask(path)).json()[member]}\n"
    assert "content-disposition" not in answer.headers


@pytest.mark.parametrize("path", VALUES)
async def test_the_csv_of_one_value_is_a_header_and_a_line(ask: Ask, path: str) -> None:
    """Each cell is the JSON's member of that name; `date` is the day that answers."""
    (row,) = rows(await ask(f"{path}format=csv"))
    members = flat((await ask(path)).json())
    if "resolved" in members:
        members["date"] = members["resolved"]
    assert row == {name: members.get(name, "") for name in row}
    assert set(members) - set(row) <= {
        *(
            "base",
            "quote",
            "resolved",
            "previous",
            "fresh_until",
            "usable_until",
            "next_publication_at",
        )
    }


@pytest.mark.parametrize("path", [f"{CURRENT}?", f"{AVERAGE}?"])
async def test_the_line_of_a_current_value_says_how_good_it_is(ask: Ask, path: str) -> None:
    """Nobody reads an old value for a new one."""
    (row,) = rows(await ask(f"{path}format=csv"))
    assert (row["level"], row["state"]) == ("healthy", "fresh")
    assert row["verified_at"] == "2026-08-14T15:59:00Z"


@pytest.mark.parametrize("level", ["limited", "critical"])
async def test_a_bare_number_hides_no_age(ask: Ask, worker: Any, world: Any, level: str) -> None:
    """What passes for current is 503 once it can't be; past days are served while there are any."""
    old = world.snapshot(usable_until=world.NOW - timedelta(seconds=1))
    worker.current = world.current_snapshot(old if level == "limited" else None)
    for path in (f"{CURRENT}?", f"{AVERAGE}?", f"{CONVERT}&"):
        answer = await ask(f"{path}format=txt")
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
    if level == "limited":
        for path in ("/api/v1/rates/2024-01-02?", f"{CONVERT}&date=2024-01-02&"):
            assert (await ask(f"{path}format=txt")).status_code == 200
        (row,) = rows(await ask(f"{AVERAGE}?format=csv"))
        assert row["level"] == "limited"


async def test_a_mean_of_days_that_are_not_loaded_is_no_number(
    ask: Ask, worker: Any, world: Any
) -> None:
    """It would be that of too few days, and say nothing of it."""
    loaded = world.TODAY - timedelta(days=3)
    series = world.known_series(complete_from=loaded)
    worker.current.replace(world.since(world.snapshot(series=series), loaded))
    answer = await ask(f"{AVERAGE}?format=txt")
    assert (answer.status_code, answer.json()["code"]) == (503, "history-loading")
    (row,) = rows(await ask(f"{AVERAGE}?format=csv"))
    assert (row["known"], row["warnings"]) == ("false", "history_loading")


async def test_a_mean_of_nothing_is_no_number(ask: Ask, worker: Any, world: Any) -> None:
    """Without observations the number is a 404, the line has an empty cell."""
    days = [world.TODAY - timedelta(days=back) for back in range(30)]
    worker.current.replace(world.snapshot(without=tuple(days)))
    answer = await ask(f"{AVERAGE}?format=txt")
    assert (answer.status_code, answer.json()["code"]) == (404, "no-values")
    (row,) = rows(await ask(f"{AVERAGE}?format=csv"))
    assert (row["count"], row["mean"]) == ("0", "")


@pytest.mark.parametrize(
    "path",
    [
        f"{CURRENT}?",
        f"{AVERAGE}?",
        f"{CONVERT}&",
        "/api/v1/rates/2024-01-02?",
        "/api/v1/rates/2024-01-02/revisions?",
        "/api/v1/rates?dates=2024-01-02,2024-01-06&",
        "/api/v1/rates/historical?last=20&",
        "/api/v1/rates/summary?month=2026-07&",
        "/api/v1/rates/monthly?year=2025&",
        "/api/v1/days/2024-01-02?",
    ],
)
async def test_each_line_of_a_simulators_values_says_so(
    ask: Ask, worker: Any, world: Any, path: str
) -> None:
    """A CSV has no envelope: whoever keeps a line keeps the warning, beside those that it has."""
    real = rows(await ask(f"{path}format=csv"))
    worker.current.replace(world.snapshot(source="simulator"))
    simulated = rows(await ask(f"{path}format=csv"))
    assert all("simulated_data" in row["warnings"].split() for row in simulated)
    assert not any("simulated_data" in row["warnings"] for row in real)


@pytest.mark.parametrize(
    ("path", "chosen"),
    [
        (f"{CURRENT}?", "date,rate"),
        (f"{AVERAGE}?", "mean"),
        (f"{CONVERT}&", "result,rate,date"),
        ("/api/v1/rates/2024-01-02?", "rate,kind"),
        ("/api/v1/rates/2024-01-02/revisions?", "revision,rate"),
        ("/api/v1/rates?dates=2024-01-02,2024-01-06,1990-01-01&", "problem,requested"),
        ("/api/v1/rates/historical?last=20&", "rate,date"),
        ("/api/v1/rates/gaps?", "status"),
    ],
)
async def test_fields_choose_and_order_the_columns(ask: Ask, path: str, chosen: str) -> None:
    """Of every CSV: the same cells as without a choice, in the order of the choice."""
    names = chosen.split(",")
    answer = await ask(f"{path}format=csv&fields={chosen}")
    assert answer.text.split("\r\n", 1)[0] == chosen
    whole = rows(await ask(f"{path}format=csv"))
    assert rows(answer) == [{name: row[name] for name in names} for row in whole]
    parts = "&".join(f"fields={name}" for name in names)
    assert (await ask(f"{path}format=csv&{parts}")).text == answer.text


@pytest.mark.parametrize(
    ("query", "reasons"),
    [
        ("format=csv&fields=price,rate", ["has a name 1 that no column has"]),
        (
            "format=csv&fields=rate,,rate",
            ["has a name 2 that no column has", "names `rate` again"],
        ),
        ("format=csv&fields=", ["has a name 1 that no column has"]),
        (f"format=csv&fields={','.join(['rate'] * 7)}", ["names more columns than there are"]),
        ("fields=date", ["is for `format=csv` alone"]),
        ("format=xml&fields=date", ["is none of the options"]),
        ("format=json&fields=date", ["is for `format=csv` alone"]),
    ],
)
async def test_wrong_fields_are_told_the_columns(ask: Ask, query: str, reasons: list[str]) -> None:
    """An unknown or doubled name, or a choice for what is no CSV, is a 422."""
    answer = await ask(f"/api/v1/rates/historical?{query}")
    assert answer.status_code == 422
    errors = answer.json()["errors"]
    assert [error["reason"] for error in errors] == reasons
    if "format=csv" in query:
        columns = "date, rate, revision, recorded_at, derived, warnings"
        assert all(columns in error["allowed"] for error in errors)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (f"{CURRENT}?format=csv", "usd-mxn-current"),
        (f"{CURRENT}?format=csv&kind=fix", "usd-mxn-current"),
        (f"{CURRENT}?kind=settlement&format=csv&fields=rate", "usd-mxn-current-kind-settlement"),
        ("/api/v1/rates/historical?last=10&format=csv", "usd-mxn-historical-last-10"),
        ("/api/v1/rates/2024-01-02?format=csv", "usd-mxn-day-date-2024-01-02"),
        (f"{CONVERT}&format=csv", "usd-mxn-convert-from-USD-to-MXN-amount-1250.50"),
        ("/api/v1/rates?dates=2024-01-02,2024-01-03&format=csv", "usd-mxn-batch"),
        (
            f"{AVERAGE}?as_of=2024-01-02T18:30:00Z&format=csv",
            "usd-mxn-average-window-15d-as-of-2024-01-02T183000Z",
        ),
    ],
)
async def test_a_csv_has_a_file_name(ask: Ask, path: str, name: str) -> None:
    """It says what was asked, alike in every worker, with a 304 and with HEAD, too."""
    answer = await ask(path)
    expected = f'attachment; filename="{name}.csv"'
    assert answer.headers["content-disposition"] == expected
    again = await ask(path, "HEAD", if_none_match=answer.headers["etag"])
    assert (again.status_code, again.headers["content-disposition"]) == (304, expected)


def test_a_file_name_is_short_and_plain() -> None:
    """Whatever was asked, nothing in it means something to a header or a system."""
    odd = CurrentQuery(kind='"/../\r\n;' * 99)  # type: ignore[arg-type]
    assert len(file_name(odd)) <= 104
    assert set(file_name(odd)) <= set("abcdefghijklmnopqrstuvwxyz-.")
    assert file_name(BatchQuery(dates=())) == "usd-mxn-batch.csv"
