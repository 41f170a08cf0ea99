"""What each call asks of the API, and what it makes of the answer."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import httpx
import pytest

from usdmxn import KindRequired, NoRateForPurpose, UnexpectedAnswer, UsageError, __version__
from usdmxn.answers import Rate, SheetRate
from usdmxn.errors import CursorReset, InvalidArgument, NotFound, UnknownPurpose

Respond = Callable[..., httpx.Response]


def test_a_rate_is_asked_for_by_purpose(asking: Any, server: Any, example: Respond) -> None:
    """The purpose names the kind; the rate has the digits that were published."""
    server.says(example("day_200_settlement"))
    rate = asking(lambda rates: rates.on("2026-08-16", purpose="cfdi_invoice"))
    assert server.asked == ["/api/v1/rates/2026-08-16?kind=settlement"]
    assert isinstance(rate, Rate)
    assert str(rate.rate) == server.script[0].json()["rate"]
    assert isinstance(rate.rate, Decimal)
    assert rate.provenance.recorded_at.utcoffset() == timedelta(0)


def test_a_rate_is_asked_for_by_kind(asking: Any, server: Any, example: Respond) -> None:
    """Days may be dates; `roll` and `as_of` go with it, the instant in UTC."""
    server.says(example("day_200_banking_day"))
    instant = datetime(2026, 8, 14, 9, 30, tzinfo=timezone(timedelta(hours=-6)))
    asking(lambda rates: rates.on(date(2026, 8, 13), kind="fix", roll="none", as_of=instant))
    assert server.asked == [
        "/api/v1/rates/2026-08-13?kind=fix&roll=none&as_of=2026-08-14T15:30:00Z"
    ]


@pytest.mark.parametrize(
    "use",
    [
        lambda rates, **which: rates.on("2026-08-16", **which),
        lambda rates, **which: rates.current(**which),
        lambda rates, **which: rates.convert(1, "USD", "MXN", **which),
        lambda rates, **which: rates.dates(["2026-08-16"], **which),
        lambda rates, **which: rates.history(last=10, **which),
        lambda rates, **which: rates.summary(year=2025, **which),
        lambda rates, **which: rates.monthly(year=2025, **which),
    ],
    ids=["on", "current", "convert", "dates", "history", "summary", "monthly"],
)
class TestWhichRate:
    """Every call whose answer depends on it."""

    def test_neither_purpose_nor_kind_is_an_error(self, asking: Any, server: Any, use: Any) -> None:
        """The API's default would give a wrong number to whoever does not know the difference."""
        with pytest.raises(KindRequired, match="give a purpose"):
            asking(use)
        assert server.requests == []

    def test_both_are_an_error(self, asking: Any, use: Any) -> None:
        """One of them would be ignored."""
        with pytest.raises(TypeError, match="not both"):
            asking(lambda rates: use(rates, purpose="tax", kind="fix"))

    @pytest.mark.parametrize("purpose", ["closing", "contract"])
    def test_where_no_law_names_a_rate_a_kind_is_asked_for(
        self, asking: Any, server: Any, use: Any, purpose: str
    ) -> None:
        """The error says what decides instead."""
        with pytest.raises(NoRateForPurpose, match="choose a kind") as raised:
            asking(lambda rates: use(rates, purpose=purpose))
        assert raised.value.unless
        assert server.requests == []

    def test_an_unknown_purpose_is_one_that_the_sheet_has(
        self, asking: Any, server: Any, example: Respond, use: Any
    ) -> None:
        """A later server may know more purposes; one that it does not know, either, is said."""
        server.says(example("day_sheet_200_friday"))
        with pytest.raises(UnknownPurpose, match="write one of tax, ") as raised:
            asking(lambda rates: use(rates, purpose="gift"))
        assert server.asked[0].startswith("/api/v1/days/20")
        assert "cfdi_invoice" in raised.value.known


def test_a_purpose_of_a_later_server_names_its_kind(
    asking: Any, server: Any, example: Respond
) -> None:
    """The sheet of the day that is asked for says which kind counts."""
    sheet = example("day_sheet_200_friday").json()
    sheet["use"].append(
        {"purpose": "gift", "kind": "dof", "day": None, "unless": None, "source": None}
    )
    sheet["use"].append(
        {"purpose": "bet", "kind": None, "day": None, "unless": "luck", "source": None}
    )
    server.says(httpx.Response(200, json=sheet), example("day_200_dof"))
    asking(lambda rates: rates.on("2026-08-14", purpose="gift"))
    assert server.asked == ["/api/v1/days/2026-08-14", "/api/v1/rates/2026-08-14?kind=dof"]
    server.requests.clear()
    with pytest.raises(NoRateForPurpose, match="luck"):
        asking(lambda rates: rates.on("2026-08-14", purpose="bet"))


def test_the_current_rate(asking: Any, server: Any, example: Respond) -> None:
    """It has its freshness, and the step from the one before it."""
    server.says(example("current_200_settlement"))
    rate = asking(lambda rates: rates.current(purpose="tax"))
    assert server.asked == ["/api/v1/rates/current?kind=settlement"]
    assert rate.in_force
    assert rate.change == rate.rate - rate.previous.rate
    assert rate.freshness.state == "fresh"


def test_the_sheet_of_a_day(asking: Any, server: Any, example: Respond) -> None:
    """It has the rates of each kind."""
    server.says(example("day_sheet_200_sunday"))
    sheet = asking(lambda rates: rates.day("2026-08-09"))
    assert server.asked == ["/api/v1/days/2026-08-09"]
    assert sheet.weekday == 7
    assert isinstance(sheet.settlement, SheetRate)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("1234.56", "1234.56"),
        (Decimal("1234.5600"), "1234.5600"),
        (Decimal("1E+3"), "1000"),
        (-7, "-7"),
    ],
)
def test_an_amount_is_converted(
    asking: Any, server: Any, example: Respond, amount: Any, text: str
) -> None:
    """It is sent with its digits, never with an exponent."""
    server.says(example("convert_200_to_mxn"))
    how = {"purpose": "cfdi_payment", "scale": 4, "rounding": "half_even"}
    made = asking(lambda rates: rates.convert(amount, "USD", "MXN", on="2026-08-14", **how))
    asked = f"from=USD&to=MXN&amount={text}&date=2026-08-14&kind=settlement"
    assert server.asked == [f"/api/v1/convert?{asked}&scale=4&rounding=half_even"]
    assert (made.source, made.target) == ("USD", "MXN")
    assert isinstance(made.result, Decimal)
    assert isinstance(made.amount, Decimal)


@pytest.mark.parametrize("amount", [1234.56, True, None])
def test_an_inexact_amount_is_refused(asking: Any, server: Any, amount: Any) -> None:
    """A float has no exact digits."""
    with pytest.raises(InvalidArgument, match=r"Decimal\('1234.56'\)"):
        asking(lambda rates: rates.convert(amount, "USD", "MXN", kind="fix"))
    assert server.requests == []


@pytest.mark.parametrize("day", ["16/08/2026", "2026-08-32", "../health", datetime.now(UTC), 20])
def test_what_is_no_day_is_refused(asking: Any, server: Any, day: Any) -> None:
    """A ValueError, too; an instant has no day without a zone."""
    with pytest.raises(ValueError, match="write") as raised:
        asking(lambda rates: rates.on(day, kind="fix"))
    assert isinstance(raised.value, UsageError)
    assert server.requests == []


def test_a_naive_instant_is_refused(asking: Any) -> None:
    """Its zone would be a guess."""
    with pytest.raises(InvalidArgument, match="time zone"):
        asking(lambda rates: rates.changes(since=datetime(2026, 8, 14)))  # noqa: DTZ001


def test_many_days_are_asked_for_in_chunks(asking: Any, server: Any, example: Respond) -> None:
    """Each of what the server allows; results come in the order asked, with rates or problems."""
    capabilities = example("capabilities_200_capabilities").json()
    capabilities["limits"]["dates"] = 4
    batch = example("batch_200_days").json()

    def answered(request: httpx.Request) -> httpx.Response:
        wanted = request.url.params["dates"].split(",")
        results = [
            {**result, "requested": day}
            for result, day in zip(batch["results"], wanted, strict=False)
        ]
        return httpx.Response(200, json={**batch, "results": results})

    server.says(httpx.Response(200, json=capabilities), answered)
    days = [date(2024, 1, 31) - timedelta(days=number) for number in range(10)]
    results = asking(lambda rates: rates.dates(iter(days), kind="fix", roll="none"))
    assert [result.requested for result in results] == days
    assert [len(asked.split(",")) for asked in server.asked[1:]] == [4, 4, 2]
    assert server.asked[3] == "/api/v1/rates?dates=2024-01-23,2024-01-22&kind=fix&roll=none"


def test_a_result_has_a_rate_or_a_problem(asking: Any, server: Any, example: Respond) -> None:
    """Never both, never none."""
    server.says(example("capabilities_200_capabilities"), example("batch_200_days"))
    days = [result["requested"] for result in server.script[1].json()["results"]]
    results = asking(lambda rates: rates.dates(days, purpose="tax"))
    assert {(result.rate is None, result.problem is None) for result in results} == {
        (True, False),
        (False, True),
    }
    assert next(result.problem.code for result in results if result.problem)


@pytest.mark.parametrize(
    "broken",
    [lambda results: results[:-1], lambda results: results[::-1], lambda results: [*results] * 2],
    ids=["one lacks", "another order", "too many"],
)
def test_results_of_other_days_are_no_answer(
    asking: Any, server: Any, example: Respond, broken: Callable[[Any], Any]
) -> None:
    """Whoever puts them beside the days asked for would put rates beside wrong days."""
    batch = example("batch_200_days").json()
    days = [result["requested"] for result in batch["results"]]
    answer = httpx.Response(200, json={**batch, "results": broken(batch["results"])})
    server.says(example("capabilities_200_capabilities"), answer)
    with pytest.raises(UnexpectedAnswer, match="not the"):
        asking(lambda rates: rates.dates(days, kind="fix"))


@pytest.mark.parametrize("limit", [0, -1])
def test_a_server_that_answers_no_days_is_none(
    asking: Any, server: Any, example: Respond, limit: int
) -> None:
    """No chunk would be left to ask for, and nothing would be said."""
    capabilities = example("capabilities_200_capabilities").json()
    capabilities["limits"]["dates"] = limit
    server.says(httpx.Response(200, json=capabilities))
    with pytest.raises(UnexpectedAnswer, match="days at once"):
        asking(lambda rates: rates.dates(["2026-08-14"], kind="fix"))


def test_no_days_are_no_results(asking: Any, server: Any, example: Respond) -> None:
    """Nothing is asked that the API would refuse."""
    server.says(example("capabilities_200_capabilities"))
    assert asking(lambda rates: rates.dates([], kind="fix")) == []
    assert "/api/v1/rates?" not in "".join(server.asked)


@pytest.mark.parametrize(
    ("form", "query"),
    [
        ({"last": 10}, "last=10"),
        ({"days": 10}, "days=10"),
        ({"start": "2024-03-25", "end": date(2024, 3, 27)}, "from=2024-03-25&to=2024-03-27"),
        ({"month": "2026-08"}, "month=2026-08"),
        ({"month": date(2026, 8, 14)}, "month=2026-08"),
        ({"last": 3, "year": 2025}, "last=3&year=2025"),
    ],
)
def test_a_history(asking: Any, server: Any, example: Respond, form: Any, query: str) -> None:
    """Each way to name a span is sent as the API spells it."""
    server.says(example("historical_200_span"))
    history = asking(lambda rates: rates.history(**form, kind="fix"))
    assert server.asked == [f"/api/v1/rates/historical?{query}&kind=fix"]
    assert history.count == len(history.observations)
    assert history.start <= history.observations[0].date <= history.end


def test_a_summary(asking: Any, server: Any, example: Respond) -> None:
    """Its figures are decimals and days."""
    server.says(example("summary_200_month"))
    summary = asking(lambda rates: rates.summary(month="2026-07", kind="fix"))
    assert server.asked == ["/api/v1/rates/summary?month=2026-07&kind=fix"]
    assert summary.mean == Decimal("17.460739")
    assert summary.last.rate - summary.first.rate == summary.change


def test_months(asking: Any, server: Any, example: Respond) -> None:
    """A span of months is named by days or by months."""
    server.says(example("monthly_200_span"))
    monthly = asking(lambda rates: rates.monthly(start=date(2024, 1, 9), end="2024-02", kind="dof"))
    assert server.asked == ["/api/v1/rates/monthly?from=2024-01&to=2024-02&kind=dof"]
    assert monthly.count == len(monthly.months)


@pytest.mark.parametrize("use", ["summary", "monthly"])
def test_a_server_without_the_endpoint_is_said_to_be_older(
    asking: Any, server: Any, example: Respond, use: str
) -> None:
    """It takes the path's last part for a date, which nobody has sent."""
    server.says(example("day_422_no_day"))
    with pytest.raises(NotFound, match="older than this client"):
        asking(lambda rates: getattr(rates, use)(year=2025, kind="fix"))


def test_changes_are_walked_to_their_end(asking: Any, server: Any, example: Respond) -> None:
    """Page after page by its cursor; `since` only begins."""
    page = example("changes_200_since").json()
    server.says(
        httpx.Response(200, json={**page, "more": True, "next": "a"}),
        httpx.Response(200, json={**page, "more": False, "next": "b"}),
    )
    changes = asking(lambda rates: rates.changes(since=datetime(2026, 8, 1, tzinfo=UTC)))
    assert len(changes) == 2 * page["count"]
    assert server.asked == [
        "/api/v1/changes?since=2026-08-01T00:00:00Z",
        "/api/v1/changes?cursor=a",
    ]


def test_pages_of_changes_show_the_cursor(asking: Any, server: Any, example: Respond) -> None:
    """Whoever keeps `next` goes on after it, also where there was nothing new."""
    server.says(example("changes_200_since"))
    (page,) = asking(lambda rates: rates.change_pages(cursor="1-2-c", kind="fix"))
    assert server.asked == ["/api/v1/changes?cursor=1-2-c&kind=fix"]
    assert page.next == server.script[0].json()["next"]


def test_changes_of_another_record_are_not_continued(
    asking: Any, server: Any, example: Respond
) -> None:
    """Its rows would be doubled unnoticed; pages say it by `reset`."""
    server.says(example("changes_200_unknown_timeline"))
    with pytest.raises(CursorReset, match="walk anew"):
        asking(lambda rates: rates.changes(cursor="9-9-c"))
    (page,) = asking(lambda rates: rates.change_pages(cursor="9-9-c"), first=1)
    assert page.reset


def test_a_receipt_is_given_as_stored(asking: Any, server: Any) -> None:
    """Byte for byte, of a kind that is named."""
    server.says(httpx.Response(200, content=b"a.b.c", headers={"content-type": "application/jwt"}))
    assert asking(lambda rates: rates.receipt("2026-08-14", kind="settlement")) == b"a.b.c"
    assert server.asked == ["/api/v1/rates/2026-08-14/receipt?kind=settlement"]
    with pytest.raises(KindRequired):
        asking(lambda rates: rates.receipt("2026-08-14"))


def test_a_payload_is_given_byte_for_byte(asking: Any, server: Any) -> None:
    """What is no hash reaches no other path."""
    sent = httpx.Response(
        200, content=b"\x00\xff", headers={"content-type": "application/octet-stream"}
    )
    server.says(sent)
    assert asking(lambda rates: rates.payload("../../health")) == b"\x00\xff"
    assert server.asked == ["/api/v1/payloads/..%2F..%2Fhealth"]


def test_the_public_keys(asking: Any, server: Any, example: Respond) -> None:
    """The keys have the instant of their making."""
    server.says(example("keys_200_keys"))
    (key,) = asking(lambda rates: rates.keys()).keys
    assert key.created_at.tzinfo is not None
    assert server.asked == ["/.well-known/jwks.json"]


@pytest.mark.parametrize("name", ["health_200_health", "health_503_health"])
def test_health_is_said_by_an_unhealthy_instance_too(
    asking: Any, server: Any, example: Respond, name: str
) -> None:
    """Its 503 is an answer, and not asked for again."""
    server.says(example(name))
    health = asking(lambda rates: rates.health())
    assert health.status == server.script[0].json()["status"]
    assert len(server.requests) == 1
    assert not isinstance(health.performance.response_time_p95, float)


def test_requests_say_who_asks(asking: Any, server: Any, example: Respond) -> None:
    """The user agent names the client and its version."""
    server.says(example("capabilities_200_capabilities"))
    asking(lambda rates: rates.capabilities())
    assert server.requests[0].headers["user-agent"].startswith(f"usdmxn/{__version__} ")


@pytest.mark.parametrize("end", ["/api/v1", "/api/v1/"])
def test_an_address_may_be_that_of_the_api(
    asking: Any, server: Any, example: Respond, end: str
) -> None:
    """Whoever copies it with its path asks the same service."""
    server.says(example("capabilities_200_capabilities"))
    asking(lambda rates: rates.capabilities(), base_url=f"https://rates.example/fx{end}")
    assert str(server.requests[0].url) == "https://rates.example/fx/api/v1"


def test_without_an_address_the_environments_is_asked(
    asking: Any, server: Any, example: Respond, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`USDMXN_URL` as it is when the client is made; an argument wins; else it is this machine."""
    server.says(example("capabilities_200_capabilities"))
    asking(lambda rates: rates.capabilities())
    monkeypatch.setenv("USDMXN_URL", "http://of-environment.example")
    asking(lambda rates: rates.capabilities())
    asking(lambda rates: rates.capabilities(), base_url="http://of-argument.example")
    assert [str(request.url) for request in server.requests] == [
        "http://127.0.0.1:8000/api/v1",
        "http://of-environment.example/api/v1",
        "http://of-argument.example/api/v1",
    ]


def test_an_address_may_have_a_path(asking: Any, server: Any, example: Respond) -> None:
    """With or without a slash at its end."""
    server.says(example("capabilities_200_capabilities"))
    asking(lambda rates: rates.capabilities(), base_url="https://rates.example/fx/")
    assert str(server.requests[0].url) == "https://rates.example/fx/api/v1"
