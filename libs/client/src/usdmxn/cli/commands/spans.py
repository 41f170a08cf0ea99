"""`month` and `year`: the mean of a month or a year, its first, last, lowest and highest value."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date as Day

import click
from rich import box
from rich.table import Table

from usdmxn.answers import Monthly, MonthRow, Summary
from usdmxn.cli import facts
from usdmxn.cli.arguments import IN_FORCE, MONTH, YEAR, Asked, Command, rate_options
from usdmxn.cli.failures import CANNOT_SAY, DONE, NO_SUCH_VALUE
from usdmxn.cli.language import Text, capitalized, say_day, say_month, short_day
from usdmxn.cli.session import Session
from usdmxn.cli.vocabulary import KINDS, name

MONTH_HELP = Text(
    "El promedio de un mes, su mínimo y su máximo. Del tipo de cambio vigente, a menos que se "
    "indique otro.",
    "The mean of a month, its low and its high. Of the rate in force unless told otherwise.",
)
YEAR_HELP = Text(
    "El promedio de un año y de cada uno de sus meses. Del tipo de cambio vigente, a menos que se "
    "indique otro.",
    "The mean of a year and of each of its months. Of the rate in force unless told otherwise.",
)

TITLE = Text("{kind}, promedio de {span}", "{kind}, mean of {span}")
MEAN = Text("Promedio", "Mean")
FIRST = Text("Primero", "First")
LAST = Text("Último", "Last")
LOW = Text("Mínimo", "Low")
HIGH = Text("Máximo", "High")
CHANGE = Text("Cambio", "Change")
COUNT = Text("Valores", "Values")
MONTH_COLUMN = Text("Mes", "Month")

OVER = {
    "settlement": Text("{count}, uno por día natural", "{count}, one a calendar day"),
    "fix": Text("{count}, uno por día hábil bancario", "{count}, one a banking day"),
    "dof": Text("{count}, uno por día de publicación", "{count}, one a publication day"),
}
"""What a mean of each kind is taken over."""
COUNTED = Text("{count}", "{count}")
OF_EXPECTED = Text("{count} de {expected}, faltan días", "{count} of {expected}, days are missing")
INCOMPLETE = Text("incompleto", "incomplete")
UNTIL = Text("{said}, hasta el {day}: parcial", "{said}, until {day}: partial")
NO_VALUES = Text("{kind}: no hay ningún valor en {span}", "{kind}: no value in {span}")
PARTIAL = Text(
    "El periodo no está completo: el promedio es de los valores que hay.",
    "The span is not complete: the mean is of the values there are.",
)


@click.command("month", cls=Command, about=MONTH_HELP)
@click.argument("month", type=MONTH, metavar="2026-08")
@rate_options(IN_FORCE)
@click.pass_obj
def month(session: Session, month: str, asked: Asked) -> int:
    """Print the figures of a month; return the exit code."""
    with session.client() as client:
        summary = client.summary(month=month, **asked)
    session.doubts(summary.warnings, summary.source)
    if session.json:
        session.print_json(summary)
    else:
        _print(session, summary, say_month(int(month[:4]), int(month[5:]), session.lang))
    return _code(summary)


@click.command("year", cls=Command, about=YEAR_HELP)
@click.argument("year", type=YEAR, metavar="2025")
@rate_options(IN_FORCE)
@click.pass_obj
def year(session: Session, year: int, asked: Asked) -> int:
    """Print the figures of a year and of its months; return the exit code."""
    with session.client() as client:
        summary = client.summary(year=year, **asked)
        monthly = client.monthly(year=year, **asked)
    session.doubts(summary.warnings, summary.source)
    if session.json:
        session.print_json({"summary": summary, "monthly": monthly})
    else:
        _print(session, summary, str(year))
        session.out.print(_months(session, monthly))
    return _code(summary)


def _code(summary: Summary) -> int:
    if not summary.known:
        return CANNOT_SAY
    return DONE if summary.count else NO_SUCH_VALUE


def _print(session: Session, summary: Summary, span: str) -> None:
    kind = capitalized(name(KINDS, summary.kind, session.lang))
    if summary.mean is None:
        session.print(session.say(NO_VALUES, kind=kind, span=span), "bold")
        return
    session.print(session.say(facts.PESOS, rate=summary.mean), "bold")
    last = summary.last.date if summary.last else None
    title = session.say(TITLE, kind=kind, span=span)
    session.print(_until(session, title, summary.end, last))
    session.facts(_facts(session, summary))
    if not summary.complete:
        session.print(session.say(PARTIAL), "yellow")


def _until(session: Session, said: str, end: Day, last: Day | None) -> str:
    """Return what is said of a span, and how far its values reach where it has not ended."""
    if last is None or last >= end or end < session.today():
        return said
    return session.say(UNTIL, said=said, day=short_day(last, session.lang))


def _facts(session: Session, summary: Summary) -> Iterator[facts.Fact]:
    ends = ((FIRST, summary.first), (LAST, summary.last), (LOW, summary.low), (HIGH, summary.high))
    for label, dated in ends:
        yield label, f"{dated.rate}, {say_day(dated.date, session.lang)}" if dated else None
    if summary.change is not None and summary.change_percent is not None:
        yield CHANGE, f"{summary.change:+f} ({summary.change_percent:+f} %)"
    text = OVER.get(summary.kind, COUNTED) if summary.complete else OF_EXPECTED
    yield COUNT, session.say(text, count=summary.count, expected=summary.expected)
    yield (
        facts.SOURCE,
        session.say(
            facts.SERIES,
            source=facts.source_name(summary.source, session.lang),
            series=summary.series,
            correction="",
        ),
    )


def _months(session: Session, monthly: Monthly) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
    for label in (MONTH_COLUMN, MEAN, LAST, LOW, HIGH, COUNT):
        table.add_column(session.say(label), justify="left" if label is MONTH_COLUMN else "right")
    for row in monthly.months:
        if row.count or not row.complete:
            table.add_row(*_cells(session, row))
    return table


def _cells(session: Session, row: MonthRow) -> Iterator[str]:
    month = Day.fromisoformat(f"{row.month}-01")
    yield say_month(month.year, month.month, session.lang)
    yield from (
        "" if value is None else str(value) for value in (row.mean, row.last, row.low, row.high)
    )
    count = str(row.count) if row.complete else f"{row.count}, {session.say(INCOMPLETE)}"
    end = month.replace(day=monthrange(month.year, month.month)[1])
    yield _until(session, count, end, row.last_date)
