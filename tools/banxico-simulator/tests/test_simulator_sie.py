"""The SIE's contract, over HTTP, against recorded answers."""

import gzip
from datetime import datetime

import pytest
from simulator_stage import Banxico

from support.clocks import HandClock

RECORDED_RANGE = (
    '{"bmx":{"series":[{"idSerie":"SF43718","titulo":"Tipo de cambio'
    "                                          Pesos por dólar E.U.A. Tipo de cambio para"
    " solventar obligaciones denominadas en moneda extranjera Fecha de determinación (FIX)"
    '","datos":[{"fecha":"02/01/2024","dato":"17.0297"},{"fecha":"03/01/2024","dato":"17.0492"},'
    '{"fecha":"04/01/2024","dato":"17.0458"},{"fecha":"05/01/2024","dato":"16.8987"}]}]}}'
)
RECORDED_METADATA = (
    '{"bmx":{"series":[{"idSerie":"SF43718","titulo":"Tipo de cambio'
    "                                          Pesos por dólar E.U.A. Tipo de cambio para"
    " solventar obligaciones denominadas en moneda extranjera Fecha de determinación (FIX)"
    '","fechaInicio":"12/11/1991","fechaFin":"12/06/2026","periodicidad":"Diaria",'
    '"cifra":"Tipo de Cambio","unidad":"Pesos por Dólar","versionada":false}]}}'
)
RECORDED_BAD_TOKEN = (
    '{"error":{"url":"https://www.banxico.org.mx/SieAPIRest/service/v1/token","mensaje":"Token'
    ' inválido","detalle":"El token enviado no es válido, favor de verificar. Para obtener un'
    ' token consultar la url adjunta."}}'
)
BAD_DATE = (
    '{"error":{"mensaje":"Formato de fecha incorrecto.","detalle":"El formato de la fecha enviada'
    ' es incorrecto. Debe ser yyyy-MM-dd."}}'
)
BAD_SERIES = (
    '{"error":{"mensaje":"Formato de series incorrecto.","detalle":"Formato de series debe ser'
    ' SX####[-SX####][,SX####[-SX####]]"}}'
)


def test_a_range_is_answered_as_recorded(banxico: Banxico) -> None:
    """The first days of 2024 come byte for byte as Banxico sent them, runs of spaces included."""
    answer = banxico.sie("/series/SF43718/datos/2024-01-02/2024-01-05")
    assert answer.status_code == 200
    assert answer.text == RECORDED_RANGE


def test_the_headers_are_those_recorded(banxico: Banxico) -> None:
    """No caching, no length (chunks), Spanish, JSON in UTF-8; no validator."""
    headers = banxico.sie("/series/SF43718/datos/oportuno").headers
    assert headers["cache-control"] == "no-store"
    assert headers["content-language"] == "es"
    assert headers["content-type"] == "application/json;charset=UTF-8"
    assert not {"content-length", "etag", "last-modified"} & set(headers)


def test_gzip_only_if_asked(banxico: Banxico) -> None:
    """The body is compressed for a client that takes gzip and plain for one that doesn't."""
    path = "/series/SF43718/datos"
    zipped = banxico.sie(path, **{"Accept-Encoding": "gzip, deflate"})
    plain = banxico.sie(path, **{"Accept-Encoding": "identity"})
    assert zipped.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert zipped.content == plain.content
    assert len(gzip.compress(plain.content)) < len(plain.content) / 3


def test_metadata_is_answered_as_recorded(banxico: Banxico) -> None:
    """On 2026-06-12 the metadata of the FIX are byte for byte Banxico's."""
    banxico.set_clock("2026-06-12T13:00:00-06:00")
    assert banxico.sie("/series/SF43718").text == RECORDED_METADATA


def test_the_history_is_whole(banxico: Banxico) -> None:
    """From 1991-11-12 to the data's end all 8,767 days are there."""
    banxico.set_clock("2026-09-29T13:00:00-06:00")
    fix = banxico.datos("/series/SF43718/datos")["SF43718"]
    assert len(fix) == 8767
    assert fix["12/11/1991"] == "3.0735"
    assert fix["24/03/2020"] == "25.1185"
    assert fix["02/01/2024"] == "17.0297"


def test_oportuno_before_noon_is_the_day_before(banxico: Banxico) -> None:
    """At 11:00 on 2024-01-02 the last FIX is that of 2023-12-29, and the settlement lies ahead."""
    banxico.set_clock("2024-01-02T11:00:00-06:00")
    assert banxico.datos("/series/SF43718,SF60653/datos/oportuno") == {
        "SF43718": {"29/12/2023": "16.9190"},
        "SF60653": {"03/01/2024": "16.9190"},
    }


def test_oportuno_after_noon_is_the_day(banxico: Banxico, real_time: HandClock) -> None:
    """The clock runs on from where it was set: an hour and two minutes later the FIX is there."""
    banxico.set_clock("2024-01-02T11:00:00-06:00")
    real_time.advance(3720)
    assert banxico.datos("/series/SF43718/datos/oportuno") == {"SF43718": {"02/01/2024": "17.0297"}}


def test_oportuno_of_both_series_as_recorded(banxico: Banxico) -> None:
    """On 2020-11-27 both series answered 20.0777, the settlement for 2020-12-01."""
    banxico.set_clock("2020-11-27T13:00:00-06:00")
    assert banxico.datos("/series/SF43718,SF60653/datos/oportuno") == {
        "SF43718": {"27/11/2020": "20.0777"},
        "SF60653": {"01/12/2020": "20.0777"},
    }


def test_series_come_in_another_order_and_unknown_ones_are_missing(banxico: Banxico) -> None:
    """Of three series two are known, and they come in reverse."""
    answer = banxico.sie("/series/SF43718,SF46410,SF60653/datos/oportuno").json()
    assert [series["idSerie"] for series in answer["bmx"]["series"]] == ["SF60653", "SF43718"]


def test_a_list_of_unknown_series_is_empty(banxico: Banxico) -> None:
    """Two unknown ids are 200 without a series; only a single one is 404."""
    answer = banxico.sie("/series/SF46410,SF46407/datos/oportuno")
    assert (answer.status_code, answer.json()) == (200, {"bmx": {"series": []}})


def test_a_range_without_data_has_no_datos_key(banxico: Banxico) -> None:
    """A weekend is 200 with a series that lacks `datos`."""
    answer = banxico.sie("/series/SF43718/datos/2024-01-06/2024-01-07")
    assert answer.status_code == 200
    assert set(answer.json()["bmx"]["series"][0]) == {"idSerie", "titulo"}


def test_simulated_answers_say_so(banxico: Banxico) -> None:
    """Titles end in SIMULADO exactly when the answer holds a value past the data."""
    real = banxico.sie("/series/SF43718/datos/2026-09-28/2026-09-29").json()
    mixed = banxico.sie("/series/SF43718/datos/2026-09-29/2026-09-30").json()
    assert real["bmx"]["series"][0]["titulo"].endswith("(FIX)")
    assert mixed["bmx"]["series"][0]["titulo"].endswith("(FIX) SIMULADO")


def test_past_the_data_there_are_values_up_to_today(banxico: Banxico) -> None:
    """On Sunday 2026-11-22 the last FIX is Friday's and the settlement reaches Tuesday."""
    latest = banxico.datos("/series/SF43718,SF60653/datos/oportuno")
    assert list(latest["SF43718"]) == ["20/11/2026"]
    assert list(latest["SF60653"]) == ["24/11/2026"]


@pytest.mark.parametrize("token", ["", "x" * 64, "é" * 64])
def test_a_wrong_token_is_answered_as_recorded(banxico: Banxico, token: str) -> None:
    """Missing, wrong and odd tokens get 400 and the recorded body."""
    headers = {b"Bmx-Token": token.encode("latin-1")}
    answer = banxico.http.get("/SieAPIRest/service/v1/series/SF43718", headers=headers)
    assert (answer.status_code, answer.text) == (400, RECORDED_BAD_TOKEN)


def test_the_token_may_come_in_the_query(banxico: Banxico) -> None:
    """`?token=` is accepted, as Banxico does."""
    path = "/SieAPIRest/service/v1/series/SF43718/datos/oportuno"
    assert banxico.http.get(path, params={"token": "t" * 64}).status_code == 200
    assert banxico.http.get(path, params={"token": "x" * 64}).status_code == 400


def test_an_unknown_single_series_is_404_and_no_json(banxico: Banxico) -> None:
    """The body is the container's page."""
    answer = banxico.sie("/series/SF999/datos/oportuno")
    assert answer.status_code == 404
    assert answer.text.startswith("<html>")


def test_an_unknown_path_is_404(banxico: Banxico) -> None:
    """A range with one end only is no path of the SIE."""
    assert banxico.sie("/series/SF43718/datos/2024-01-02").status_code == 404
    assert banxico.sie("").status_code == 404


def test_only_get(banxico: Banxico) -> None:
    """Any other method is 405 and says what is allowed."""
    answer = banxico.http.post("/SieAPIRest/service/v1/series/SF43718")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


@pytest.mark.parametrize(
    "span",
    [
        "2024-1-2/2024-01-05",
        "02-01-2024/2024-01-05",
        "2024-02-30/2024-03-01",
        "x/y",
        "2024-01-05/2024-01-02",
    ],
)
def test_bad_dates(banxico: Banxico, span: str) -> None:
    """A malformed, impossible or reversed range is 400 with the documented body."""
    answer = banxico.sie(f"/series/SF43718/datos/{span}")
    assert (answer.status_code, answer.text) == (400, BAD_DATE)


@pytest.mark.parametrize("ids", ["43718", "SF", "SF43718,", "sf43718", "SF43718;SF60653", "é"])
def test_bad_series(banxico: Banxico, ids: str) -> None:
    """A list of ids of another form is 400 with the documented body."""
    answer = banxico.sie(f"/series/{ids}/datos/oportuno")
    assert (answer.status_code, answer.text) == (400, BAD_SERIES)


def test_more_than_twenty_series(banxico: Banxico) -> None:
    """Twenty ids are answered, twenty-one are 400 with an error node."""
    ids = [f"SF{number}" for number in range(1, 20)] + ["SF43718"]
    assert banxico.sie(f"/series/{','.join(ids)}").status_code == 200
    answer = banxico.sie(f"/series/{','.join([*ids, 'SF60653'])}")
    assert answer.status_code == 400
    assert answer.json()["error"]["mensaje"] == "Número de series excedido."


def test_the_rate_limit_answer(banxico: Banxico) -> None:
    """Request 81 of a minute is 400 with the documented body and both headers."""
    for _ in range(80):
        assert banxico.sie("/series/SF60653/datos/oportuno").status_code == 200
    answer = banxico.sie("/series/SF60653")
    reset = int(datetime.fromisoformat("2026-11-22T18:01:00Z").timestamp())
    assert answer.status_code == 400
    assert answer.json() == {
        "error": {
            "mensaje": "Límite de consultas superado.",
            "detalle": "El límite de consultas ha sido superado. Podrá volver a consultar el"
            " servicio a las 2026-11-22 12:01:00 America/Mexico_City",
            "timeReset": reset,
            "secondsToReset": 60,
        }
    }
    assert answer.headers["bmx-timereset"] == str(reset)
    assert answer.headers["bmx-secondstoreset"] == "60"


def test_after_the_seconds_told_the_limit_is_over(banxico: Banxico, real_time: HandClock) -> None:
    """The other kind of path has its own limit; after secondsToReset this one answers again."""
    for _ in range(81):
        refused = banxico.sie("/series/SF60653/datos/oportuno")
    assert banxico.sie("/series/SF43718/datos/2024-01-02/2024-01-02").status_code == 200
    real_time.advance(refused.json()["error"]["secondsToReset"])
    assert banxico.sie("/series/SF60653/datos/oportuno").status_code == 200
