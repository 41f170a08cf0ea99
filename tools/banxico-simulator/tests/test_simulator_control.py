"""The control API: the stage directions of an end-to-end test."""

import json
import zlib
from pathlib import Path
from typing import Any

import pytest
from simulator_stage import TOKEN, Banxico

from support.clocks import HandClock

OPORTUNO = "/series/SF43718/datos/oportuno"


def faulty(banxico: Banxico, **fault: Any) -> None:
    banxico.control("PUT", "faults", {"faults": [fault]})


def test_clock_is_real_until_it_is_set(banxico: Banxico) -> None:
    """Without a word the clock shows the real time."""
    assert banxico.control("GET", "clock") == {
        "now": "2026-11-22T18:00:00Z",
        "offset_seconds": 0.0,
        "frozen": False,
    }


def test_clock_runs_on_from_where_it_was_set(banxico: Banxico, real_time: HandClock) -> None:
    """Set to an instant or to an offset, it goes on with real time; DELETE brings it back."""
    banxico.control("PUT", "clock", {"now": "2024-01-02T11:00:00-06:00"})
    real_time.advance(5)
    assert banxico.control("GET", "clock")["now"] == "2024-01-02T17:00:05Z"
    moved = banxico.control("PUT", "clock", {"offset_seconds": 3600})
    assert (moved["now"], moved["offset_seconds"]) == ("2026-11-22T19:00:05Z", 3600.0)
    assert banxico.control("DELETE", "clock")["now"] == "2026-11-22T18:00:05Z"


def test_clock_stands_while_frozen(banxico: Banxico, real_time: HandClock) -> None:
    """A frozen clock keeps its instant, also when set; thawed it goes on from there."""
    banxico.control("PUT", "clock", {"frozen": True})
    real_time.advance(5)
    assert banxico.control("GET", "clock")["now"] == "2026-11-22T18:00:00Z"
    banxico.control("PUT", "clock", {"now": "2024-01-02T17:00:00Z"})
    real_time.advance(5)
    banxico.control("PUT", "clock", {"frozen": False})
    real_time.advance(5)
    assert banxico.control("GET", "clock")["now"] == "2024-01-02T17:00:05Z"


@pytest.mark.parametrize(
    ("method", "path", "body", "told"),
    [
        ("PUT", "clock", {"now": "2024-01-02T11:00:00"}, "timezone"),
        ("PUT", "clock", {"now": "soon"}, "RFC3339"),
        ("PUT", "clock", {"now": "1980-01-01T00:00:00Z"}, "1991-11-12"),
        ("PUT", "clock", {"offset_seconds": 1e18}, "too far"),
        ("PUT", "clock", {"offset_seconds": 1, "now": "2024-01-02T11:00:00Z"}, "not both"),
        ("PUT", "clock", {"when": 1}, "when"),
        ("PUT", "faults", {"faults": [{"kind": "earthquake"}]}, "earthquake"),
        ("PUT", "faults", {"faults": [{"kind": "status", "status": 99}]}, "200"),
        ("PUT", "faults", {"faults": [{"kind": "hang", "count": 0}]}, ">= 1"),
        ("POST", "publish", {"date": "2024-01-01"}, "no banking day"),
        ("POST", "publish", {"date": "2027-01-04"}, "ahead"),
        ("POST", "publish", {"date": "2024-01-02", "rate": 17.5}, "str"),
        ("PUT", "faults", {"faults": [{"kind": "hang", "days": ["2024-01-02"]}]}, "length 2"),
        ("POST", "open", {"date": "2024-01-02"}, "FIX of its own"),
        ("POST", "move", {"date": "2024-01-01", "percent": 12}, "no banking day"),
        ("POST", "move", {"date": "2024-01-02", "percent": "1e99"}, "can't move"),
        ("PUT", "withdrawal", {"date": "2026-11-21"}, "shows nothing"),
        ("PUT", "publication", {"date": "2024-01-02"}, "at"),
        ("POST", "correct", {"date": "2026-11-21", "rate": "17.0000"}, "shows nothing"),
        ("POST", "correct", {"date": "2024-01-02", "rate": "1", "series": "SF1"}, "SF60653"),
        ("PUT", "limits", {}, "enforced"),
    ],
)
def test_wrong_input_is_400_and_says_what(
    banxico: Banxico, method: str, path: str, body: dict[str, Any], told: str
) -> None:
    """Each wrong request is refused with a message that names the trouble."""
    answer = banxico.http.request(method, f"/control/{path}", json=body)
    assert answer.status_code == 400
    assert told in answer.text


def test_publish(banxico: Banxico) -> None:
    """At 11:00 a published FIX shows in both series at once, with the rate given."""
    banxico.set_clock("2024-01-02T11:00:00-06:00")
    shown = banxico.control("POST", "publish", {"date": "2024-01-02", "rate": "17.5000"})
    assert shown == {
        "series": "SF43718",
        "date": "2024-01-02",
        "rate": "17.5000",
        "published_at": "2024-01-02T17:00:00Z",
    }
    assert banxico.datos("/series/SF43718,SF60653/datos/oportuno") == {
        "SF43718": {"02/01/2024": "17.5000"},
        "SF60653": {"04/01/2024": "17.5000"},
    }


def test_a_day_that_is_never_published(banxico: Banxico) -> None:
    """With `at` null the day stays away; with an instant it shows from then on."""
    banxico.set_clock("2024-01-02T18:00:00-06:00")
    shown = banxico.control("PUT", "publication", {"date": "2024-01-02", "at": None})
    assert (shown["rate"], shown["published_at"]) == (None, None)
    assert banxico.datos(OPORTUNO) == {"SF43718": {"29/12/2023": "16.9190"}}
    at = "2024-01-02T23:59:00Z"
    shown = banxico.control("PUT", "publication", {"date": "2024-01-02", "at": at})
    assert (shown["rate"], shown["published_at"]) == ("17.0297", at)


def test_correct(banxico: Banxico) -> None:
    """A correction changes the FIX and its settlement days, and the title says simulated."""
    banxico.set_clock("2024-01-02T18:00:00-06:00")
    banxico.control("POST", "correct", {"date": "2024-01-02", "rate": "17.0300"})
    assert banxico.datos("/series/SF43718,SF60653/datos/2024-01-02/2024-01-04") == {
        "SF43718": {"02/01/2024": "17.0300"},
        "SF60653": {
            "02/01/2024": "16.8935",
            "03/01/2024": "16.9190",
            "04/01/2024": "17.0300",
        },
    }
    assert "SIMULADO" in banxico.sie(OPORTUNO).text


def test_correct_leaves_the_settlement_if_told_so(banxico: Banxico) -> None:
    """With `settlement_follows` false only the FIX changes."""
    wish = {"date": "2024-01-02", "rate": "17.0300", "settlement_follows": False}
    banxico.control("POST", "correct", wish)
    seen = banxico.datos("/series/SF43718,SF60653/datos/2024-01-02/2024-01-04")
    assert seen["SF43718"]["02/01/2024"] == "17.0300"
    assert seen["SF60653"]["04/01/2024"] == "17.0297"


@pytest.mark.parametrize("percent", [-11, "-11", -11.0])
def test_move(banxico: Banxico, percent: Any) -> None:
    """A FIX still to come is moved by per cent, in its own series alone if told so."""
    banxico.set_clock("2024-01-02T11:00:00-06:00")
    wish = {"date": "2024-01-02", "percent": percent, "settlement_follows": False}
    assert banxico.control("POST", "move", wish)["rate"] is None
    banxico.set_clock("2024-01-02T12:05:00-06:00")
    assert banxico.datos("/series/SF43718,SF60653/datos/oportuno") == {
        "SF43718": {"02/01/2024": "15.0579"},
        "SF60653": {"04/01/2024": "17.0297"},
    }


def test_open(banxico: Banxico) -> None:
    """A Saturday with a FIX of its own, alone in its series."""
    banxico.set_clock("2024-01-06T13:00:00-06:00")
    wish = {"date": "2024-01-06", "rate": "16.9000", "settlement_follows": False}
    assert banxico.control("POST", "open", wish)["published_at"] == "2024-01-06T18:02:00Z"
    assert banxico.datos(OPORTUNO) == {"SF43718": {"06/01/2024": "16.9000"}}


def test_a_day_opened_by_mistake_is_closed_again(banxico: Banxico) -> None:
    """`at` null takes an opening back."""
    banxico.set_clock("2024-01-01T13:00:00-06:00")
    banxico.control("POST", "open", {"date": "2024-01-01", "rate": "16.9000"})
    banxico.control("PUT", "publication", {"date": "2024-01-01", "at": None})
    assert banxico.datos("/series/SF43718,SF60653/datos/oportuno") == {
        "SF43718": {"29/12/2023": "16.9190"},
        "SF60653": {"03/01/2024": "16.9190"},
    }


def test_withdrawal(banxico: Banxico) -> None:
    """A published day is gone with its settlement day, and back with it."""
    banxico.set_clock("2024-01-02T13:00:00-06:00")
    path = "/series/SF43718,SF60653/datos/2024-01-02/2024-01-04"
    whole = banxico.datos(path)
    day = {"date": "2024-01-02"}
    assert banxico.control("PUT", "withdrawal", day)["rate"] is None
    assert banxico.datos(path) == {
        "SF43718": {},
        "SF60653": {"02/01/2024": "16.8935", "03/01/2024": "16.9190"},
    }
    back = banxico.control("PUT", "withdrawal", day | {"withdrawn": False})
    assert (back["rate"], banxico.datos(path)) == ("17.0297", whole)


def test_reset_brings_everything_back(banxico: Banxico) -> None:
    """Clock, publications, corrections, faults, limits and counts are as at the start."""
    before = banxico.sie(OPORTUNO).text
    banxico.control("PUT", "publication", {"date": "2026-11-20", "at": None})
    banxico.control("POST", "correct", {"date": "2026-11-19", "rate": "1.0000"})
    banxico.set_clock("2024-01-02T18:00:00-06:00")
    faulty(banxico, kind="html")
    banxico.control("PUT", "limits", {"enforced": False})
    banxico.control("POST", "reset")
    assert banxico.control("GET", "requests")["total"] == 0
    assert banxico.control("GET", "faults") == {"faults": []}
    assert banxico.sie(OPORTUNO).text == before
    assert [banxico.sie(OPORTUNO).status_code for _ in range(80)].count(400) == 1


def test_limits_can_be_switched_off(banxico: Banxico) -> None:
    """Without enforcement the 81st request of a minute is answered."""
    banxico.control("PUT", "limits", {"enforced": False})
    assert {banxico.sie(OPORTUNO).status_code for _ in range(82)} == {200}


def test_a_fault_ends_after_its_count_and_meets_its_paths_only(banxico: Banxico) -> None:
    """Two requests for `oportuno` fail, other paths and the third one don't."""
    faulty(banxico, kind="status", status=502, count=2, path="oportuno")
    metadata = banxico.sie("/series/SF43718").status_code
    statuses = [banxico.sie(OPORTUNO).status_code for _ in range(3)]
    assert (metadata, statuses) == (200, [502, 502, 200])
    assert banxico.control("GET", "faults") == {"faults": []}


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_status_fault(banxico: Banxico, status: int) -> None:
    """Any status comes with a page that is not JSON."""
    faulty(banxico, kind="status", status=status)
    answer = banxico.sie(OPORTUNO)
    assert (answer.status_code, answer.headers["content-type"]) == (
        status,
        "text/html;charset=utf-8",
    )


def test_redirect_fault(banxico: Banxico) -> None:
    """A redirect points where it was told to."""
    faulty(banxico, kind="status", status=302, location="/elsewhere")
    answer = banxico.http.get(f"/SieAPIRest/service/v1{OPORTUNO}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (302, "/elsewhere")


def test_html_fault_with_200(banxico: Banxico) -> None:
    """The front end's page comes with 200."""
    faulty(banxico, kind="html", status=200)
    answer = banxico.sie(OPORTUNO)
    assert (answer.status_code, answer.text[:6]) == (200, "<html>")


@pytest.mark.parametrize("kind", ["truncated", "non_json"])
def test_bodies_that_can_not_be_parsed(banxico: Banxico, kind: str) -> None:
    """200, announced as JSON, and no JSON."""
    faulty(banxico, kind=kind)
    answer = banxico.sie(OPORTUNO)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_bad_token_and_rate_limit_faults(banxico: Banxico) -> None:
    """Both come as Banxico sends them, the wait as told."""
    faulty(banxico, kind="bad_token")
    assert banxico.sie(OPORTUNO).json()["error"]["mensaje"] == "Token inválido"
    faulty(banxico, kind="rate_limit", seconds_to_reset=54)
    answer = banxico.sie(OPORTUNO)
    assert (answer.status_code, answer.headers["bmx-secondstoreset"]) == (400, "54")
    assert answer.json()["error"]["secondsToReset"] == 54


def test_missing_datos_fault(banxico: Banxico) -> None:
    """Every series lacks its `datos`."""
    faulty(banxico, kind="missing_datos")
    assert banxico.datos("/series/SF43718,SF60653/datos/oportuno") == {"SF43718": {}, "SF60653": {}}


def test_wrong_order_fault(banxico: Banxico) -> None:
    """Days come in descending order."""
    faulty(banxico, kind="wrong_order")
    days = banxico.datos("/series/SF43718/datos/2024-01-02/2024-01-04")["SF43718"]
    assert list(days) == ["04/01/2024", "03/01/2024", "02/01/2024"]


@pytest.mark.parametrize(
    ("kind", "rows"),
    [
        ("iso_dates", {"2024-01-02": "17.0297", "2024-01-03": "17.0492"}),
        ("no_observation", {"02/01/2024": "N/E", "03/01/2024": "N/E"}),
        ("missing_datos", {}),
    ],
)
def test_rows_that_can_not_be_used(banxico: Banxico, kind: str, rows: dict[str, str]) -> None:
    """Every row of the series named is met, the other series is as always."""
    path = "/series/SF43718,SF60653/datos/2024-01-02/2024-01-03"
    usual = banxico.datos(path)
    faulty(banxico, kind=kind, series="SF43718")
    assert banxico.datos(path) == {"SF43718": rows, "SF60653": usual["SF60653"]}
    faulty(banxico, kind=kind)
    assert banxico.datos(path)["SF60653"] != usual["SF60653"]


@pytest.mark.parametrize(
    ("kind", "left"), [("null_series", [None, "SF43718"]), ("missing_series", ["SF43718"])]
)
def test_series_that_are_not_there(banxico: Banxico, kind: str, left: list[str | None]) -> None:
    """The series named is null, or is not in the list; a fault after it finds no rows there."""
    lost = {"kind": kind, "series": "SF60653"}
    banxico.control("PUT", "faults", {"faults": [lost, {"kind": "wrong_order"}]})
    answer = banxico.sie("/series/SF43718,SF60653/datos/2024-01-02/2024-01-03").json()
    assert [node and node["idSerie"] for node in answer["bmx"]["series"]] == left


@pytest.mark.parametrize(("kind", "member"), [("null_title", "titulo"), ("null_datos", "datos")])
def test_members_that_are_null(banxico: Banxico, kind: str, member: str) -> None:
    """The member of the series named is null, all else is as always."""
    path = "/series/SF43718,SF60653/datos/2024-01-02/2024-01-03"
    settlement, fix = banxico.sie(path).json()["bmx"]["series"]
    faulty(banxico, kind=kind, series="SF60653")
    shown = banxico.sie(path).json()["bmx"]["series"]
    assert shown == [settlement | {member: None}, fix]


def test_a_series_that_nobody_asked_for(banxico: Banxico) -> None:
    """It stands before the series named, with an id longer than any of Banxico's."""
    faulty(banxico, kind="foreign_series")
    shown = banxico.datos("/series/SF43718/datos/2024-01-02/2024-01-02")
    assert list(shown) == ["SF437180000000000", "SF43718"]
    assert len(next(iter(shown))) == 17


def test_a_byte_order_mark(banxico: Banxico) -> None:
    """The JSON is as always, after a BOM."""
    usual = banxico.sie(OPORTUNO).content
    faulty(banxico, kind="byte_order_mark")
    assert banxico.sie(OPORTUNO).content == b"\xef\xbb\xbf" + usual


@pytest.mark.parametrize(
    ("charset", "declared"),
    [
        ("UTF-8", "application/json;charset=UTF-8"),
        ("ISO-8859-1", "application/json;charset=ISO-8859-1"),
        ("", "application/json"),
    ],
)
def test_latin_1_whatever_is_declared(banxico: Banxico, charset: str, declared: str) -> None:
    """Accents are bytes of Latin-1; the header says what the scenario wants."""
    faulty(banxico, kind="latin_1", charset=charset)
    answer = banxico.sie(OPORTUNO)
    assert "determinación".encode("latin-1") in answer.content
    assert answer.headers["content-type"] == declared


def test_a_body_above_any_bound(banxico: Banxico) -> None:
    """The right answer comes first, and 9 MiB after it."""
    usual = banxico.sie(OPORTUNO)
    faulty(banxico, kind="big_body")
    answer = banxico.sie(OPORTUNO)
    assert len(answer.content) == len(usual.content) + 9 * 1024 * 1024
    assert answer.json() == usual.json()


def test_a_gzip_bomb(banxico: Banxico) -> None:
    """What comes over the wire is a thousandth of what it holds."""
    faulty(banxico, kind="gzip_bomb")
    headers = {"Bmx-Token": TOKEN}
    url = f"/SieAPIRest/service/v1{OPORTUNO}"
    with banxico.http.stream("GET", url, headers=headers) as answer:
        sent = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert 100_000 < len(sent) < 200_000
    assert zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(sent, 10) == bytes(10)


def test_date_is_the_simulators(banxico: Banxico) -> None:
    """Every answer, errors and faults too, has the `Date` of the simulator's own clock."""
    banxico.set_clock("2024-01-02T12:05:00-06:00")
    for path in (OPORTUNO, "/series/SF999"):
        assert banxico.sie(path).headers["date"] == "Tue, 02 Jan 2024 18:05:00 GMT"
    faulty(banxico, kind="html")
    answer = banxico.sie(OPORTUNO)
    assert answer.headers["date"] == "Tue, 02 Jan 2024 18:05:00 GMT"
    assert "age" not in answer.headers


def test_shifted_date(banxico: Banxico) -> None:
    """`Date` runs ahead of the simulator's clock, or behind it; the data don't."""
    banxico.set_clock("2024-01-02T12:05:00-06:00")
    usual = banxico.datos(OPORTUNO)
    for seconds, shown in ((90, "18:06:30"), (-90, "18:03:30")):
        faulty(banxico, kind="shifted_date", shift_seconds=seconds)
        assert banxico.sie(OPORTUNO).headers["date"] == f"Tue, 02 Jan 2024 {shown} GMT"
        assert banxico.datos(OPORTUNO) == usual


def test_an_answer_of_yesterday_from_a_cache(banxico: Banxico) -> None:
    """Body and `Date` are those of then, without what was corrected since; `Age` says how old."""
    banxico.set_clock("2024-01-04T13:00:00-06:00")
    banxico.control("POST", "correct", {"date": "2024-01-03", "rate": "17.0500"})
    faulty(banxico, kind="cached", age_seconds=86_400)
    answer = banxico.sie("/series/SF43718/datos/2024-01-02/2024-01-04")
    assert (answer.headers["date"], answer.headers["age"]) == (
        "Wed, 03 Jan 2024 19:00:00 GMT",
        "86400",
    )
    rows = answer.json()["bmx"]["series"][0]["datos"]
    assert [row["dato"] for row in rows] == ["17.0297", "17.0492"]


def test_a_fault_may_meet_requests_for_some_days_only(banxico: Banxico) -> None:
    """A range that touches the days is met, and a whole history; others and the latest are not."""
    faulty(banxico, kind="status", days=["2024-01-10", "2024-01-12"])
    asked = ("01-01/2024-01-09", "01-01/2024-01-10", "01-12/2024-01-20", "01-13/2024-01-20")
    paths = [f"/series/SF43718/datos/2024-{days}" for days in asked]
    statuses = [banxico.sie(path).status_code for path in paths]
    assert statuses == [200, 503, 503, 200]
    assert banxico.sie("/series/SF43718/datos").status_code == 503
    assert [banxico.sie(path).status_code for path in ("/series/SF43718", OPORTUNO)] == [200, 200]


def test_faults_work_together(banxico: Banxico, real_time: HandClock) -> None:
    """Latency and status make a slow error; changes of a body that is gone are without effect."""
    together = [
        {"kind": "latency", "latency_ms": 250},
        {"kind": "status", "status": 500},
        {"kind": "missing_datos"},
    ]
    banxico.control("PUT", "faults", {"faults": together})
    assert banxico.sie(OPORTUNO).status_code == 500
    assert real_time.slept == [0.25]
    assert banxico.control("DELETE", "faults") == {"faults": []}
    assert banxico.sie(OPORTUNO).status_code == 200


def test_a_spoilt_body_is_not_changed_again(banxico: Banxico) -> None:
    """Half a body has no series to take `datos` from: it stays half a body."""
    together = [{"kind": "truncated"}, {"kind": "missing_datos"}]
    banxico.control("PUT", "faults", {"faults": together})
    assert banxico.sie(OPORTUNO).text.startswith('{"bmx":{"series":[{"idSerie":"SF43718"')


def test_requests_are_counted_without_tokens(banxico: Banxico) -> None:
    """Counts by kind and outcome, paths without their query; DELETE starts over."""
    banxico.sie(OPORTUNO)
    banxico.http.get(f"/SieAPIRest/service/v1{OPORTUNO}?token={'q' * 64}")
    faulty(banxico, kind="html", count=1)
    banxico.sie("/series/SF43718/datos/2024-01-06/2024-01-07")
    banxico.sie("/series/SF43718/datos/2024-01-06/2024-01-07")
    counted = banxico.control("GET", "requests")
    assert counted["total"] == 4
    assert counted["groups"] == {
        "metadata": {},
        "oportuno": {"ok": 1, "bad_token": 1},
        "history": {},
        "range": {"fault:html": 1, "no_data": 1},
        "unknown": {},
    }
    assert counted["outcomes"] == {"ok": 1, "bad_token": 1, "fault:html": 1, "no_data": 1}
    assert counted["last"][1]["path"] == f"/SieAPIRest/service/v1{OPORTUNO}"
    assert "q" * 64 not in json.dumps(counted)
    assert banxico.control("DELETE", "requests")["total"] == 0


def test_every_control_path_is_in_the_readme() -> None:
    """The README names each route of the control API and each kind of fault."""
    from typing import get_args

    from banxico_simulator.app import create_app
    from banxico_simulator.faults import Kind

    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    routes = [route.path for route in create_app().routes if route.path.startswith("/control")]
    assert [path for path in routes if path not in readme] == []
    assert [kind for kind in get_args(Kind) if f"`{kind}`" not in readme] == []


def test_livez(banxico: Banxico) -> None:
    """The probe answers."""
    assert banxico.http.get("/livez").json() == {"status": "ok"}


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}])
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_page_in_a_browser_sets_no_stage(
    banxico: Banxico, method: str, headers: dict[str, str]
) -> None:
    """A form or a `no-cors` fetch of any page reached the control API."""
    path = {"POST": "/control/publish", "PUT": "/control/clock"}[method]
    answer = banxico.http.request(
        method, path, headers={"Content-Type": "text/plain", **headers}, content=b"{}"
    )
    assert answer.status_code == 403
