"""Expected failures as one sentence on stderr and an exit code; anything else is a bug.

0   done
1   the service can't say: it is away, has no current value, or checks one first
2   the command can't be meant: wrong arguments, or a file that can't be used
3   there is no such value, or a receipt that proves none
"""

from typing import Any

import click
from click import exceptions as usage

from usdmxn import errors
from usdmxn.answers import Problem
from usdmxn.cli.arguments import WrongUsage
from usdmxn.cli.language import Language, Text, capitalized, say_instant, short_day
from usdmxn.cli.vocabulary import PURPOSES, name
from usdmxn.cli.vocabulary import sentence as translated

DONE, CANNOT_SAY, WRONG_USAGE, NO_SUCH_VALUE = range(4)
INTERRUPTED = 130
"""The exit code of a program that Ctrl-C has ended: 128 and SIGINT."""

SENTENCES: dict[type[errors.UsdMxnError], Text] = {
    errors.TlsFailed: Text(
        "El certificado de {url} no es de confianza: revise la dirección o pregunte a quien opera "
        "el servicio.",
        "The certificate of {url} can't be trusted: check the address, or ask who runs the "
        "service.",
    ),
    errors.DeadlineExceeded: Text(
        "{url} no respondió a tiempo: inténtelo de nuevo en un momento.",
        "{url} has not answered in time: try again in a moment.",
    ),
    errors.ConnectionFailed: Text(
        "No hay respuesta de {url}: revise la dirección (--base-url o USDMXN_URL) y su conexión.",
        "No answer from {url}: check the address (--base-url or USDMXN_URL) and the connection.",
    ),
    errors.NotFound: Text(
        "{url} no ofrece esto: es un servicio anterior a este programa, o es otro.",
        "{url} does not offer this: it is a service older than this program, or another one.",
    ),
    errors.UnexpectedAnswer: Text(
        "Lo que responde en {url} no es este servicio: revise la dirección (--base-url o "
        "USDMXN_URL).",
        "What answers at {url} is not this service: check the address (--base-url or USDMXN_URL).",
    ),
    errors.NoRateForPurpose: Text(
        "Ninguna ley dice qué tipo de cambio usar para {purpose}: {unless}; elíjalo con --kind "
        "settlement, fix o dof.",
        "No law names a rate for {purpose}: {unless}; choose it by --kind settlement, fix or dof.",
    ),
    errors.UnknownPurpose: Text(
        "La finalidad «{purpose}» no se conoce: escriba una de {known}.",
        'The purpose "{purpose}" is unknown: write one of {known}.',
    ),
    errors.MissingPackage: Text(
        "Esto pide un paquete opcional: instálelo con pip install 'usdmxn[{package}]'.",
        "This needs an optional package: install it by pip install 'usdmxn[{package}]'.",
    ),
    errors.InvalidArgument: Text(
        "«{url}» no es una dirección: escriba http:// o https:// y el nombre del servidor.",
        '"{url}" is no address: write http:// or https:// and the name of the server.',
    ),
    errors.Refused: Text("El servicio no aceptó la pregunta: {detail}.", "{detail}."),
    errors.BeforeFirstObservation: Text(
        "No hay tipo de cambio tan antiguo: Banco de México publica el FIX desde el 12 nov 1991.",
        "There is no rate that old: Banco de México publishes the FIX since 12 Nov 1991.",
    ),
    errors.NotYetPublished: Text(
        "Banco de México todavía no publica el FIX de ese día{expected}.",
        "Banco de México has not published the FIX of that day yet{expected}.",
    ),
    errors.NotYetKnown: Text(
        "Ese día todavía no tiene tipo de cambio: está en el futuro.",
        "That day has no rate yet: it lies in the future.",
    ),
    errors.NoValues: Text("No hay ningún valor en esos días.", "There is no value on those days."),
    errors.NoFixOnClosedDay: Text(
        "Ese día fue inhábil bancario: no hubo FIX.",
        "Banks were closed that day: there was no FIX.",
    ),
    errors.NoPublicationOnClosedDay: Text(
        "Ese día fue inhábil bancario: no hubo publicación en el DOF.",
        "Banks were closed that day: nothing was due in the DOF.",
    ),
    errors.Gap: Text(
        "Falta el valor de ese día: Banco de México no lo publicó.",
        "The value of that day is missing: Banco de México has not published it.",
    ),
    errors.NoValue: Text("No existe ese valor: {detail}.", "There is no such value: {detail}."),
    errors.HistoryLoading: Text(
        "La historia todavía se está cargando{known_from}: inténtelo de nuevo más tarde.",
        "The history is still being loaded{known_from}: try again later.",
    ),
    errors.NotVerified: Text(
        "No se sabe si ese día ya tiene valor, porque Banco de México no responde: inténtelo de "
        "nuevo en unos minutos.",
        "It is not known whether that day has a value, since Banco de México does not answer: try "
        "again in some minutes.",
    ),
    errors.UnderReview: Text(
        "El valor de ese día se está revisando antes de darlo: inténtelo más tarde o consúltelo "
        "con Banco de México.",
        "The value of that day is being checked first: try again later, or look it up at Banco de "
        "México.",
    ),
    errors.NoCurrentRate: Text(
        "No hay un valor que pueda pasar por actual; los días pasados sí se pueden consultar.",
        "There is no value that can pass as current; past days can be asked for.",
    ),
    errors.NoData: Text(
        "El servicio no tiene datos por el momento: inténtelo de nuevo en unos minutos.",
        "The service has no data at the moment: try again in some minutes.",
    ),
    errors.TooManyRequests: Text(
        "Se hicieron demasiadas preguntas seguidas: inténtelo de nuevo{retry}.",
        "Too many requests were sent: try again{retry}.",
    ),
    errors.TooManyStreams: Text(
        "El servicio ya tiene demasiadas conexiones abiertas: inténtelo de nuevo{retry}.",
        "The service has too many open streams: try again{retry}.",
    ),
    errors.Unavailable: Text(
        "El servicio no puede responder por el momento: inténtelo de nuevo{retry}.",
        "The service can't answer at the moment: try again{retry}.",
    ),
}
"""What is said of an error of the library: by its class, else by the nearest one above."""

EXPECTED = Text("; se espera el {at}", "; it is expected on {at}")
KNOWN_FROM = Text(" (ya hay desde el {day})", " (known from {day} on)")
IN_SECONDS = Text(" en {seconds} segundos", " in {seconds} seconds")
IN_A_MOMENT = Text(" en un momento", " in a moment")

NO_COMMAND = Text(
    "No existe el comando «{name}»: usdmxn --help dice cuáles hay.",
    'There is no command "{name}": usdmxn --help lists them.',
)
NO_OPTION = Text(
    "No existe la opción {name}: {command} --help dice cuáles hay.",
    "There is no option {name}: {command} --help lists them.",
)
NO_ARGUMENT = Text(
    "Falta algo, por ejemplo {name}: {command} --help dice cómo se usa.",
    "Something is missing, such as {name}: {command} --help says how it is used.",
)
NO_REQUIRED_OPTION = Text(
    "Falta {name}: {command} --help dice cómo se usa.",
    "{name} is missing: {command} --help says how it is used.",
)
NO_VALUE_GIVEN = Text(
    "La opción {name} no está completa: {command} --help dice cómo se usa.",
    "The option {name} is not complete: {command} --help says how it is used.",
)
TOO_MUCH = Text(
    "Sobra algo en la línea: {command} --help dice cómo se usa.",
    "There is something too much: {command} --help says how it is used.",
)

EXPECTED_FAILURES = (errors.UsdMxnError, usage.UsageError, WrongUsage)


def exit_code(error: Exception) -> int:
    """Return the exit code of an expected failure."""
    match error:
        case errors.NoValue():
            return NO_SUCH_VALUE
        case errors.Unavailable() | errors.ConnectionFailed() | errors.UnexpectedAnswer():
            return CANNOT_SAY
        case errors.NotFound():  # an older service
            return CANNOT_SAY
    return WRONG_USAGE


def sentence(error: Exception, url: str, lang: Language) -> str:
    """Return an expected failure of a command that asks the service at `url` as a sentence."""
    match error:
        case errors.UsdMxnError():
            return of_library(error, url, lang)
        case WrongUsage():
            return _as_sentence(error.text.to(lang, **error.values))
        case usage.UsageError():
            return _of_usage(error, lang)
    return str(error)


def of_library(error: errors.UsdMxnError, url: str, lang: Language) -> str:
    """Return an error of the library as a sentence."""
    text = next(SENTENCES[kind] for kind in type(error).__mro__ if kind in SENTENCES)
    detail = str(error).rstrip(".")
    package = getattr(error, "package", None)
    return text.to(lang, url=url, detail=detail, package=package, **_values(error, lang))


def of_problem(problem: Problem) -> errors.ApiError:
    """Return the error that the library raises for a problem."""
    kind = errors.error_class(problem.code, problem.status)
    return kind(problem.detail, problem.status, problem)


def _values(error: errors.UsdMxnError, lang: Language) -> dict[str, Any]:
    """Return what an error knows beside its kind."""
    match error:
        case errors.NotYetPublished(expected_at=at):
            return {"expected": EXPECTED.to(lang, at=say_instant(at, lang)) if at else ""}
        case errors.HistoryLoading(known_from=day):
            return {"known_from": KNOWN_FROM.to(lang, day=short_day(day, lang)) if day else ""}
        case errors.NoRateForPurpose(purpose=purpose, unless=unless):
            return {
                "purpose": name(PURPOSES, purpose, lang),
                "unless": translated(unless or "", lang),
            }
        case errors.UnknownPurpose(purpose=purpose, known=known):
            return {"purpose": purpose, "known": ", ".join(known)}
        case errors.ApiError(retry_after=float() | int() as seconds):
            return {"retry": IN_SECONDS.to(lang, seconds=round(seconds))}
    return {"retry": IN_A_MOMENT.to(lang)}


def _of_usage(error: usage.UsageError, lang: Language) -> str:
    command = error.ctx.command_path if error.ctx else "usdmxn"
    match error:
        case usage.NoSuchCommand():
            return NO_COMMAND.to(lang, name=error.command_name)
        case usage.NoSuchOption():
            return NO_OPTION.to(lang, name=error.option_name, command=command)
        case usage.MissingParameter():
            return _of_missing(error, command, lang)
        case usage.BadParameter():
            return _as_sentence(error.message)
        case usage.BadOptionUsage():
            return NO_VALUE_GIVEN.to(lang, name=error.option_name, command=command)
    return TOO_MUCH.to(lang, command=command)


def _of_missing(error: usage.MissingParameter, command: str, lang: Language) -> str:
    match error.param:
        case click.Option(opts=names):
            return NO_REQUIRED_OPTION.to(lang, name=max(names, key=len), command=command)
        case click.Parameter(human_readable_name=example):
            return NO_ARGUMENT.to(lang, name=example, command=command)
    return TOO_MUCH.to(lang, command=command)


def _as_sentence(reason: str) -> str:
    return capitalized(reason).rstrip(".") + "."
