"""`parse`: every shape that Banxico's answers were seen or documented to have."""

import codecs
import hashlib
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rates_contracts.observation import FIX, SETTLEMENT
from rates_sync.banxico.payload import MAX_ROWS, parse
from rates_sync.errors import BadToken, UpstreamError, UpstreamFailure, UpstreamRateLimited
from rates_sync.upstream import Answer, Published, Query

ANSWERS = Path(__file__).parents[2] / "data" / "sie-answers"
NOW = datetime(2026, 8, 13, 18, 5, tzinfo=UTC)
DATE = "Thu, 13 Aug 2026 18:05:00 GMT"
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
    return parse(
        body,
        status=status,
        headers=headers or {},
        query=query,
        asked_at=now - timedelta(seconds=1),
        received_at=now,
    )


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


def only_kind(answer: Answer) -> tuple[date | None, str]:
    (rejected,) = answer.rejected
    return rejected.date, rejected.kind


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
            ('{"bmx":{"series":null}}', 200, "malformed"),
            ('{"bmx":{"series":[null]}}', 200, "malformed"),
            ('{"bmx":{"series":[{"idSerie":7}]}}', 200, "malformed"),
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

    @pytest.mark.parametrize(
        ("body", "headers"),
        [
            ('{"error":{"mensaje":"Token inválido"}}', {}),
            ('{"error":{"secondsToReset":54}}', {"Bmx-secondsToReset": "54"}),
            ("<html>the token service is down</html>", {"Retry-After": "54"}),
            (json.dumps(bmx(SF43718=[datum("02/01/2024", "17.0297")])), {"Retry-After": "54"}),
        ],
    )
    @pytest.mark.parametrize("status", [500, 502, 503, 599])
    def test_an_outage_is_a_failure_whatever_it_says(
        self, body: str, headers: dict[str, str], status: int
    ) -> None:
        """Protocol rule 34: from 500 on neither words nor headers make a neutral outcome."""
        with pytest.raises(UpstreamFailure) as caught:
            read(body, status=status, headers=headers)
        assert caught.value.outcome == "server_error"

    @pytest.mark.parametrize(
        ("hint", "seconds"),
        [
            ("54", 54), ("0", 1), ("999999999", 999_999_999), (None, None), ("soon", None),
            ("9" * 41, None), ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ],
    )  # fmt: skip
    def test_an_outage_says_when_to_ask_again(self, hint: str | None, seconds: int | None) -> None:
        """The wait of an outage comes with the failure."""
        with pytest.raises(UpstreamFailure) as caught:
            read("", status=503, headers={} if hint is None else {"Retry-After": hint})
        assert caught.value.retry_after == seconds

    def test_a_byte_order_mark_hides_no_page(self) -> None:
        """Protocol rule 34: a page after a BOM is a page; with 403 it says nothing of the token."""
        for status in (200, 403):
            with pytest.raises(UpstreamFailure) as caught:
                read(b"\xef\xbb\xbf<html>Access denied</html>", status=status)
            assert caught.value.outcome == "html"

    def test_data_with_another_status_is_a_failure(self) -> None:
        """Data that a 500 or a redirect carries is not believed."""
        for status in (500, 302, 206):
            with pytest.raises(UpstreamFailure):
                read(bmx(SF43718=[datum("02/01/2024", "17.0297")]), status=status)

    def test_an_error_node_with_200_is_an_error(self) -> None:
        """The body speaks before the status: an `error` node in a 200 is no empty day."""
        with pytest.raises(BadToken):
            read(recorded("raw_error_400_invalid_token.json"), status=200)

    def test_an_error_node_outweighs_data_beside_it(self) -> None:
        """Data that come with an `error` are not believed."""
        data = bmx(SF43718=[datum("02/01/2024", "17.0297")])
        with pytest.raises(UpstreamFailure) as caught:
            read(data | {"error": {"mensaje": "Error interno"}})
        assert caught.value.outcome == "refused"
        assert len(read(data | {"error": None}).published) == 1

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
            ('{"error":{"secondsToReset":999999999}}', 400, {}, 999_999_999),
            ('{"error":{"secondsToReset":99999999999}}', 400, {}, 2**31),
            ('{"error":{"secondsToReset":[]}}', 400, {}, 60),
            ('{"error":{"timeReset":1786644390}}', 400, {"Date": DATE}, 90),
            ('{"error":{"mensaje":"L\\u00edmite de consultas"}}', 400, {}, 60),
            ('{"error":{"secondsToReset":54,"mensaje":"token"}}', 400, {}, 54),
            ('{"error":{"secondsToReset":54,"mensaje":null}}', 400, {}, 54),
            ('{"error":{"mensaje":"Token"}}', 400, {"Bmx-secondsToReset": "33"}, 33),
            ("", 400, {"Bmx-secondsToReset": "120"}, 120),
            ("<html>slow down</html>", 403, {"Bmx-timeReset": "1785888000"}, 60),
            ("", 403, {"Bmx-timeReset": "1786644390", "Date": DATE}, 90),
            ("", 403, {"Bmx-timeReset": "1785888000", "Date": DATE}, 1),
            ("", 429, {"Retry-After": "Thu, 13 Aug 2026 18:06:30 GMT", "Date": DATE}, 90),
            ("<html>slow down</html>", 200, {"Retry-After": "7"}, 7),
            ('{"error":"?"}', 401, {"Retry-After": "7"}, 7),
            ('{"error":{"mensaje":""}}', 400, {"Retry-After": "7"}, 7),
        ],
    )
    def test_rate_limits_in_every_dress(
        self, body: str, status: int, headers: dict[str, str], seconds: int
    ) -> None:
        """A rate limit is known by status, field, header or word; its end is by Banxico's clock."""
        with pytest.raises(UpstreamRateLimited) as caught:
            read(body, status=status, headers=headers)
        assert caught.value.seconds_to_reset == seconds

    def test_words_about_the_token_outweigh_a_bare_wait(self) -> None:
        """Banxico's own words are read before a `Retry-After` that anyone could have added."""
        body = recorded("raw_error_400_invalid_token.json")
        with pytest.raises(BadToken):
            read(body, status=400, headers={"Retry-After": "7"})

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

    def test_series_nobody_asked_for(self) -> None:
        """Protocol rule 34: foreign series are set aside by their number and hash, in one piece."""
        foreign = {f"SF{number}": [datum("02/01/2024", "18.6")] * 9 for number in range(500)}
        answer = read(bmx(SF43718=[], **foreign))
        (rejected,) = answer.rejected
        assert rejected.raw.startswith("500 series, sha256 ")
        assert (rejected.kind, rejected.date, answer.published) == ("unasked", None, ())
        assert len(rejected.reason) == 200
        assert list(answer.titles) == [FIX]

    @pytest.mark.parametrize("entry", [None, 7, "SF60653", [], {}, {"idSerie": None}])
    def test_an_entry_that_is_no_series_costs_itself(self, entry: Any) -> None:
        """Protocol rule 34: an odd entry is rejected, the series beside it is read."""
        body = bmx(SF43718=[datum("02/01/2024", "17.0297")])
        body["bmx"]["series"].insert(0, entry)
        answer = read(body, Query((FIX, SETTLEMENT)))
        assert [row.date.day for row in answer.published] == [2]
        assert only_kind(answer) == (None, "undated")
        assert answer.missing_series == (SETTLEMENT,)

    @pytest.mark.parametrize("data", [None, 7, "x", {}])
    def test_data_of_another_shape_cost_their_series(self, data: Any) -> None:
        """Protocol rule 34: the series is in the answer, with nothing usable and no day read."""
        body = bmx(SF43718=[datum("02/01/2024", "17.0297")], SF60653=[])
        body["bmx"]["series"][1]["datos"] = data
        answer = read(body, Query((FIX, SETTLEMENT)))
        assert [row.series for row in answer.published] == [FIX]
        assert answer.rejected[0].series == SETTLEMENT
        assert only_kind(answer) == (None, "undated")
        assert answer.missing_series == ()

    @pytest.mark.parametrize("title", [None, 7, [], {"es": "FIX"}])
    def test_a_title_of_another_shape_costs_the_title(self, title: Any) -> None:
        """Protocol rule 34: no value depends on `titulo`."""
        body = bmx(SF43718=[datum("02/01/2024", "17.0297")])
        body["bmx"]["series"][0]["titulo"] = title
        answer = read(body)
        assert (len(answer.published), answer.titles, answer.rejected) == (1, {FIX: ""}, ())

    @pytest.mark.parametrize(
        ("content_type", "title"),
        [
            ("application/json;charset=ISO-8859-1", "Tipo de cambio en dólares"),
            ('application/json; charset="windows-1252"', "Tipo de cambio en dólares"),
            ("application/json;charset=UTF-8", "Tipo de cambio en d\ufffdlares"),
            ("application/json;charset=klingon", "Tipo de cambio en d\ufffdlares"),
            ("application/json;charset=us-ascii", "Tipo de cambio en d\ufffdlares"),
            ("application/json;charset=hex", "Tipo de cambio en d\ufffdlares"),
            ("application/json;charset=punycode", "Tipo de cambio en d\ufffdlares"),
            ("application/json", "Tipo de cambio en d\ufffdlares"),
        ],
    )
    def test_a_latin_letter_costs_itself(self, content_type: str, title: str) -> None:
        """Protocol rule 34: the declared charset is honoured; without it a bad byte is replaced."""
        body = bmx(SF43718=[datum("02/01/2024", "17.0297")])
        body["bmx"]["series"][0]["titulo"] = "Tipo de cambio en dólares"
        latin = json.dumps(body, ensure_ascii=False).encode("latin-1")
        answer = read(latin, headers={"Content-Type": content_type})
        assert (len(answer.published), answer.titles[FIX]) == (1, title)
        assert answer.body == latin

    @pytest.mark.parametrize("charset", ["UTF-8", "ISO-8859-1"])
    def test_a_byte_order_mark_costs_itself(self, charset: str) -> None:
        """Protocol rule 34: a BOM tells UTF-8, whatever is declared, and is no part of the JSON."""
        body = codecs.BOM_UTF8 + recorded("raw_success_SF43718_2024-01-02_2024-01-05.json")
        headers = {"Content-Type": f"application/json;charset={charset}"}
        answer = read(body, headers=headers)
        assert len(answer.published) == 4
        assert "dólar" in answer.titles[FIX]

    def test_a_byte_order_mark_and_a_latin_letter_cost_themselves(self) -> None:
        """Protocol rule 34: the one does not take the answer with it where the other stands."""
        body = bmx(SF43718=[datum("02/01/2024", "17.0297")])
        body["bmx"]["series"][0]["titulo"] = "dólares"
        latin = json.dumps(body, ensure_ascii=False).encode("latin-1")
        answer = read(codecs.BOM_UTF8 + latin)
        assert (len(answer.published), answer.titles[FIX]) == (1, "d\ufffdlares")

    @pytest.mark.parametrize(
        ("wire", "title"),
        [
            (r"d\ud800lares", "d\ufffdlares"),
            (r"d\ud83d\u00f3lares", "d\ufffd\xf3lares"),
            (r"d\xf3lares", "d\ufffdxf3lares"),
            (r"d\u00lares", "d\ufffdu00lares"),
            ("d\x00lares\x1a", "d lares"),
            ("en\r\n\tdólares", "en dólares"),
            ("\x01" + r"a \"\\ \ud83d\ude00 \u00f3", 'a "\\ \U0001f600 \xf3'),
        ],
    )
    def test_what_json_forbids_in_a_text_costs_itself(self, wire: str, title: str) -> None:
        """Protocol rule 34: a lone surrogate, a bad escape, a control character in `titulo`."""
        body = json.dumps(bmx(SF43718=[datum("02/01/2024", "17.0297")]), indent=1)
        answer = read(body.replace('"titulo": "SF43718"', f'"titulo": "{wire}"') + "\x00")
        assert ([row.date.day for row in answer.published], answer.titles[FIX]) == ([2], title)

    def test_an_endless_title_is_cut(self) -> None:
        """Protocol rule 34: what is held of an answer is bounded."""
        body = bmx(SF43718=[])
        body["bmx"]["series"][0]["titulo"] = "x" * 1_000_000
        assert len(read(body).titles[FIX]) == 200

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
        assert rejected.reason.startswith("dato is not text: Expected `str`")

    @pytest.mark.parametrize("odd", [{}, {"dato": 17.0297}, {"dato": None}, {"dato": "N/A"}])
    def test_an_unusable_value_keeps_its_day(self, odd: dict[str, Any]) -> None:
        """Protocol rule 28: whatever the value, its day is under review if it can be read."""
        answer = read(bmx(SF43718=[{"fecha": "02/01/2024"} | odd]))
        assert only_kind(answer) == (date(2024, 1, 2), "unusable")

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


class TestNumbers:
    """Protocol rule 34: whatever an answer holds, what is kept of it is few."""

    def test_many_data_of_a_kind_are_one(self) -> None:
        """A history instead of the range: by number and hash, beside the day that was asked for."""
        history = [datum(f"{day:02}/{month:02}/2023", "17.0297") for month in range(1, 13)
                   for day in range(1, 29)]  # fmt: skip
        answer = read(bmx(SF43718=[*history, datum("02/01/2024", "17.0297")]))
        assert [row.date.day for row in answer.published] == [2]
        (rejected,) = answer.rejected
        assert rejected.raw.startswith("336 data, sha256 ")
        assert "01/01/2023" in rejected.raw
        assert (rejected.date, rejected.kind) == (None, "unasked")

    def test_few_data_of_a_kind_stay_apart(self) -> None:
        """Up to ten are kept as they are."""
        answer = read(bmx(SF43718=[datum(f"{day:02}/12/2023", "17.0297") for day in range(1, 11)]))
        assert [row.date.day for row in answer.rejected if row.date] == [*range(1, 11)]

    def test_their_hash_tells_them_apart(self) -> None:
        """The same data are the same row in the quarantine, others are another."""
        rows = [[datum(f"x{n}", "17.0297") for n in range(at, at + 11)] for at in (0, 0, 1)]
        first, again, other = (read(bmx(SF43718=data)).rejected for data in rows)
        assert first == again
        assert first != other

    def test_each_day_that_was_asked_for_keeps_its_own(self) -> None:
        """Protocol rule 28: a day whose value can't be used is under review, however many are."""
        answer = read(bmx(SF43718=[datum(f"{day:02}/01/2024", "17,02") for day in range(1, 32)]))
        assert [row.date.day for row in answer.rejected if row.date] == [*range(1, 32)]

    def test_a_day_with_endless_values_is_one(self) -> None:
        """All the values of one day are set aside as one, and the day is under review."""
        endless = [datum("02/01/2024", f"17.{n:04}") for n in range(1000)]
        answer = read(bmx(SF43718=[*endless, datum("03/01/2024", "17.0492")]))
        assert [row.date.day for row in answer.published] == [3]
        assert only_kind(answer) == (date(2024, 1, 2), "unusable")

    def test_endless_rows_cost_their_series(self) -> None:
        """More rows than any series has are none, however they are spread; the FIX is read."""
        rows = [datum("02/01/2024", "17.0297")] * (MAX_ROWS // 2 + 1)
        body = bmx(SF60653=rows, SF43718=rows[:1])
        body["bmx"]["series"].append(body["bmx"]["series"][0])
        answer = read(body, Query((FIX, SETTLEMENT), date(2024, 1, 1), date(2024, 1, 31)))
        assert (FIX, 2) in [(row.series, row.date.day) for row in answer.published]
        assert only_kind(answer) == (None, "undated")
        assert answer.rejected[0].series == SETTLEMENT

    def test_endless_odd_entries_are_one(self) -> None:
        """Entries that are no series are counted, not listed."""
        body = bmx(SF43718=[datum("02/01/2024", "17.0297")])
        body["bmx"]["series"] += [None] * 1000
        answer = read(body)
        assert len(answer.published) == len(answer.rejected) == 1


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

    @pytest.mark.parametrize("fecha", ["2024-01-02", None, 20240102, ["02/01/2024"]])
    def test_a_day_that_cannot_be_read_is_undated(self, fecha: Any) -> None:
        """Protocol rule 25: a row without a readable day covers nothing; its kind says so."""
        answer = read(bmx(SF43718=[datum(fecha, "17.0297")]))
        assert only_kind(answer) == (None, "undated")

    def test_dates_are_day_first(self) -> None:
        """`03/01` is the third of January."""
        (published,) = read(bmx(SF43718=[datum("03/01/2024", "17.0492")])).published
        assert published.date == date(2024, 1, 3)

    @pytest.mark.parametrize(("fecha", "day"), [("31/12/2023", 31), ("01/02/2024", 1)])
    def test_a_day_outside_the_range_is_rejected(self, fecha: str, day: int) -> None:
        """A day that was not asked for is a sign of a mixed-up answer."""
        answer = read(bmx(SF43718=[datum(fecha, "17.0297")]))
        rejected, reason = only_rejection(answer)
        assert rejected is not None
        assert (rejected.day, reason) == (day, "day not asked for")
        assert only_kind(answer) == (rejected, "unasked")

    def test_both_ends_of_the_range_belong_to_it(self) -> None:
        """The range that was asked for includes its first and its last day."""
        ends = [datum("01/01/2024", "17.0000"), datum("31/01/2024", "17.0000")]
        assert len(read(bmx(SF43718=ends)).published) == 2

    def test_a_fix_from_the_future_is_rejected(self) -> None:
        """No FIX is determined after today in Mexico City, whatever the day is in UTC."""
        evening = datetime(2026, 8, 14, 1, 0, tzinfo=UTC)  # 19:00 of the 13th in Mexico City
        answer = read(bmx(SF43718=[datum("14/08/2026", "17.0297")]), Query((FIX,)), now=evening)
        assert only_rejection(answer)[1] == "determined after today in Mexico City"
        assert only_kind(answer)[1] == "unasked"

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


class TestTimes:
    def test_an_answer_knows_its_question(self) -> None:
        """What was asked for, and when by our clock, comes with the answer."""
        answer = read(bmx(SF43718=[]))
        assert answer.query == FIX_JANUARY
        assert (answer.asked_at, answer.received_at) == (NOW - timedelta(seconds=1), NOW)

    @pytest.mark.parametrize(
        "date",
        [
            "Thu, 13 Aug 2026 18:04:58 GMT",
            "Thursday, 13-Aug-26 18:04:58 GMT",
            "Thu Aug 13 18:04:58 2026",
            "Thu, 13 Aug 2026 12:04:58 -0600",
        ],
    )
    def test_date_is_when_banxico_answered(self, date: str) -> None:
        """Protocol rule 27: `Date` is read in each form that HTTP knows, as UTC."""
        answer = read(bmx(SF43718=[]), headers={"Date": date})
        assert answer.answered_at == datetime(2026, 8, 13, 18, 4, 58, tzinfo=UTC)

    @pytest.mark.parametrize(
        "date",
        [
            "", "yesterday", "Thu, 13 Aug 2026 25:04:58 GMT", "Thu, 13 Aug 99999 18:04:58 GMT",
            "Fri, 31 Dec 9999 23:59:59 -0100", "Thu, 13 Aug 2026 18:04:58 +99999999999",
        ],
    )  # fmt: skip
    def test_an_unreadable_date_is_none(self, date: str) -> None:
        """A missing or nonsensical `Date` says nothing and costs nothing."""
        assert read(bmx(SF43718=[]), headers={"Date": date}).answered_at is None
        assert read(bmx(SF43718=[])).answered_at is None

    @pytest.mark.parametrize(
        ("age", "seconds"),
        [("0", 0), ("86400", 86_400), ("9" * 30, 2**31), ("", 0), ("-5", 0), ("1.5", 0), ("x", 0)],
    )
    def test_age_is_how_long_a_cache_held_it(self, age: str, seconds: int) -> None:
        """Protocol rule 27: `Age` in seconds, zero when it is missing or can't be read."""
        answer = read(bmx(SF43718=[]), headers={"AGE": age})
        assert answer.age == timedelta(seconds=seconds)
        assert read(bmx(SF43718=[])).age == timedelta()

    @given(st.text(), st.text(), st.text(), st.text())
    def test_no_header_breaks_the_parser(
        self, date: str, age: str, content_type: str, wait: str
    ) -> None:
        """Whatever headers come, a good answer stays one, a bad one is an expected error."""
        headers = {"Date": date, "Age": age, "Content-Type": content_type, "Retry-After": wait}
        with pytest.raises(UpstreamError):
            read("", headers={**headers, "Bmx-timeReset": wait})
        body = bmx(SF43718=[datum("02/01/2024", "17.0297")])
        assert len(read(body, headers=headers).published) == 1
