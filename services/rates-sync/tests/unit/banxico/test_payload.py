"""`parse`: every shape that Banxico's answers were seen or documented to have."""

import hashlib
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rates_contracts.observation import FIX, SETTLEMENT
from rates_sync.banxico.payload import parse
from rates_sync.errors import BadToken, UpstreamError, UpstreamFailure, UpstreamRateLimited
from rates_sync.upstream import Answer, Published, Query

ANSWERS = Path(__file__).parents[2] / "data" / "sie-answers"
NOW = datetime(2026, 8, 13, 18, 5, tzinfo=UTC)
EUR, VOLUME = "SF46410", "SF43695"
FIX_JANUARY = Query((FIX,), date(2024, 1, 1), date(2024, 1, 31))


def read(
    body: bytes | str | dict[str, Any],
    query: Query = FIX_JANUARY,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    now: datetime = NOW,
) -> Answer:
    if isinstance(body, dict):
        body = json.dumps(body)
    if isinstance(body, str):
        body = body.encode()
    return parse(body, status=status, headers=headers or {}, query=query, received_at=now)


def recorded(name: str) -> bytes:
    return (ANSWERS / name).read_bytes()


def bmx(**series: list[Any] | None) -> dict[str, Any]:
    nodes = [
        {"idSerie": name, "titulo": name} | ({} if data is None else {"datos": data})
        for name, data in series.items()
    ]
    return {"bmx": {"series": nodes}}


def datum(fecha: Any, dato: Any) -> dict[str, Any]:
    return {"fecha": fecha, "dato": dato}


def only_rejection(answer: Answer) -> tuple[date | None, str]:
    assert answer.published == ()
    (rejected,) = answer.rejected
    return rejected.date, rejected.reason


class TestRecordedAnswers:
    def test_a_range_keeps_the_values_as_published(self) -> None:
        """A recorded range gives each day's FIX with the digits as published."""
        answer = read(recorded("raw_success_SF43718_2024-01-02_2024-01-05.json"))
        assert answer.published == (
            Published(FIX, date(2024, 1, 2), Decimal("17.0297")),
            Published(FIX, date(2024, 1, 3), Decimal("17.0492")),
            Published(FIX, date(2024, 1, 4), Decimal("17.0458")),
            Published(FIX, date(2024, 1, 5), Decimal("16.8987")),
        )
        assert (answer.rejected, answer.missing_series) == ((), ())

    def test_an_answer_carries_its_bytes_and_their_hash(self) -> None:
        """The raw answer and its SHA-256 come with what was read from it."""
        body = recorded("raw_success_SF43718_2024-01-02_2024-01-05.json")
        answer = read(body)
        assert answer.body == body
        assert answer.sha256 == hashlib.sha256(body).hexdigest()
        assert answer.received_at == NOW

    def test_white_space_in_titles_collapses(self) -> None:
        """Banxico pads its titles; they arrive with single blanks."""
        title = read(recorded("raw_success_SF43718_2024-01-02_2024-01-05.json")).titles[FIX]
        assert title.startswith("Tipo de cambio Pesos por dólar E.U.A.")

    @pytest.mark.parametrize(
        ("name", "series", "day"),
        [
            ("raw_fixture_xint0_SF43718_latest.json", FIX, date(2020, 11, 27)),
            ("raw_fixture_xint0_SF60653_latest.json", SETTLEMENT, date(2020, 12, 1)),
        ],
    )
    def test_the_last_observation_of_a_series(self, name: str, series: str, day: date) -> None:
        """`oportuno` gives one observation of whatever day it is."""
        answer = read(recorded(name), Query((series,)))
        assert answer.published == (Published(series, day, Decimal("20.0777")),)

    def test_a_range_without_the_datos_key_is_empty(self) -> None:
        """A holiday's answer lacks `datos`: a usable answer without values, not an error."""
        answer = read(recorded("shape_success_no_datos_key.json"))
        assert (answer.published, answer.rejected, answer.missing_series) == ((), (), ())

    def test_metadata_read_as_data_has_no_values(self) -> None:
        """A metadata answer names the series and holds no observation."""
        assert read(recorded("raw_metadata_SF43718.json")).published == ()

    def test_an_invalid_token(self) -> None:
        """Banxico's 400 that speaks of the token is a bad token."""
        with pytest.raises(BadToken):
            read(recorded("raw_error_400_invalid_token.json"), status=400)

    def test_a_rate_limit_says_how_long_to_wait(self) -> None:
        """Banxico's 400 with `secondsToReset` is a rate limit, never a bad token."""
        with pytest.raises(UpstreamRateLimited) as caught:
            read(recorded("shape_error_400_rate_limit.json"), status=400)
        assert caught.value.seconds_to_reset == 54

    @pytest.mark.parametrize(
        "name", ["shape_error_400_bad_date.json", "shape_error_400_bad_series_format.json"]
    )
    def test_a_request_that_banxico_refuses(self, name: str) -> None:
        """A 400 about the request is a failure that quotes Banxico's message."""
        with pytest.raises(UpstreamFailure, match="incorrecto") as caught:
            read(recorded(name), status=400)
        assert caught.value.outcome == "refused"

    def test_every_recorded_answer_is_in_a_test(self) -> None:
        """No file of the recorded answers is left without a test here or in the client's."""
        tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
        assert [path.name for path in ANSWERS.iterdir() if path.name not in tests] == []


class TestAnswersThatAreNone:
    @pytest.mark.parametrize(
        ("body", "status", "outcome"),
        [
            ("<!DOCTYPE html><html>Mantenimiento</html>", 200, "html"),
            ("\n  <html>Access denied</html>", 403, "html"),
            ("<html>Bad gateway</html>", 502, "server_error"),
            ('{"bmx":{"series":[{"idSerie":"SF43718","datos":[{"fe', 200, "malformed"),
            ("", 200, "malformed"),
            ("null", 200, "malformed"),
            ("[]", 200, "malformed"),
            ("{}", 200, "malformed"),
            ('{"bmx":{}}', 200, "malformed"),
            ('{"bmx":{"series":[{"idSerie":"SF43718","datos":null}]}}', 200, "malformed"),
            ('{"more":' + "[" * 100_000, 200, "malformed"),
            ("Not found", 404, "refused"),
            ("", 302, "redirect"),
            ("<html>Moved</html>", 301, "redirect"),
            ('{"error":{"mensaje":"Error interno"}}', 500, "server_error"),
        ],
    )
    def test_an_unusable_body_is_a_failure(self, body: str, status: int, outcome: str) -> None:
        """HTML, truncated or foreign bodies, redirects and 5xx count for the breaker."""
        with pytest.raises(UpstreamFailure) as caught:
            read(body, status=status)
        assert caught.value.outcome == outcome
        assert caught.value.body == body.encode()

    def test_bytes_that_are_not_utf8_are_a_failure(self) -> None:
        """A body in another encoding is malformed, not a crash."""
        with pytest.raises(UpstreamFailure):
            read(b'{"bmx":{"series":[{"idSerie":"SF43718","titulo":"d\xf3lar"}]}}')

    def test_data_with_another_status_is_a_failure(self) -> None:
        """Data that a 500 or a redirect carries is not believed."""
        for status in (500, 302, 206):
            with pytest.raises(UpstreamFailure):
                read(bmx(SF43718=[datum("02/01/2024", "17.0297")]), status=status)

    def test_an_error_node_with_200_is_an_error(self) -> None:
        """The body speaks before the status: an `error` node in a 200 is no empty day."""
        with pytest.raises(BadToken):
            read(recorded("raw_error_400_invalid_token.json"), status=200)

    def test_an_answer_without_any_asked_series_is_a_failure(self) -> None:
        """No asked series in the answer means that nothing was verified."""
        for answer in (bmx(), bmx(SF46410=[])):
            with pytest.raises(UpstreamFailure, match="none of the series"):
                read(answer)

    @pytest.mark.parametrize(("body", "status"), [("", 401), ("", 403), ("{}", 401)])
    def test_an_unexplained_401_or_403_is_a_bad_token(self, body: str, status: int) -> None:
        """A refusal without Banxico's words is laid to the token."""
        with pytest.raises(BadToken):
            read(body, status=status)

    @pytest.mark.parametrize(
        ("body", "status", "headers", "seconds"),
        [
            ("", 429, {}, 60),
            ("<html>slow down</html>", 429, {"Retry-After": "7"}, 7),
            ("", 429, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, 60),
            ('{"error":{"mensaje":"Límite de consultas superado."}}', 400, {}, 60),
            ('{"error":{"mensaje":""}}', 400, {"Bmx-secondsToReset": "33"}, 33),
            ('{"error":{"secondsToReset":"54"}}', 400, {"bmx-secondstoreset": "1"}, 54),
            ('{"error":{"secondsToReset":0}}', 400, {}, 1),
            ('{"error":{"secondsToReset":-5}}', 400, {}, 60),
            ('{"error":{"secondsToReset":999999999}}', 400, {}, 86_400),
            ('{"error":{"secondsToReset":54,"mensaje":"token"}}', 400, {}, 54),
        ],
    )
    def test_rate_limits_in_every_dress(
        self, body: str, status: int, headers: dict[str, str], seconds: int
    ) -> None:
        """A rate limit is known by status, field, header or word; its wait is kept in bounds."""
        with pytest.raises(UpstreamRateLimited) as caught:
            read(body, status=status, headers=headers)
        assert caught.value.seconds_to_reset == seconds

    @given(st.binary(max_size=60), st.sampled_from([200, 302, 400, 401, 404, 429, 500]))
    def test_no_body_breaks_the_parser(self, body: bytes, status: int) -> None:
        """Whatever bytes come, the outcome is an answer or an expected error."""
        try:
            read(body, status=status)
        except UpstreamError as error:
            assert error.outcome  # noqa: PT017  any expected error will do


class TestSeries:
    def test_another_order_than_asked(self) -> None:
        """Series are matched by their id, whatever their order."""
        answer = read(
            bmx(
                SF60653=[datum("04/01/2024", "17.0297")],
                SF43718=[datum("02/01/2024", "17.0297")],
            ),
            Query((FIX, SETTLEMENT), date(2024, 1, 1), date(2024, 1, 10)),
        )
        assert [(datum.series, datum.date.day) for datum in answer.published] == [
            (FIX, 2),
            (SETTLEMENT, 4),
        ]

    def test_a_series_that_is_silently_missing(self) -> None:
        """A series that Banxico left out is named, the others are used."""
        answer = read(bmx(SF43718=[]), Query((FIX, "SF99999")))
        assert answer.missing_series == ("SF99999",)

    def test_a_series_nobody_asked_for(self) -> None:
        """Values of a foreign series are set aside, not recorded."""
        answer = read(bmx(SF43718=[], SF46410=[datum("02/01/2024", "18.6")]))
        assert only_rejection(answer) == (date(2024, 1, 2), "series not asked for")

    def test_no_observation_is_neither_published_nor_rejected(self) -> None:
        """`N/E` says that there is no observation: nothing to keep."""
        answer = read(bmx(SF43718=[datum("02/01/2024", "N/E")]))
        assert (answer.published, answer.rejected) == ((), ())

    def test_observations_ascend_whatever_their_order(self) -> None:
        """Days are sorted, so that what follows need not care how they came."""
        answer = read(bmx(SF43718=[datum("03/01/2024", "17.0492"), datum("02/01/2024", "17.0297")]))
        assert [datum.date.day for datum in answer.published] == [2, 3]


class TestValues:
    @pytest.mark.parametrize(
        "dato",
        [
            "18,3500", "17.03", "17.02970", "17", "", " 17.0297", "17.0297\n", "1,017.0297",
            "017.0297", "+17.0297", "-17.0297", "0.0000", "NaN", "Infinity", "1e1", "1.7e+1000",
            "１７.0297", ".0297", "17.", "n/e", "1234567890.0000",
        ],
    )  # fmt: skip
    def test_a_fix_is_four_decimals_and_positive(self, dato: str) -> None:
        """A FIX of another form is rejected for review, with its day."""
        answer = read(bmx(SF43718=[datum("02/01/2024", dato)]))
        day, reason = only_rejection(answer)
        assert day == date(2024, 1, 2)
        assert reason.startswith("dato is not")

    def test_the_last_zero_survives(self) -> None:
        """The value keeps the digits as published, to the last zero."""
        (published,) = read(bmx(SF43718=[datum("02/01/2024", "17.0500")])).published
        assert str(published.value) == "17.0500"

    @pytest.mark.parametrize(
        ("dato", "value"),
        [("193,045.50", "193045.50"), ("1,234,567", "1234567"), ("18.6", "18.6"), ("5", "5")],
    )
    def test_thousands_commas_in_other_series(self, dato: str, value: str) -> None:
        """Large series carry thousands commas; they are read for what they are."""
        (published,) = read(bmx(SF43695=[datum("02/01/2024", dato)]), Query((VOLUME,))).published
        assert str(published.value) == value

    @pytest.mark.parametrize("dato", ["18,3500", "1,23", ",123", "1234,567", "12,345,67.8"])
    def test_commas_elsewhere_are_an_error(self, dato: str) -> None:
        """A comma that parts no thousands is an error in any series, never ignored."""
        answer = read(bmx(SF46410=[datum("02/01/2024", dato)]), Query((EUR,)))
        assert only_rejection(answer)[1] == "dato is not a number"

    @pytest.mark.parametrize("wire", ["17.0297", "17", "null", "true", '["17.0297"]'])
    def test_a_json_number_is_rejected(self, wire: str) -> None:
        """A `dato` that is no string would have passed a float: rejected, its JSON kept."""
        body = json.dumps(bmx(SF43718=["DATUM"]))
        odd = f'{{"fecha":"02/01/2024","dato":{wire}}}'
        (rejected,) = read(body.replace('"DATUM"', odd)).rejected
        assert rejected.raw == odd
        assert rejected.reason.startswith("not a datum: Expected `str`")

    @pytest.mark.parametrize("odd", [None, "17.0297", [], {}, {"fecha": "02/01/2024"}, 3])
    def test_a_datum_of_another_shape_is_rejected_alone(self, odd: Any) -> None:
        """One odd datum does not take its neighbours with it."""
        answer = read(bmx(SF43718=[odd, datum("03/01/2024", "17.0492")]))
        assert [datum.date.day for datum in answer.published] == [3]
        assert len(answer.rejected) == 1

    def test_the_kept_json_is_bounded(self) -> None:
        """An enormous datum is kept in the quarantine by its beginning."""
        (rejected,) = read(bmx(SF43718=[datum("02/01/2024", "9" * 5_000)])).rejected
        assert len(rejected.raw) == 200


class TestDays:
    @pytest.mark.parametrize(
        "fecha",
        ["2024-01-02", "31/02/2024", "00/01/2024", "1/1/2024", "", "02/01/24", "02/01/0000", "x"],
    )
    def test_nonsense_is_rejected_without_a_day(self, fecha: str) -> None:
        """What is no day of the calendar is rejected, its JSON kept."""
        day, reason = only_rejection(read(bmx(SF43718=[datum(fecha, "17.0297")])))
        assert day is None
        assert reason.startswith("fecha is not")

    def test_dates_are_day_first(self) -> None:
        """`03/01` is the third of January."""
        (published,) = read(bmx(SF43718=[datum("03/01/2024", "17.0492")])).published
        assert published.date == date(2024, 1, 3)

    @pytest.mark.parametrize(("fecha", "day"), [("31/12/2023", 31), ("01/02/2024", 1)])
    def test_a_day_outside_the_range_is_rejected(self, fecha: str, day: int) -> None:
        """A day that was not asked for is a sign of a mixed-up answer."""
        rejected, reason = only_rejection(read(bmx(SF43718=[datum(fecha, "17.0297")])))
        assert rejected is not None
        assert (rejected.day, reason) == (day, "day not asked for")

    def test_both_ends_of_the_range_belong_to_it(self) -> None:
        """The range that was asked for includes its first and its last day."""
        ends = [datum("01/01/2024", "17.0000"), datum("31/01/2024", "17.0000")]
        assert len(read(bmx(SF43718=ends)).published) == 2

    def test_a_fix_from_the_future_is_rejected(self) -> None:
        """No FIX is determined after today in Mexico City, whatever the day is in UTC."""
        evening = datetime(2026, 8, 14, 1, 0, tzinfo=UTC)  # 19:00 of the 13th in Mexico City
        answer = read(bmx(SF43718=[datum("14/08/2026", "17.0297")]), Query((FIX,)), now=evening)
        assert only_rejection(answer)[1] == "determined after today in Mexico City"

    def test_the_fix_of_today_is_published(self) -> None:
        """Today's FIX is what the polls at noon are for."""
        today = bmx(SF43718=[datum("13/08/2026", "17.0530")])
        assert len(read(today, Query((FIX,))).published) == 1

    def test_a_settlement_rate_lies_ahead(self) -> None:
        """SF60653 carries future days, as far as the FIX is determined."""
        answer = read(bmx(SF60653=[datum("17/08/2026", "17.0297")]), Query((SETTLEMENT,)))
        assert len(answer.published) == 1

    def test_a_day_with_two_values_is_rejected(self) -> None:
        """Of two values for a day neither can be trusted: both are kept for review."""
        twice = [datum("02/01/2024", "17.0297"), datum("02/01/2024", "17.0298")]
        answer = read(bmx(SF43718=[*twice, datum("03/01/2024", "17.0492")]))
        assert [datum.date.day for datum in answer.published] == [3]
        assert [(datum.date, datum.reason) for datum in answer.rejected] == [
            (date(2024, 1, 2), "the day came twice with different values")
        ] * 2

    def test_a_day_that_came_twice_alike_counts_once(self) -> None:
        """A mere repetition is no contradiction."""
        twice = [datum("02/01/2024", "17.0297")] * 2
        answer = read(bmx(SF43718=twice))
        assert len(answer.published) == 1
        assert answer.rejected == ()
