"""`now` and `convert`: the rate in force today, and an amount at it."""

from collections.abc import Iterator
from datetime import date as Day
from decimal import Decimal

import click

from usdmxn.answers import Conversion, CurrentRate
from usdmxn.cli import facts
from usdmxn.cli.arguments import (
    AMOUNT,
    DAY,
    IN_FORCE,
    Asked,
    Command,
    OneOf,
    Written,
    option,
    rate_options,
)
from usdmxn.cli.language import Text, capitalized, say_day
from usdmxn.cli.session import Session
from usdmxn.cli.vocabulary import KINDS, PURPOSES, name

NOW_HELP = Text(
    "El tipo de cambio vigente hoy. Con --kind fix, el último FIX.",
    "The rate in force today. With --kind fix, the newest FIX.",
)
CONVERT_HELP = Text(
    "Convierte dólares a pesos, o pesos a dólares si después del importe dice MXN. Toma el tipo de "
    "cambio vigente hoy, o el vigente el día de --on. Un importe negativo se escribe después de "
    "dos guiones: convert -- -100.",
    "Convert dollars to pesos, or pesos to dollars with MXN after the amount. At the rate in force "
    "today, or on the day of --on. Write a negative amount behind two hyphens: convert -- -100.",
)
ON = Text("El día; sin él, hoy.", "The day; today by default.")
SCALE = Text("Decimales del resultado; sin ella, 2.", "Decimal places of the result; 2 by default.")
NO_SCALE = Text(
    "«{value}» no son decimales: escriba un número de 0 a 10",
    '"{value}" is no number of decimals: write 0 to 10',
)

CURRENT = Text("{kind} hoy, {day}", "{kind}, in force today, {day}")
OF_DAY = Text("{kind} del {day}", "{kind} of {day}")
ROLLED = Text(
    "{kind} del {resolved}, porque el {requested} es inhábil bancario",
    "{kind} of {resolved}, since banks are closed on {requested}",
)
FOR = Text("Para", "For")
RATE = Text("Tipo de cambio", "Rate")
WHICH = Text("Cuál", "Which")
OPERATION = Text("Operación", "Operation")
MULTIPLY = Text("{amount} × {rate}, a {scale} decimales", "{amount} × {rate}, to {scale} decimals")
DIVIDE = Text("{amount} ÷ {rate}, a {scale} decimales", "{amount} ÷ {rate}, to {scale} decimals")


@click.command("now", cls=Command, about=NOW_HELP)
@rate_options(IN_FORCE)
@click.pass_obj
def now(session: Session, asked: Asked) -> None:
    """Print the rate in force today."""
    with session.client() as client:
        current = client.current(**asked)
    session.doubts(current.warnings, current.provenance.source)
    if session.json:
        session.print_json(current)
    else:
        session.print(session.say(facts.PESOS, rate=current.rate), "bold")
        session.print(_title(session, current))
        session.facts(_facts(session, current, asked))
        if current.in_force is False:
            session.print(session.say(facts.NOT_IN_FORCE), "yellow")


def _title(session: Session, current: CurrentRate) -> str:
    text = CURRENT if current.in_force and current.kind == "settlement" else OF_DAY
    kind = name(KINDS, current.kind, session.lang)
    return capitalized(session.say(text, kind=kind, day=say_day(current.date, session.lang)))


def _facts(session: Session, current: CurrentRate, asked: Asked) -> Iterator[facts.Fact]:
    lang = session.lang
    yield FOR, name(PURPOSES, asked["purpose"], lang) if "purpose" in asked else None
    yield from facts.legal_dates(current.dates, lang)
    yield from facts.step(current, lang)
    yield from facts.source(current.provenance, current.derived, lang)
    yield from facts.freshness(current.freshness, current.level, lang)


@click.command("convert", cls=Command, about=CONVERT_HELP)
@click.argument("amount", type=AMOUNT, metavar="1234.56")
@click.argument("currency", type=OneOf("USD", "MXN"), default="USD")
@option("--on", "day", about=ON, type=DAY, metavar="2026-08-16")
@option("--scale", about=SCALE, type=Written(r"\d|10", int, NO_SCALE), metavar="2")
@rate_options(IN_FORCE)
@click.pass_obj
def convert(
    session: Session,
    amount: Decimal,
    currency: str,
    day: Day | None,
    scale: int | None,
    asked: Asked,
) -> None:
    """Print an amount in the other currency."""
    target = "MXN" if currency == "USD" else "USD"
    with session.client() as client:
        conversion = client.convert(amount, currency, target, on=day, scale=scale, **asked)
    session.doubts(conversion.warnings, conversion.provenance.source)
    if session.json:
        session.print_json(conversion)
    else:
        _print(session, conversion, asked)


def _print(session: Session, conversion: Conversion, asked: Asked) -> None:
    source = f"{facts.grouped(conversion.amount)} {conversion.source}"
    target = f"{facts.grouped(conversion.result)} {conversion.target}"
    session.print(f"{source} = {target}", "bold")
    session.facts(_conversion_facts(session, conversion, asked))
    if conversion.in_force is False:
        session.print(session.say(facts.NOT_IN_FORCE), "yellow")


def _conversion_facts(
    session: Session, conversion: Conversion, asked: Asked
) -> Iterator[facts.Fact]:
    lang = session.lang
    operation = MULTIPLY if conversion.operation == "multiply" else DIVIDE
    yield FOR, name(PURPOSES, asked["purpose"], lang) if "purpose" in asked else None
    yield RATE, str(conversion.rate)
    yield WHICH, which(session, conversion)
    yield (
        OPERATION,
        session.say(
            operation,
            amount=facts.grouped(conversion.amount),
            rate=conversion.rate,
            scale=conversion.scale,
        ),
    )
    yield from facts.legal_dates(conversion.dates, lang)
    yield from facts.source(conversion.provenance, conversion.derived, lang)


def which(session: Session, conversion: Conversion) -> str:
    """Return which rate was taken, of which day."""
    kind = name(KINDS, conversion.kind, session.lang)
    resolved = say_day(conversion.resolved, session.lang)
    if conversion.requested is None or conversion.requested == conversion.resolved:
        return session.say(OF_DAY, kind=kind, day=resolved)
    requested = say_day(conversion.requested, session.lang)
    return session.say(ROLLED, kind=kind, resolved=resolved, requested=requested)
