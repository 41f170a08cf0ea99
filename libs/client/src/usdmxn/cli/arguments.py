"""Arguments and options, with help and errors in both languages, on click.

`Command` and `Group` say in the session's language what click says in English; the parameter types
say what to write instead of what was written.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date as Day
from datetime import timedelta
from decimal import Decimal
from functools import wraps
from typing import Any, TypedDict, TypeVar, cast

import click

from usdmxn.cli.day_formats import DayUnreadable, read_day
from usdmxn.cli.language import Language, Text
from usdmxn.cli.session import Session
from usdmxn.cli.vocabulary import KINDS, PURPOSES
from usdmxn.client import BASE_URL

F = TypeVar("F", bound=Callable[..., Any])

USAGE = Text("Uso: ", "Usage: ")
OPTIONS = Text("Opciones", "Options")
COMMANDS = Text("Comandos", "Commands")
OPTIONS_METAVAR = Text("[OPCIONES]", "[OPTIONS]")
COMMAND_METAVAR = Text("COMANDO …", "COMMAND …")

HELP = Text("Mostrar esta ayuda.", "Show this help.")
JSON = Text("Para programas: la respuesta como JSON.", "For programs: the answer as JSON.")
LANG = Text("Idioma; sin ella, el del sistema.", "Language; the system's by default.")
ADDRESS = Text(
    "Dirección del servicio; también por USDMXN_URL (sin ella, {url}).",
    "Address of the service; also by USDMXN_URL ({url} by default).",
)
KIND = Text(
    "Tipo de cambio: settlement (el vigente), fix o dof.",
    "Rate: settlement (the rate in force), fix or dof.",
)
PURPOSE = Text(
    "Para qué es: {purposes}. En vez de --kind.", "What it is for: {purposes}. Instead of --kind."
)
KIND_OR_PURPOSE = Text(
    "use --kind o --purpose, no los dos: la finalidad ya dice cuál tipo de cambio",
    "give --kind or --purpose, not both: the purpose says which rate it is",
)
NOT_ONE_OF = Text(
    "«{value}» no se conoce: escriba {allowed}", '"{value}" is unknown: write {allowed}'
)
NO_AMOUNT = Text(
    "«{value}» no es un importe: escríbalo como 1234.56, sin comas de millares y con seis "
    "decimales a lo más",
    '"{value}" is no amount: write 1234.56, without thousands separators, at most six decimals',
)
NO_MONTH = Text("«{value}» no es un mes: escriba 2026-08", '"{value}" is no month: write 2026-08')
NO_YEAR = Text("«{value}» no es un año: escriba 2025", '"{value}" is no year: write 2025')


def language_of(context: click.Context | None) -> Language:
    """Return the language of the run."""
    return context.find_root().obj.lang if context else "en"


class Option(click.Option):
    """An option that is explained in both languages."""

    def __init__(self, *args: Any, about: Text, **kwargs: Any) -> None:
        """Keep what it is `about`."""
        super().__init__(*args, **kwargs)
        self.about = about

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return its names and explanation."""
        self.help = self.about.to(language_of(ctx), url=BASE_URL, purposes=", ".join(PURPOSES))
        return super().get_help_record(ctx)


class Command(click.Command):
    """A command that is explained in both languages."""

    def __init__(self, *args: Any, about: Text, **kwargs: Any) -> None:
        """Keep what it is `about`."""
        super().__init__(*args, **kwargs)
        self.about = about
        self.params.extend(_common_options())

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write how it is called."""
        lang = language_of(ctx)
        self.options_metavar = OPTIONS_METAVAR.to(lang)
        pieces = " ".join(self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, prefix=USAGE.to(lang))

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what it does."""
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(self.about.to(language_of(ctx)))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write its options."""
        options = (param for param in self.get_params(ctx) if isinstance(param, click.Option))
        records = [option.get_help_record(ctx) for option in options]
        with formatter.section(OPTIONS.to(language_of(ctx))):
            formatter.write_dl([record for record in records if record])

    def get_help_option(self, ctx: click.Context) -> click.Option:  # noqa: ARG002 (click's)
        """Return `--help`."""
        return Option(
            ["-h", "--help"],
            about=HELP,
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_show_help,
        )


class Group(Command, click.Group):
    """The commands."""

    command_class = Command

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write how they are called."""
        self.subcommand_metavar = COMMAND_METAVAR.to(language_of(ctx))
        super().format_usage(ctx, formatter)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, then the options of all."""
        lang = language_of(ctx)
        with formatter.section(COMMANDS.to(lang)):
            formatter.write_dl(
                [(key, _first_sentence(command, lang)) for key, command in self.commands.items()]
            )
        Command.format_options(self, ctx, formatter)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's)
        """Return the commands in the order in which they were added."""
        return list(self.commands)


def _first_sentence(command: click.Command, lang: Language) -> str:
    about = command.about.to(lang) if isinstance(command, Command) else ""
    return about.partition(".")[0] + "."


def _show_help(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(context.get_help())
        context.exit()


class DayType(click.ParamType[Any]):
    """A day, as ISO or 16/08/2026; or today or yesterday in Mexico City, in either language."""

    name = "day"
    DAYS_AGO: Mapping[str, int] = {"hoy": 0, "today": 0, "ayer": 1, "yesterday": 1}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the day."""
        if isinstance(value, Day):
            return value
        days = self.DAYS_AGO.get(value.strip().casefold())
        if days is not None and ctx is not None:
            return ctx.find_root().obj.today() - timedelta(days)
        try:
            return read_day(value)
        except DayUnreadable as error:
            self.fail(error.sentence(language_of(ctx)), param, ctx)


class Written(click.ParamType[Any]):
    """What has a form: `read` makes the value of it, anything else is refused with `refusal`."""

    name = "text"

    def __init__(self, form: str, read: Callable[[str], Any], refusal: Text) -> None:
        """Keep the form, a regular expression."""
        self._form, self._read, self._refusal = re.compile(form), read, refusal

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the value."""
        if isinstance(value, str) and not self._form.fullmatch(value):
            self.fail(self._refusal.to(language_of(ctx), value=value), param, ctx)
        return self._read(value) if isinstance(value, str) else value


class OneOf(click.ParamType[Any]):
    """One of a few words, whatever the case of its letters."""

    name = "word"

    def __init__(self, *allowed: str) -> None:
        """Keep the words."""
        self.allowed = allowed

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the word as it is spelled."""
        for word in self.allowed:
            if value.casefold() == word.casefold():
                return word
        allowed = ", ".join(self.allowed)
        return self.fail(NOT_ONE_OF.to(language_of(ctx), value=value, allowed=allowed), param, ctx)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002
        """Return the words."""
        return "|".join(self.allowed)


DAY = DayType()
AMOUNT = Written(r"-?\d{1,15}(\.\d{1,6})?", Decimal, NO_AMOUNT)
MONTH = Written(r"\d{4}-(0[1-9]|1[0-2])", str, NO_MONTH)
YEAR = Written(r"(19|20)\d\d", int, NO_YEAR)


def option(*names: str, about: Text, **settings: Any) -> Callable[[F], F]:
    """Add an option to a command."""
    return click.option(*names, cls=Option, about=about, **settings)


class Asked(TypedDict, total=False):
    """Which rate: `kind` or `purpose`, as arguments of the client; none of them if empty."""

    kind: str
    purpose: str


IN_FORCE: Asked = {"kind": "settlement"}


def rate_options(default: Asked) -> Callable[[F], F]:
    """Add `--kind` and `--purpose` to a command, which gets them as `asked`."""

    def add(command: F) -> F:
        @wraps(command)
        def run(*args: Any, kind: str | None, purpose: str | None, **kwargs: Any) -> Any:
            return command(*args, asked=_asked(kind, purpose) or default, **kwargs)

        which = option("--kind", about=KIND, type=OneOf(*KINDS))
        what_for = option("--purpose", about=PURPOSE, metavar="cfdi_invoice")
        return cast("F", which(what_for(run)))

    return add


def _asked(kind: str | None, purpose: str | None) -> Asked:
    if kind and purpose:
        raise WrongUsage(KIND_OR_PURPOSE)
    if purpose:
        return {"purpose": purpose}
    return {"kind": kind} if kind else {}


class WrongUsage(Exception):
    """Arguments can't be meant; `text` says why, with `values` put in."""

    def __init__(self, text: Text, **values: Any) -> None:
        """Refuse the arguments."""
        super().__init__(text.en)
        self.text, self.values = text, values


def _common_options() -> list[click.Parameter]:
    return [
        Option(["--json"], about=JSON, is_flag=True, expose_value=False, callback=_keep("json")),
        Option(["--lang"], about=LANG, type=OneOf("es", "en"), expose_value=False),
        Option(
            ["--base-url"], about=ADDRESS, metavar="URL", expose_value=False, callback=_keep("url")
        ),
    ]


def _keep(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    """Return what puts a given option into the session, wherever in the line it stands."""

    def keep(context: click.Context, _: click.Parameter, value: Any) -> None:
        session: Session = context.find_root().obj
        if value:
            setattr(session, name, value)

    return keep
