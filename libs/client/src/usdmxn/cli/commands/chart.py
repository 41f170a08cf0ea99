"""`chart`: the rates of a span as a line in the terminal."""

from collections.abc import Iterator
from decimal import Decimal

import click

from usdmxn import Client
from usdmxn.answers import History, Row
from usdmxn.cli import facts
from usdmxn.cli.arguments import IN_FORCE, Asked, Command, OneOf, rate_options
from usdmxn.cli.failures import CANNOT_SAY, DONE, NO_SUCH_VALUE
from usdmxn.cli.language import Text, capitalized, say_day, say_span, short_day
from usdmxn.cli.plot import plot
from usdmxn.cli.session import Session
from usdmxn.cli.vocabulary import KINDS, name

HELP = Text(
    "Una gráfica en la terminal: de 90 días, 1 año, 5 años o toda la historia. Del tipo de cambio "
    "vigente, a menos que se indique otro.",
    "A chart in the terminal: of 90 days, 1 year, 5 years or all of the history. Of the rate in "
    "force unless told otherwise.",
)
RANGES = {"90d": 90, "1y": 365, "5y": 1826}
"""The calendar days of each, ending today."""
ALL = "all"

TITLE = Text("{kind}, {span}", "{kind}, {span}")
LOW = Text("Mínimo", "Low")
HIGH = Text("Máximo", "High")
LAST = Text("Último", "Last")
NO_VALUES = Text("No hay ningún valor en ese periodo.", "There is no value in that span.")

MAX_WIDTH, HEIGHT = 100, 15
"""Characters of the picture, where the terminal has that many."""
MIN_WIDTH = 20


@click.command("chart", cls=Command, about=HELP)
@click.argument("span", type=OneOf(*RANGES, ALL), default="1y")
@rate_options(IN_FORCE)
@click.pass_obj
def chart(session: Session, span: str, asked: Asked) -> int:
    """Draw the rates of a span; return the exit code."""
    with session.client() as client:
        history = _history(client, span, asked)
    session.doubts(history.warnings, history.source)
    if session.json:
        session.print_json(history)
    elif history.observations:
        _draw(session, history)
    else:
        session.note(session.say(NO_VALUES), "yellow")
    if not history.known:
        return CANNOT_SAY
    return DONE if history.observations else NO_SUCH_VALUE


def _history(client: Client, span: str, asked: Asked) -> History:
    if span != ALL:
        return client.history(days=RANGES[span], **asked)
    newest = client.history(last=1, **asked)
    kinds = {info.kind: info for info in client.capabilities().kinds}
    return client.history(start=kinds["fix"].first_date, end=newest.end, **asked)


def _draw(session: Session, history: History) -> None:
    rows = history.observations
    low, high = min(rows, key=_rate), max(rows, key=_rate)
    kind = capitalized(name(KINDS, history.kind, session.lang))
    span = say_span(rows[0].date, rows[-1].date, session.lang)
    session.print(session.say(TITLE, kind=kind, span=span), "bold")
    for line in _picture(session, rows, str(low.rate), str(high.rate)):
        session.print(line)
    session.facts(_facts(session, history, low, high))


def _picture(session: Session, rows: tuple[Row, ...], low: str, high: str) -> Iterator[str]:
    """Yield the lines: the values at the left, the picture, the days below."""
    margin = max(len(low), len(high))
    width = max(MIN_WIDTH, min(MAX_WIDTH, session.out.width - margin - 2))
    braille = session.out.encoding.lower().startswith("utf")
    lines = plot([row.rate for row in rows], width, HEIGHT, braille=braille)
    labels = [high, *[""] * (HEIGHT - 2), low]
    for label, line in zip(labels, lines, strict=True):
        yield f"{label:>{margin}} |{line}"
    first, last = (short_day(row.date, session.lang) for row in (rows[0], rows[-1]))
    yield f"{'':{margin}}  {first}{last:>{width - len(first)}}"


def _facts(session: Session, history: History, low: Row, high: Row) -> Iterator[facts.Fact]:
    for label, row in ((LAST, history.observations[-1]), (LOW, low), (HIGH, high)):
        yield label, f"{row.rate}, {say_day(row.date, session.lang)}"
    source = facts.source_name(history.source, session.lang)
    yield (
        facts.SOURCE,
        session.say(facts.SERIES, source=source, series=history.series, correction=""),
    )


def _rate(row: Row) -> Decimal:
    return row.rate
