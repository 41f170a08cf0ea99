"""`on`: the rates of a day side by side, and which of them counts for what."""

from collections.abc import Iterator
from datetime import date as Day

import click
from rich import box
from rich.table import Table
from rich.text import Text as Styled

from usdmxn.answers import DaySheet, Rate, SheetRate, Use
from usdmxn.cli import facts
from usdmxn.cli.arguments import DAY, Asked, Command, rate_options
from usdmxn.cli.commands.now import OF_DAY, ROLLED
from usdmxn.cli.language import Text, capitalized, say_day
from usdmxn.cli.session import Session
from usdmxn.cli.vocabulary import KINDS, PURPOSES, law, name, sentence

HELP = Text(
    "Los tipos de cambio de un día y cuál se usa para qué. Con --purpose o --kind, uno solo. El "
    "día se escribe 2026-08-16 o 16/08/2026, hoy o ayer.",
    "The rates of a day, and which counts for what. With --purpose or --kind one of them alone. "
    "The day is written 2026-08-16 or 16/08/2026, today or yesterday.",
)
BANKS_OPEN = Text("día hábil bancario", "banks open")
BANKS_CLOSED = Text("día inhábil bancario", "banks closed")

RATE = Text("Tipo de cambio", "Rate")
VALUE = Text("Pesos por dólar", "Pesos per dollar")
DETERMINED = Text("Determinado", "Determined")
IN_FORCE = Text("Vigente ese día", "In force that day")
PURPOSE = Text("Para", "For")
COUNTS = Text("Use", "Use")
DAY_OF = Text("De qué día", "Of which day")
UNLESS = Text("Nota", "Unless")
LAW = Text("Fundamento", "Law")

SHORT_KINDS = {
    "settlement": Text("Vigente", "Settlement"),
    "dof": Text("Publicado en el DOF", "Published in the DOF"),
    "fix": Text("FIX", "FIX"),
}
YES = Text("sí", "yes")
NO = Text("no", "no")
UNKNOWN = Text("no se sabe", "not known")
IN_FORCE_WORDS = {True: YES, False: NO, None: UNKNOWN}
ABSENT = Text("sin valor ({problem})", "no value ({problem})")
NO_LAW = Text("ninguna ley lo fija", "no law says")
UNLESS_THAT = Text("nota: {unless}", "unless: {unless}")
DECIDES = Text("decide: {unless}", "what decides: {unless}")
WHICH = Text("De qué día, y por qué", "Of which day, and why")
DISCLAIMER = Text("No es asesoría fiscal.", "Not tax advice.")

PROBLEMS = {
    "not-yet-published": Text("todavía no se publica", "not published yet"),
    "not-yet-known": Text("todavía no se conoce", "not known yet"),
    "gap": Text("no se publicó", "not published"),
    "under-review": Text("en revisión", "under review"),
    "not-verified": Text("sin confirmar", "not verified"),
    "history-loading": Text("la historia se está cargando", "history loading"),
    "before-first-observation": Text("anterior al primer FIX", "before the first FIX"),
}


@click.command("on", cls=Command, about=HELP)
@click.argument("day", type=DAY, metavar="2026-08-16")
@rate_options({})
@click.pass_obj
def on(session: Session, day: Day, asked: Asked) -> None:
    """Print the rates of a day, or one of them."""
    if asked:
        _one(session, day, asked)
    else:
        _all(session, day)


def _one(session: Session, day: Day, asked: Asked) -> None:
    with session.client() as client:
        rate = client.on(day, **asked)
        uses = client.day(day).use if "purpose" in asked and not session.json else ()
    session.doubts(rate.warnings, rate.provenance.source)
    if session.json:
        session.print_json(rate)
    else:
        use = next((use for use in uses if use.purpose == asked.get("purpose")), None)
        _print_rate(session, rate, use)


def _print_rate(session: Session, rate: Rate, use: Use | None) -> None:
    session.print(session.say(facts.PESOS, rate=rate.rate), "bold")
    session.print(capitalized(_which(session, rate)))
    session.facts(_facts(session, rate, use))
    if rate.in_force is False:
        session.print(session.say(facts.NOT_IN_FORCE), "yellow")


def _which(session: Session, rate: Rate) -> str:
    kind = name(KINDS, rate.kind, session.lang)
    resolved = say_day(rate.resolved, session.lang)
    if rate.requested == rate.resolved:
        return session.say(OF_DAY, kind=kind, day=resolved)
    requested = say_day(rate.requested, session.lang)
    return session.say(ROLLED, kind=kind, resolved=resolved, requested=requested)


def _facts(session: Session, rate: Rate, use: Use | None) -> Iterator[facts.Fact]:
    lang = session.lang
    if use is not None:
        yield PURPOSE, name(PURPOSES, use.purpose, lang)
        for label, said in ((DAY_OF, use.day), (UNLESS, use.unless)):
            yield label, sentence(said, lang) if said else None
        yield LAW, law(use, lang)
    yield from facts.legal_dates(rate.dates, lang)
    yield from facts.source(rate.provenance, rate.derived, lang)


def _all(session: Session, day: Day) -> None:
    with session.client() as client:
        sheet = client.day(day)
    sources = (rate.provenance.source for _, rate in _rates(sheet) if rate)
    session.doubts(sheet.warnings, *sources)
    if session.json:
        session.print_json(sheet)
    else:
        _print_sheet(session, sheet)


def _print_sheet(session: Session, sheet: DaySheet) -> None:
    session.print(_heading(session, sheet), "bold")
    session.out.print(_rates_table(session, sheet))
    session.out.print(_uses_table(session, sheet))
    session.print(session.say(DISCLAIMER), "dim")


def _heading(session: Session, sheet: DaySheet) -> str:
    day = say_day(sheet.date, session.lang)
    if sheet.banking_day is None:
        return day
    return f"{day}, {session.say(BANKS_OPEN if sheet.banking_day else BANKS_CLOSED)}"


def _rates(sheet: DaySheet) -> tuple[tuple[str, SheetRate | None], ...]:
    return ("settlement", sheet.settlement), ("dof", sheet.dof), ("fix", sheet.fix)


def _rates_table(session: Session, sheet: DaySheet) -> Table:
    table = _table(session, RATE, VALUE, DETERMINED, IN_FORCE)
    table.columns[1].justify = "right"
    for kind, rate in _rates(sheet):
        label = name(SHORT_KINDS, kind, session.lang)
        if rate is None:
            problem = name(PROBLEMS, sheet.problems.get(kind, "?"), session.lang)
            table.add_row(label, Styled(session.say(ABSENT, problem=problem), style="yellow"))
            continue
        determined = rate.dates.determined
        table.add_row(
            label,
            Styled(str(rate.rate), style="bold"),
            say_day(determined, session.lang) if determined else "",
            session.say(IN_FORCE_WORDS[rate.in_force]),
        )
    return table


def _uses_table(session: Session, sheet: DaySheet) -> Table:
    table = _table(session, PURPOSE, COUNTS, WHICH)
    rates = dict(_rates(sheet))
    for use in sheet.use:
        purpose = name(PURPOSES, use.purpose, session.lang)
        rate = rates.get(use.kind or "")
        table.add_row(purpose, str(rate.rate) if rate else "—", _why(session, use))
    return table


def _why(session: Session, use: Use) -> str:
    """Return which day's rate it is, unless what, and by which law, as sentences."""
    said = [] if use.kind else [session.say(NO_LAW)]
    said += [sentence(use.day, session.lang)] if use.day else []
    if use.unless:
        unless = sentence(use.unless, session.lang)
        said.append(session.say(UNLESS_THAT if use.kind else DECIDES, unless=unless))
    source = law(use, session.lang)
    said += [source] if source else []
    return ". ".join(capitalized(part) for part in said) + "."


def _table(session: Session, *headings: Text) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
    for heading in headings:
        table.add_column(session.say(heading))
    return table
