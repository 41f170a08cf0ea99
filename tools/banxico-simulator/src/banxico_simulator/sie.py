"""Banxico's side of the wire: answers in the SIE's own shape.

Pure: values and instants come in as arguments. Bodies follow recorded answers where there are some;
those marked "assembled" follow documentation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import msgspec

from banxico_simulator.clock import MEXICO_CITY
from banxico_simulator.published.publication import Observation
from banxico_simulator.published.series import FIX, SETTLEMENT

BASE_PATH = "/SieAPIRest/service/v1"
MAX_SERIES = 20

JSON_TYPE = "application/json;charset=UTF-8"
HTML_TYPE = "text/html;charset=utf-8"

_TITLE = (
    "Tipo de cambio                                          Pesos por dólar E.U.A. Tipo de cambio"
    " para solventar obligaciones denominadas en moneda extranjera Fecha de "
)
_TITLES = {FIX: f"{_TITLE}determinación (FIX)", SETTLEMENT: f"{_TITLE}liquidación"}
SIMULATED_MARK = " SIMULADO"
"""Ends the title of an answer that holds a value which never was Banxico's."""


@dataclass(frozen=True)
class Answer:
    """What goes back over the wire; `outcome` is its name in the request counts."""

    outcome: str
    body: bytes
    status: int = 200
    content_type: str = JSON_TYPE
    headers: tuple[tuple[str, str], ...] = ()


class Refusal(Exception):
    """Ends the handling of a request with an error answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.outcome)
        self.answer = answer


def page(code: str, text: str) -> bytes:
    """An HTML page as a front end shows one."""
    return f"<html><head><title>{code}</title></head><body><h1>{text}</h1></body></html>".encode()


def _error(outcome: str, **error: str | int) -> Answer:
    return Answer(outcome, msgspec.json.encode({"error": error}), 400)


BAD_TOKEN = _error(
    "bad_token",
    url=f"https://www.banxico.org.mx{BASE_PATH}/token",
    mensaje="Token inválido",
    detalle="El token enviado no es válido, favor de verificar."
    " Para obtener un token consultar la url adjunta.",
)
"""The token is missing or not the accepted one (recorded)."""
BAD_DATE = _error(
    "bad_date",
    mensaje="Formato de fecha incorrecto.",
    detalle="El formato de la fecha enviada es incorrecto. Debe ser yyyy-MM-dd.",
)
"""A day that is not `yyyy-MM-dd`, or a range that ends before it begins (assembled)."""
BAD_SERIES = _error(
    "bad_series",
    mensaje="Formato de series incorrecto.",
    detalle="Formato de series debe ser SX####[-SX####][,SX####[-SX####]]",
)
"""A list of ids that is not one (assembled)."""
TOO_MANY_SERIES = _error(
    "too_many_series",
    mensaje="Número de series excedido.",
    detalle=f"El número máximo de series por consulta es {MAX_SERIES}.",
)
"""More than 20 ids (assembled: that it is refused is documented, its words are not)."""
METHOD_NOT_ALLOWED = Answer(
    "bad_method", page("405", "Method Not Allowed"), 405, HTML_TYPE, (("Allow", "GET"),)
)
"""Anything but GET."""


def datos(observed: Mapping[str, Sequence[Observation]]) -> Answer:
    """Observations by series; a series without any has no `datos` key."""
    body = {"bmx": {"series": [_series(series, rows) for series, rows in observed.items()]}}
    return Answer("ok" if any(observed.values()) else "no_data", msgspec.json.encode(body))


def _series(series: str, rows: Sequence[Observation]) -> dict[str, Any]:
    node: dict[str, Any] = {"idSerie": series, "titulo": _title(series, rows)}
    if rows:
        node["datos"] = [{"fecha": _fecha(row.day), "dato": row.rate} for row in rows]
    return node


def metadata(spans: Mapping[str, tuple[Observation, Observation]]) -> Answer:
    """What each series is, with the first and last day of its observations."""
    body = {"bmx": {"series": [_metadata(series, span) for series, span in spans.items()]}}
    return Answer("ok", msgspec.json.encode(body))


def _metadata(series: str, span: tuple[Observation, Observation]) -> dict[str, Any]:
    return {
        "idSerie": series,
        "titulo": _title(series, span),
        "fechaInicio": _fecha(span[0].day),
        "fechaFin": _fecha(span[1].day),
        "periodicidad": "Diaria",
        "cifra": "Tipo de Cambio",
        "unidad": "Pesos por Dólar",
        "versionada": False,
    }


def _title(series: str, rows: Sequence[Observation]) -> str:
    return _TITLES[series] + SIMULATED_MARK * any(row.simulated for row in rows)


def _fecha(when: date) -> str:
    return when.strftime("%d/%m/%Y")


def rate_limited(now: datetime, seconds: int) -> Answer:
    """The quota is spent and opens again `seconds` after `now` (assembled)."""
    reset = int(now.timestamp()) + seconds
    local = datetime.fromtimestamp(reset, MEXICO_CITY)
    refusal = _error(
        "rate_limited",
        mensaje="Límite de consultas superado.",
        detalle="El límite de consultas ha sido superado. Podrá volver a consultar el servicio"
        f" a las {local:%Y-%m-%d %H:%M:%S} America/Mexico_City",
        timeReset=reset,
        secondsToReset=seconds,
    )
    headers = (("Bmx-timeReset", str(reset)), ("Bmx-secondsToReset", str(seconds)))
    return replace(refusal, headers=headers)


def not_found(outcome: str) -> Answer:
    """An unknown single series or path: the container's page, not JSON."""
    return Answer(outcome, page("404", "Not Found"), 404, HTML_TYPE)
