"""`kind=dof`, `in_force` and the sheet of a day: which rate counts."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

Ask = Callable[..., Awaitable[httpx.Response]]

ONE_DAY = timedelta(days=1)


async def test_the_gazette_has_a_rate_the_day_before_it_applies(ask: Ask, world: Any) -> None:
    """On every day whose settlement is stored it is what the Gazette had the day before."""
    from_, to = date(2019, 12, 31), world.NEWEST
    asked = await ask(f"/api/v1/rates/historical?from={from_}&to={to}&kind=dof")
    published = {row["date"]: row["rate"] for row in asked.json()["observations"]}
    rate, compared = None, 0
    for offset in range((to - from_).days + 1):
        day = from_ + offset * ONE_DAY
        rate = published.get(str(day), rate)
        applies = world.settlement().get(day + ONE_DAY)
        if applies is not None:
            assert rate == applies, day
            compared += 1
    assert compared > 2400


@pytest.mark.parametrize(
    ("day", "rate", "resolved"),
    [
        ("2012-07-02", "13.4084", "2012-07-02"),
        ("2012-07-01", "13.6530", "2012-06-29"),
        ("2026-08-14", "17.0530", "2026-08-14"),
        ("1991-11-13", "3.0735", "1991-11-13"),
    ],
)
async def test_a_day_has_the_fix_that_the_gazette_has(
    ask: Ask, day: str, rate: str, resolved: str
) -> None:
    """The FIX is due on the next banking day; a closed day has the last one that was published."""
    answer = (await ask(f"/api/v1/rates/{day}?kind=dof")).json()
    assert (answer["rate"], answer["resolved"], answer["derived"]) == (rate, resolved, True)
    assert answer["dates"]["dof_published"] == resolved
    assert answer["provenance"]["series"] == "SF43718"


@pytest.mark.parametrize(
    ("day", "code"),
    [
        ("1991-11-11", "before-first-observation"),
        ("1991-11-12", "before-first-observation"),
        ("2024-03-02?roll=none", "no-publication-on-closed-day"),
        ("2026-08-17", "not-yet-published"),
        ("2026-08-18", "not-yet-known"),
        ("2029-01-02", "not-yet-known"),
        ("9999-12-31", "not-yet-known"),
        ("0001-01-01", "before-first-observation"),
    ],
)
async def test_a_day_without_a_publication_says_why(ask: Ask, day: str, code: str) -> None:
    """What is not in the Gazette is told apart as with the FIX itself."""
    answer = await ask(f"/api/v1/rates/{day}{'&' if '?' in day else '?'}kind=dof")
    assert (answer.status_code, answer.json()["code"]) == (404, code)


async def test_the_gazette_of_tomorrow_is_known_once_the_fix_is(
    ask: Ask, worker: Any, world: Any
) -> None:
    """At two the FIX of the Friday is due on Monday; current is what was last published."""
    worker.now = world.mexico(world.TODAY, 14)
    worker.current.replace(world.snapshot(now=worker.now, newest=world.TODAY))
    assert (await ask("/api/v1/rates/2026-08-17?kind=dof")).json()["rate"] == "17.0218"
    current = (await ask("/api/v1/rates/current?kind=dof")).json()
    assert (current["rate"], current["dates"]["dof_published"]) == ("17.0530", "2026-08-14")
    assert current["previous"] == {"date": "2026-08-13", "rate": "17.0627"}


async def test_what_was_never_determined_was_never_due(ask: Ask, worker: Any, world: Any) -> None:
    """Where a FIX is missing, the Gazette had nothing: the one before stays current."""
    worker.current.replace(world.snapshot(without=(world.NEWEST,)))
    current = (await ask("/api/v1/rates/current?kind=dof")).json()
    assert current["dates"]["dof_published"] == "2026-08-13"
    assert (await ask("/api/v1/rates/2026-08-14?kind=dof")).status_code == 404


async def test_a_gazette_that_is_not_known_is_not_skipped(
    ask: Ask, worker: Any, world: Any
) -> None:
    """While the FIX that was due is under review, the one before it does not pass as current."""
    series = world.known_series(under_review=(world.NEWEST,), under_review_count=1, settlement={})
    worker.current.replace(world.snapshot(series=series, without=(world.NEWEST,)))
    answer = await ask("/api/v1/rates/current?kind=dof")
    assert (answer.status_code, answer.json()["code"]) == (503, "no-current-rate")


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2024-02-06", "503 under-review"),
        ("2024-02-05", "503 under-review"),
        ("2024-02-05?roll=none", "503 under-review"),
        ("2024-02-04?roll=none", "404 no-publication-on-closed-day"),
        ("2024-02-07", "200 17.0357"),
        ("2024-03-19", "200 16.7100"),
    ],
)
async def test_a_closure_before_those_listed_may_be_in_doubt(
    ask: Ask, worker: Any, world: Any, day: str, said: str
) -> None:
    """Of two FIX under review the status lists March's: banks may have opened on 2024-02-05."""
    series = world.known_series(
        under_review=(date(2024, 3, 1),), under_review_count=2, settlement={}
    )
    worker.current.replace(world.snapshot(series=series))
    answer = await ask(f"/api/v1/rates/{day}{'&' if '?' in day else '?'}kind=dof")
    assert world.said(answer) == said


async def test_a_list_does_not_know_what_a_closure_in_doubt_leaves_due(
    ask: Ask, worker: Any, world: Any
) -> None:
    """Also where the status only counts the FIX that may be of the day: the list leaves it out."""
    series = world.known_series(
        under_review=(date(2024, 3, 1),), under_review_count=2, settlement={}
    )
    worker.current.replace(world.snapshot(series=series))
    known = {}
    for month in ("2024-02", "2024-04"):
        answer = (await ask(f"/api/v1/rates/historical?month={month}&kind=dof")).json()
        known[month] = answer["known"]
        assert "2024-02-06" not in [row["date"] for row in answer["observations"]]
    assert known == {"2024-02": False, "2024-04": True}


async def test_past_the_calendar_no_gazette_is_current(ask: Ask, worker: Any, world: Any) -> None:
    """Nothing is claimed of what was due there."""
    calendar = world.msgspec.structs.replace(world.calendar(), last=date(2026, 8, 12))
    worker.current.replace(world.snapshot(bank_calendar=calendar))
    assert (await ask("/api/v1/rates/current?kind=dof")).status_code == 503


async def test_a_revision_says_in_its_last_column_that_it_is_derived(ask: Ask) -> None:
    """Programs that count the columns of v1 find them where they were."""
    for kind, derived in (("dof", "true"), ("fix", "false")):
        path = f"/api/v1/rates/2024-01-03/revisions?kind={kind}&format=csv"
        header, line = (await ask(path)).text.splitlines()
        assert header.endswith("payload_sha256,warnings,derived")
        assert line.rpartition(",")[2] == derived


async def test_a_days_revisions_are_those_of_the_fix_that_is_due(ask: Ask) -> None:
    """A correction of a FIX is one of the day that publishes it; a closed day has none."""
    answer = (await ask("/api/v1/rates/2024-01-03/revisions?kind=dof")).json()
    row = answer["observations"][0]
    assert (row["date"], row["rate"], row["derived"]) == ("2024-01-03", "17.0297", True)
    assert (await ask("/api/v1/rates/2024-01-06/revisions?kind=dof")).json()["count"] == 0


async def test_the_revisions_of_a_derived_settlement_are_those_of_its_fix(ask: Ask) -> None:
    """A day that has a rate has what it was read from; one with a value of its own has that."""
    day = (await ask("/api/v1/rates/2015-06-01?kind=settlement")).json()
    answer = (await ask("/api/v1/rates/2015-06-01/revisions?kind=settlement")).json()
    row = answer["observations"][0]
    assert (row["date"], row["rate"], row["derived"]) == ("2015-06-01", day["rate"], True)
    stored = (await ask("/api/v1/rates/2024-01-04/revisions?kind=settlement")).json()
    assert stored["observations"][0]["derived"] is False


@pytest.mark.parametrize(
    ("path", "in_force"),
    [
        ("2026-08-14?kind=settlement", True),
        ("2026-08-14?kind=dof", False),
        ("2026-08-13?kind=fix", False),
        ("2015-06-01?kind=settlement", True),
        ("2015-06-01?kind=fix", False),
        ("1995-06-01?kind=fix", None),
        ("1995-06-01?kind=settlement", None),
        ("1996-06-03?kind=settlement", True),
    ],
)
async def test_a_rate_says_whether_it_applies_on_its_day(
    ask: Ask, path: str, in_force: bool | None
) -> None:
    """Also where the settlement is derived; before 1996 nobody can tell."""
    assert (await ask(f"/api/v1/rates/{path}")).json()["in_force"] is in_force


async def test_the_fix_of_a_sundays_invoice_is_not_in_force(
    ask: Ask, worker: Any, world: Any
) -> None:
    """On 2026-08-16 the FIX rolls to one that the Gazette has on Monday; another applies."""
    worker.now = world.mexico(date(2026, 8, 16), 10)
    snapshot = world.snapshot(now=worker.now, today=date(2026, 8, 17), newest=world.TODAY)
    worker.current.replace(snapshot)
    rolled = (await ask("/api/v1/rates/2026-08-16")).json()
    applies = (await ask("/api/v1/rates/2026-08-16?kind=settlement")).json()
    assert (rolled["rate"], rolled["in_force"]) == ("17.0218", False)
    assert (applies["rate"], applies["in_force"]) == ("17.0530", True)
    current = (await ask("/api/v1/rates/current")).json()
    assert current["in_force"] is False
    batch = (await ask("/api/v1/rates?dates=2026-08-16,2026-08-15")).json()["results"]
    assert [result["in_force"] for result in batch] == [False, False]
    converted = "/api/v1/convert?from=USD&to=MXN&amount=1&date=2026-08-16&kind=dof"
    assert (await ask(converted)).json()["in_force"] is True


async def test_what_applies_is_not_said_while_it_is_unknown(
    ask: Ask, worker: Any, world: Any
) -> None:
    """A settlement that is missing, or that no FIX fits, tells of no rate that it applies."""
    missing = date(2026, 8, 12)
    worker.current.replace(
        world.snapshot(kept=lambda row: row.series == "SF43718" or row.date != missing)
    )
    assert (await ask(f"/api/v1/rates/{missing}")).json()["in_force"] is None
    unfit = world.observation("SF60653", missing, "9.0000", missing, 2)
    worker.current.replace(world.snapshot(extra=(unfit,)))
    assert (await ask(f"/api/v1/rates/{missing}")).json()["in_force"] is None
    assert (await ask(f"/api/v1/rates/{missing}?kind=settlement")).json()["in_force"] is True


async def test_current_tells_the_change(ask: Ask) -> None:
    """The value of its kind before it, the exact difference, and that in percent."""
    answer = (await ask("/api/v1/rates/current")).json()
    assert answer["previous"] == {"date": "2026-08-12", "rate": "17.0627"}
    assert (answer["change"], answer["change_percent"]) == ("-0.0097", "-0.0568")
    settled = (await ask("/api/v1/rates/current?kind=settlement")).json()
    assert settled["previous"]["date"] == "2026-08-13"


async def test_a_sheet_has_all_rates_of_a_day(ask: Ask, worker: Any, world: Any) -> None:
    """Friday the 14th has three values, and says which counts for what."""
    worker.now = world.mexico(world.TODAY, 14)
    worker.current.replace(world.snapshot(now=worker.now, newest=world.TODAY))
    sheet = (await ask("/api/v1/days/2026-08-14")).json()
    assert [sheet[kind]["rate"] for kind in ("fix", "dof", "settlement")] == [
        "17.0218",
        "17.0530",
        "17.0627",
    ]
    assert (sheet["weekday"], sheet["banking_day"], sheet["problems"]) == (5, True, {})
    assert (sheet["fix"]["in_force"], sheet["level"]) == (False, "healthy")
    uses = {use["purpose"]: use["kind"] for use in sheet["use"]}
    assert (uses["tax"], uses["closing"]) == ("settlement", None)
    past = (await ask("/api/v1/days/2024-03-02")).json()
    assert (past["weekday"], past["banking_day"], "level" in past) == (6, False, False)


async def test_a_sheet_says_which_rate_is_still_to_come(ask: Ask) -> None:
    """At ten of a banking day its FIX has a problem, the others are there; kept for seconds."""
    answer = await ask("/api/v1/days/2026-08-14")
    sheet = answer.json()
    assert (sheet["fix"], sheet["problems"]) == (None, {"fix": "not-yet-published"})
    assert answer.headers["cache-control"].endswith("s-maxage=15")
    assert sheet["settlement"]["in_force"] is True


async def test_a_sheet_without_any_rate_is_the_settlements_problem(ask: Ask) -> None:
    """Its own status: a day before the first FIX is 404."""
    answer = await ask("/api/v1/days/1991-11-11")
    assert (answer.status_code, answer.json()["code"]) == (404, "before-first-observation")


async def test_a_sheet_as_csv_has_a_line_for_each_kind(ask: Ask) -> None:
    """A kind without a rate has the code of its problem."""
    lines = (await ask("/api/v1/days/2026-08-14?format=csv")).text.splitlines()
    assert lines[0].startswith("kind,requested,resolved,reason,rate")
    assert [line.split(",")[0] for line in lines[1:]] == ["fix", "settlement", "dof"]
    assert "not-yet-published" in lines[1]
    assert ",healthy,fresh,2026-08-14T15:59:00Z" in lines[1]


async def test_what_was_asked_as_of_an_instant_has_no_freshness(ask: Ask) -> None:
    """A sheet as of then tells what was known then, for good."""
    answer = await ask("/api/v1/days/2026-08-13?as_of=2026-08-13T18:01:07Z")
    assert "level" not in answer.json()
    assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    "span", ["from=0001-01-01&to=0001-01-02", "from=0001-01-01&to=9999-12-31", "from=9999-12-30"]
)
async def test_a_span_may_reach_beyond_all_values(ask: Ask, span: str) -> None:
    """Before the first FIX and past the calendar nothing is due, and nothing breaks."""
    for kind in ("fix", "settlement", "dof"):
        answer = await ask(f"/api/v1/rates/historical?{span}&kind={kind}")
        assert (answer.status_code, answer.json()["missing"]) == (200, 0)


@pytest.mark.parametrize(("kind", "missing"), [("fix", 2), ("dof", 2), ("settlement", 4)])
async def test_days_that_should_have_a_value_are_counted(
    ask: Ask, worker: Any, world: Any, kind: str, missing: int
) -> None:
    """A FIX of 2008 is missing, and three days that rest on it; so are both values of a Friday."""
    gone = (date(2008, 5, 8), date(2026, 8, 7))
    worker.current.replace(world.snapshot(without=gone))
    answer = (await ask(f"/api/v1/rates/historical?from=2008-01-01&kind={kind}")).json()
    assert answer["missing"] == missing
