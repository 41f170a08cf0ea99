"""Where the command `usdmxn` begins: language, command, failure, exit code."""

import os
import sys
from collections.abc import Callable, Sequence
from datetime import date as Day

import click

from usdmxn import Client, __version__
from usdmxn.cli.arguments import Group, option
from usdmxn.cli.commands.chart import chart
from usdmxn.cli.commands.dates import dates
from usdmxn.cli.commands.export import export
from usdmxn.cli.commands.mcp import mcp
from usdmxn.cli.commands.now import convert, now
from usdmxn.cli.commands.on import on
from usdmxn.cli.commands.spans import month, year
from usdmxn.cli.commands.verify import verify
from usdmxn.cli.commands.watch import watch
from usdmxn.cli.failures import (
    CANNOT_SAY,
    DONE,
    EXPECTED_FAILURES,
    INTERRUPTED,
    exit_code,
    sentence,
)
from usdmxn.cli.language import Text, choose
from usdmxn.cli.session import BROKEN_PIPE, Session, today_in_mexico_city

HELP = Text(
    "Los tipos de cambio dólar-peso de Banco de México: el FIX, el publicado en el DOF y el "
    "vigente, exactos y con sus fechas.",
    "Banco de México's USD/MXN rates: the FIX, the one in the Official Gazette and the one in "
    "force, exact and with their dates.",
)
NOT_WRITTEN = Text(
    "No se pudo leer o escribir: {reason}.", "It could not be read or written: {reason}."
)
COMMANDS = (now, on, convert, month, year, dates, chart, watch, verify, export, mcp)


VERSION = Text("La versión de este programa.", "The version of this program.")


def _show_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(f"usdmxn {__version__}")
        context.exit()


@click.group("usdmxn", cls=Group, about=HELP, invoke_without_command=True)
@option(
    "--version",
    about=VERSION,
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
)
@click.pass_context
def usdmxn(context: click.Context) -> None:
    """Show the help where no command is given."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


for command in COMMANDS:
    usdmxn.add_command(command)


def main(
    arguments: Sequence[str] | None = None,
    *,
    connect: Callable[[str], Client] = Client,
    today: Callable[[], Day] = today_in_mexico_city,
) -> int:
    """Run a command and return its exit code.

    `arguments` are those of the process by default; `connect` makes the client of an address,
    `today` says which day it is.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    lang = choose(arguments, os.environ)
    session = Session(lang, connect=connect, today=today)
    try:
        return _run(session, arguments)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except EXPECTED_FAILURES as error:
        session.note(sentence(error, session.url, lang))
        return exit_code(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _close_stdout()
        return BROKEN_PIPE
    except OSError as error:  # a full disk behind stdout, a name that no file can have
        _close_stdout()
        session.note(session.say(NOT_WRITTEN, reason=error.strerror))
        return CANNOT_SAY


def _run(session: Session, arguments: Sequence[str]) -> int:
    """Run a command and write all that it has to say."""
    with usdmxn.make_context("usdmxn", list(arguments), obj=session) as context:
        code: int | None = usdmxn.invoke(context)
    sys.stdout.flush()
    return code or DONE


def _close_stdout() -> None:
    """Let what is still buffered go nowhere: the interpreter flushes it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
