"""Each expected failure is one sentence on stderr, in the caller's language, and an exit code."""

import os
import signal
import subprocess
import sys
from socket import create_server

import httpx
import pytest

from support.command_line import Ran, Run, Service, recorded
from usdmxn import __version__
from usdmxn.cli.failures import CANNOT_SAY, INTERRUPTED, NO_SUCH_VALUE, WRONG_USAGE
from usdmxn.cli.session import BROKEN_PIPE

PAGE = httpx.Response(200, html="<h1>It works!</h1>")
FOREIGN = httpx.Response(200, json={"hello": "world"})
TOO_MANY = httpx.Response(
    429,
    json={
        "type": "/problems/too-many-requests",
        "title": "Too many requests",
        "status": 429,
        "detail": "Slow down.",
        "code": "too-many-requests",
    },
    headers={"Retry-After": "60"},
)
PROBLEM = {"type": "/problems/x", "title": "x", "detail": "x", "errors": []}


def problem(code: str, status: int, **members: str) -> httpx.Response:
    """Return a problem document."""
    content = {**PROBLEM, "code": code, "status": status, **members}
    headers = {"Content-Type": "application/problem+json", "Retry-After": "60"}
    return httpx.Response(status, json=content, headers=headers)


@pytest.mark.parametrize(
    ("answer", "code", "spanish"),
    [
        (httpx.ConnectError("refused"), CANNOT_SAY, "No hay respuesta de http://127.0.0.1:8000"),
        (httpx.ConnectTimeout("late"), CANNOT_SAY, "no respondió a tiempo"),
        (PAGE, CANNOT_SAY, "no es este servicio"),
        (FOREIGN, CANNOT_SAY, "no es este servicio"),
        (TOO_MANY, CANNOT_SAY, "demasiadas preguntas seguidas"),
        (recorded("current_503_critical"), CANNOT_SAY, "no tiene datos"),
        (problem("no-current-rate", 503), CANNOT_SAY, "pueda pasar por actual"),
        (problem("under-review", 503), CANNOT_SAY, "se está revisando"),
        (problem("not-verified", 503), CANNOT_SAY, "Banco de México no responde"),
        (problem("history-loading", 503, known_from="2026-07-01"), CANNOT_SAY, "1 jul 2026"),
        (problem("not-found", 404), CANNOT_SAY, "anterior a este programa"),
        (problem("internal-error", 500), CANNOT_SAY, "por el momento"),
        (problem("unheard-of", 503), CANNOT_SAY, "por el momento"),
        (problem("gap", 404), NO_SUCH_VALUE, "no lo publicó"),
        (problem("unheard-of", 404), NO_SUCH_VALUE, "No existe ese valor"),
        (problem("invalid-parameters", 422), WRONG_USAGE, "no aceptó la pregunta"),
    ],
)
def test_what_the_service_says_is_a_sentence_and_an_exit_code(
    run: Run, service: Service, answer: httpx.Response | Exception, code: int, spanish: str
) -> None:
    """Away, stale, critical, asked too often, another service, an older one."""
    service.everywhere(answer)
    for lang in ("es", "en"):
        ran = run("now", "--lang", lang)
        assert (ran.code, ran.out) == (code, "")
        assert ran.err.endswith(".\n")
        assert ran.err.count("\n") == 1
        assert "Traceback" not in ran.err
        assert (spanish in ran.err) == (lang == "es")


def test_a_fix_to_come_says_when_it_is_expected(run: Run, service: Service) -> None:
    """In Mexico City's time."""
    service.answers["/api/v1/rates/2026-08-14"] = recorded("day_404_today")
    ran = run("on", "2026-08-14", "--kind", "fix", "--lang", "es")
    assert ran.code == NO_SUCH_VALUE
    assert "se espera el 14 ago 2026, 12:00 (hora de CDMX)" in ran.err


@pytest.mark.parametrize(
    ("arguments", "spanish"),
    [
        (("foo",), "No existe el comando «foo»"),
        (("now", "--foo"), "No existe la opción --foo"),
        (("now", "--kind"), "La opción --kind no está completa"),
        (("now", "--kind", "x"), "escriba settlement, fix, dof"),
        (("now", "--kind", "fix", "--purpose", "tax"), "Use --kind o --purpose"),
        (
            ("now", "--purpose", "closing"),
            "para el cierre de mes: lo que diga su política contable",
        ),
        (
            ("on", "2026-08-09", "--purpose", "contract"),
            "para una deuda que se paga en México, vea Ley Monetaria, art. 8",
        ),
        (("now", "--base-url", "foo"), "«foo» no es una dirección"),
        (("convert",), "Falta algo, por ejemplo 1234.56"),
        (("convert", "1,234.56"), "sin comas de millares"),
        (("convert", "1", "EUR"), "escriba USD, MXN"),
        (("convert", "1", "--scale", "11"), "de 0 a 10"),
        (("convert", "1", "USD", "2"), "Sobra algo"),
        (("on", "03/04/2026"), "2026-04-03 o 2026-03-04"),
        (("month", "08/2026"), "escriba 2026-08"),
        (("year", "25"), "escriba 2025"),
        (("dates", "a.csv"), "Falta --column"),
        (("dates", "no-such.csv", "--column", "fecha"), "No existe el archivo no-such.csv"),
        (("verify", "/"), "/ es una carpeta"),
        (("export", "--layout", "csv"), "Falta el periodo"),
        (("export", "--layout", "csv", "--year", "2025", "--month", "2025-01"), "un solo periodo"),
    ],
)
def test_what_can_not_be_meant_is_wrong_usage(
    run: Run, arguments: tuple[str, ...], spanish: str
) -> None:
    """Each says what to write instead, before anybody is asked."""
    for lang in ("es", "en"):
        ran = run("--lang", lang, *arguments)
        assert (ran.code, ran.out) == (WRONG_USAGE, "")
        assert ran.err.endswith(".\n")
        assert (spanish in ran.err) == (lang == "es")


@pytest.mark.parametrize(("lang", "word"), [("es", "Uso:"), ("en", "Usage:")])
def test_help_is_in_the_callers_language(run: Run, lang: str, word: str) -> None:
    """Of all and of each command; without a command it is the help."""
    for arguments in ((), ("--help",), ("dates", "--help"), ("mcp", "-h")):
        ran = run(*arguments, "--lang", lang)
        assert (ran.code, ran.err) == (0, "")
        assert ran.out.startswith(word)


def test_the_version_is_the_packages(run: Run) -> None:
    """With nobody asked."""
    assert run("--version") == Ran(0, f"usdmxn {__version__}\n", "")


def test_without_any_argument_it_is_the_help(run: Run) -> None:
    """In the language of the locale."""
    ran = run()
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("Usage:")


@pytest.mark.parametrize(
    ("variable", "locale", "word"),
    [("LANG", "es_MX.UTF-8", "Uso:"), ("LC_ALL", "es_ES", "Uso:"), ("LANG", "C", "Usage:")],
)
def test_the_language_is_the_locales(
    run: Run, monkeypatch: pytest.MonkeyPatch, variable: str, locale: str, word: str
) -> None:
    """Spanish of any country, English for all else."""
    monkeypatch.setenv(variable, locale)
    assert run("--help").out.startswith(word)


def test_the_address_is_the_options_else_the_environments(
    run: Run, monkeypatch: pytest.MonkeyPatch, service: Service
) -> None:
    """`--base-url` wins, wherever it stands in the line."""
    monkeypatch.setenv("USDMXN_URL", "http://of-environment.example")
    run("now")
    run("--base-url", "http://of-option.example", "now")
    run("now", "--base-url", "http://of-option.example")
    assert [url.host for url in service.asked] == [
        "of-environment.example",
        "of-option.example",
        "of-option.example",
    ]


PROGRAM = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from usdmxn.cli.main import main; sys.exit(main())"
)
COMMAND = [sys.executable, "-c", PROGRAM]
"""The command in a process of its own, which Ctrl-C reaches however the tests were started."""


def test_ctrl_c_ends_a_command_quietly() -> None:
    """With the exit code that shells know, and nothing on stderr."""
    with create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        asking = [*COMMAND, "now", "--base-url", url]
        with subprocess.Popen(asking, stderr=subprocess.PIPE) as process:
            connection, _ = server.accept()  # it asks, and waits
            with connection:
                process.send_signal(signal.SIGINT)
                _, stderr = process.communicate(timeout=10)
    assert (process.returncode, stderr) == (INTERRUPTED, b"")


def test_a_closed_pipe_ends_a_command_quietly() -> None:
    """As it ends any other program."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        ran = subprocess.run(
            [*COMMAND, "--help"], stdout=pipe, stderr=subprocess.PIPE, timeout=10, check=False
        )
    assert (ran.returncode, ran.stderr) == (BROKEN_PIPE, b"")


def test_letters_that_the_terminal_lacks_are_no_failure() -> None:
    """A `?` stands for what ASCII does not have."""
    ran = subprocess.run(
        [*COMMAND, "on", "03/04/2026", "--lang", "es"],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        timeout=10,
        check=False,
    )
    assert ran.returncode == WRONG_USAGE
    assert ran.stderr.startswith(b"?03/04/2026? puede ser")
