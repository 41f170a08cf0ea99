"""Every problem as a guide explains it: in English by the table of the API, here in Spanish."""

from typing import NamedTuple

from rates_api.http.problems import PROBLEMS
from rates_api.pages.language import Language


class ExplainedProblem(NamedTuple):
    """What a problem is called, what it means, and what to do about it."""

    title: str
    explanation: str


IN_SPANISH: dict[str, ExplainedProblem] = {
    "invalid-parameters": ExplainedProblem(
        "Parámetros incorrectos",
        "Uno o varios parámetros están mal escritos, fuera de rango, repetidos, en conflicto o no "
        "existen. `errors` nombra cada uno, dice por qué se rechazó y qué se admite.",
    ),
    "not-found": ExplainedProblem(
        "No existe esa ruta",
        "En esta ruta no hay nada. `/api/v1` enumera lo que hay.",
    ),
    "unknown-window": ExplainedProblem(
        "No existe ese promedio",
        "Solo hay promedios de algunas ventanas; `known` las nombra.",
    ),
    "method-not-allowed": ExplainedProblem(
        "Método no permitido",
        "Todas las rutas de la API responden solo a GET, HEAD y OPTIONS; lo dice `Allow`.",
    ),
    "before-first-observation": ExplainedProblem(
        "Antes del primer dato",
        "Banco de México publica el FIX desde el 12 de noviembre de 1991; antes no hay valor.",
    ),
    "before-first-record": ExplainedProblem(
        "Antes del primer registro",
        "`as_of` es anterior al instante desde el cual el registro puede responder; el problema lo "
        "indica. Preguntar con ese instante o uno posterior, o sin él para lo que hoy se sabe.",
    ),
    "not-known-then": ExplainedProblem(
        "Entonces no se sabía",
        "En el instante de `as_of` el día no tenía valor y aún no se sabía si lo tendría. "
        "Preguntar con un `as_of` posterior, o sin él para lo que hoy se sabe.",
    ),
    "not-yet-published": ExplainedProblem(
        "Todavía no se publica",
        "Aún no se ha visto el FIX de ese día bancario; uno retrasado sigue así hasta que llegue, "
        "o llegue uno posterior. `expected_at` dice cuándo se espera; `Retry-After`, cuándo volver "
        "a preguntar.",
    ),
    "no-values": ExplainedProblem(
        "Sin valores",
        "Los días pedidos no tienen valor y no hay número que escribir. Pedir otros días, o JSON, "
        "que lo dice con `count`.",
    ),
    "not-yet-known": ExplainedProblem(
        "Todavía no se conoce",
        "El día está en el futuro, más allá de lo que ya se determinó.",
    ),
    "no-fix-on-closed-day": ExplainedProblem(
        "Día inhábil sin FIX",
        "Ese día los bancos no abrieron, y `roll=none` rechaza el día bancario anterior.",
    ),
    "no-publication-on-closed-day": ExplainedProblem(
        "Día inhábil sin publicación",
        "Ese día los bancos no abrieron, así que no tocaba publicar ningún FIX en el DOF, y "
        "`roll=none` rechaza el día bancario anterior.",
    ),
    "gap": ExplainedProblem(
        "Falta un valor",
        "El día debería tener valor y no se registró ninguno. `/api/v1/rates/gaps` enumera esos "
        "días; se llenan en cuanto la fuente los tiene.",
    ),
    "history-loading": ExplainedProblem(
        "El historial se está cargando",
        "El día es anterior a lo cargado hasta ahora, y todavía no se sabe si tiene valor. Volver "
        "a preguntar después de `Retry-After`; desde `known_from` ya hay respuesta.",
    ),
    "not-verified": ExplainedProblem(
        "Sin verificar",
        "Toca un valor que no se ha registrado, y desde entonces la fuente no ha respondido: no se "
        "sabe si existe. Volver a preguntar después de `Retry-After`; los días con valor "
        "registrado sí se responden.",
    ),
    "under-review": ExplainedProblem(
        "En revisión",
        "La fuente publicó para ese día un valor que se revisa antes de servirlo, porque es "
        "improbable o no se puede leer. Volver a preguntar después de `Retry-After`, o consultarlo "
        "en Banco de México.",
    ),
    "unknown-payload": ExplainedProblem(
        "No existe esa respuesta de la fuente",
        "Ningún dato se apoya en una respuesta con ese hash, o el registro solo tiene el principio "
        "de ella. Los hashes están en las respuestas como `payload_sha256`.",
    ),
    "not-signed-yet": ExplainedProblem(
        "Todavía sin firma",
        "El tipo de cambio está registrado y aún no tiene recibo: se firma en la noche siguiente.",
    ),
    "record-unavailable": ExplainedProblem(
        "No se puede leer el registro",
        "Lo pedido se lee del registro en el momento, y este no responde o tarda demasiado. Volver "
        "a preguntar después de `Retry-After`; mientras tanto los tipos de cambio sí se responden.",
    ),
    "bad-request": ExplainedProblem(
        "No es una petición",
        "La petición viola las reglas de HTTP: su `Host` no es un nombre ni una dirección, viene "
        "más de una vez, o algo en ella no se puede leer.",
    ),
    "uri-too-long": ExplainedProblem(
        "La dirección es demasiado larga",
        "Ruta y parámetros suman 8,192 caracteres como máximo. Pedir menos días a la vez.",
    ),
    "no-answer": ExplainedProblem(
        "Sin respuesta",
        "La conexión con la instancia se cortó antes de que respondiera. La petición se puede "
        "repetir.",
    ),
    "no-instance": ExplainedProblem(
        "Sin instancia",
        "En este momento ninguna instancia atiende peticiones. Volver a preguntar después de "
        "`Retry-After`.",
    ),
    "answer-timeout": ExplainedProblem(
        "La respuesta tardó demasiado",
        "La instancia no respondió a tiempo. Volver a preguntar después de `Retry-After`.",
    ),
    "too-many-requests": ExplainedProblem(
        "Demasiadas peticiones",
        "La dirección envía más peticiones de las que el borde (CDN) permite; `Retry-After` dice "
        "cuándo volver a preguntar. Las respuestas se pueden guardar el tiempo que diga su "
        "`Cache-Control`.",
    ),
    "no-current-rate": ExplainedProblem(
        "Sin tipo de cambio actual",
        "El último valor ya no puede pasar por actual, o no hay ninguno. Lo demás se responde: "
        "`links` lleva a los valores históricos.",
    ),
    "no-data": ExplainedProblem(
        "Sin datos",
        "En este momento la instancia no tiene ningún dato; se recupera sola.",
    ),
    "too-many-streams": ExplainedProblem(
        "Demasiadas conexiones abiertas",
        "El proceso ya tiene todas las conexiones de eventos que admite. `Retry-After` dice cuándo "
        "conectarse otra vez: un `EventSource` termina aquí y hay que crear uno nuevo. "
        "`/api/v1/changes` siempre responde.",
    ),
    "internal-error": ExplainedProblem(
        "Error interno",
        "Un error nuestro, registrado con el `X-Request-Id` de esta respuesta.",
    ),
}
"""By the codes of `PROBLEMS`, all of them."""
STATUS = {"es": "Estado HTTP", "en": "HTTP status"}


def explain(code: str, language: Language) -> ExplainedProblem:
    """Return the problem `code` in a language, with Markdown's marks for code."""
    if language == "es":
        return IN_SPANISH[code]
    problem = PROBLEMS[code]
    return ExplainedProblem(problem.title, problem.explanation)


def explain_all(language: Language) -> str:
    """Return every problem as a part of a guide, in Markdown, in the order of their status."""
    codes = sorted(PROBLEMS, key=lambda code: PROBLEMS[code].status)
    return "\n\n".join(_part(code, language) for code in codes)


def _part(code: str, language: Language) -> str:
    title, explanation = explain(code, language)
    status = f"{STATUS[language]} [{PROBLEMS[code].status}](/problems/{code})."
    return f"### `{code}` {title}\n\n{explanation} {status}"
