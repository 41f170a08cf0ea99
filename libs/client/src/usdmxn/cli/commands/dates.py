"""`dates`: a file with a column of days gets the rate of each, in columns behind its own.

Read, ask for each day once, put the answers behind the rows, write. A row that can't be answered
says why in its last column, and keeps nobody else from an answer.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date as Day
from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from usdmxn import Client
from usdmxn.answers import DayResult
from usdmxn.cli.arguments import (
    IN_FORCE,
    Asked,
    Command,
    OneOf,
    WrongUsage,
    option,
    rate_options,
)
from usdmxn.cli.day_formats import DayAmbiguous, DayUnreadable, Order, proven_order, read_day
from usdmxn.cli.failures import (
    DONE,
    WRONG_USAGE,
    exit_code,
    of_library,
    of_problem,
)
from usdmxn.cli.files import read_file, write_file
from usdmxn.cli.language import Text
from usdmxn.cli.session import Session
from usdmxn.cli.spreadsheet import (
    Spreadsheet,
    SpreadsheetUnreadable,
    read_spreadsheet,
    refuse_taken,
)
from usdmxn.cli.vocabulary import KINDS, PURPOSES, SIMULATED, SIMULATOR, WARNINGS, name
from usdmxn.errors import ConnectionFailed, Unavailable, UnexpectedAnswer, UsdMxnError

HELP = Text(
    "Agrega el tipo de cambio a cada renglón de un archivo CSV, según una columna de fechas. Los "
    "renglones quedan como están, con columnas nuevas al final: tipo de cambio, de qué día es, "
    "cuándo se determinó, si es el vigente y, donde no lo hay, por qué. Toma el vigente de cada "
    "día, a menos que se indique otro.",
    "Add the rate to each row of a CSV file, by a column of days. Rows stay as they are, with new "
    "columns behind: the rate, the day that it is of, when it was determined, whether it is in "
    "force and, where there is none, why. It is the rate in force on each day unless told "
    "otherwise.",
)
COLUMN = Text("La columna con las fechas.", "The column with the days.")
OUT = Text(
    "El archivo que se escribe; sin ella, la pantalla.", "The file to write; stdout by default."
)
DAY_ORDER = Text(
    "Cómo leer 03/04/2026 si el archivo mismo no lo deja claro: día/mes o mes/día.",
    "How to read 03/04/2026 where the file itself leaves it open: day/month or month/day.",
)

COLUMNS = (
    Text("tipo_de_cambio", "rate"),
    Text("tipo_de_cambio_del", "rate_of"),
    Text("determinado", "determined"),
    Text("vigente", "in_force"),
    Text("avisos", "warnings"),
    Text("problema", "problem"),
)
YES = Text("sí", "yes")
NO = Text("no", "no")
SAME_FILE = Text(
    "el archivo {file} es el de entrada: escriba el resultado en otro",
    "the file {file} is the input: write another",
)
AMBIGUOUS = Text(
    "«{written}» puede ser {dmy} o {mdy}: indique el orden con --day-order dmy o mdy",
    '"{written}" may be {dmy} or {mdy}: say which by --day-order dmy or mdy',
)
UNUSABLE = Text("el archivo {file} {reason}", "the file {file} {reason}")

ASKING = Text("Consultando", "Asking")
SUMMARY = Text(
    "{rated} de {count} renglones con {kind}{target}.",
    "{rated} of {count} rows with a {kind}{target}.",
)
SUMMARY_FOR = Text(
    "{rated} de {count} renglones con tipo de cambio para {kind}{target}.",
    "{rated} of {count} rows with a rate for {kind}{target}.",
)
IN_FILE = Text(", en {file}", ", in {file}")
READ_AS = {
    "dmy": Text("Las fechas se leyeron como día/mes/año.", "Days were read as day/month/year."),
    "mdy": Text("Las fechas se leyeron como mes/día/año.", "Days were read as month/day/year."),
}
ROW_PROBLEM = Text("Renglón {row}: {problem}.", "Row {row}: {problem}.")
MORE_PROBLEMS = Text(
    "… y {count} más; la última columna los dice.",
    "… and {count} more; the last column says which.",
)
SHOWN_PROBLEMS = 10
"""Rows whose problem is told on the screen, too."""


@dataclass(frozen=True)
class RowAnswer:
    """What a row gets: its cells, whether it has a rate, and the exit code that it asks for."""

    cells: tuple[str, ...]
    code: int = DONE
    result: DayResult | None = None

    @property
    def problem(self) -> str:
        """Why there is no rate; empty where there is one."""
        return self.cells[-1]


@click.command("dates", cls=Command, about=HELP)
@click.argument("file", metavar="facturas.csv")
@option("--column", about=COLUMN, required=True, metavar="fecha")
@option("--out", about=OUT, metavar="salida.csv")
@option("--day-order", "order", about=DAY_ORDER, type=OneOf("dmy", "mdy"))
@rate_options(IN_FORCE)
@click.pass_obj
def dates(
    session: Session,
    file: str,
    column: str,
    out: str | None,
    order: Order | None,
    asked: Asked,
) -> int:
    """Add rates to a file; return the exit code."""
    names = [session.say(label) for label in COLUMNS]
    spreadsheet = _spreadsheet(session, file, column, names)
    _refuse_same(file, out)
    written = [spreadsheet.written(row) for row in spreadsheet.rows]
    order = order or proven_order(text for text in written if text)
    answers = _answers(session, written, order, asked)
    added = [answer.cells if answer else () for answer in answers]
    if session.json:
        session.print_json(_rows(answers))
    if out or not session.json:
        write_file(out, spreadsheet.extended(names, added))
    return _report(session, answers, order, out, asked)


def _spreadsheet(session: Session, file: str, column: str, names: Sequence[str]) -> Spreadsheet:
    try:
        spreadsheet = read_spreadsheet(read_file(file), column)
        refuse_taken(spreadsheet, names)
    except SpreadsheetUnreadable as error:
        reason = error.sentence(session.lang)
        raise WrongUsage(UNUSABLE, file=file, reason=reason) from error
    return spreadsheet


def _refuse_same(file: str, out: str | None) -> None:
    if out and Path(out).exists() and Path(file).exists() and Path(out).samefile(file):
        raise WrongUsage(SAME_FILE, file=file)


def _answers(
    session: Session, written: Sequence[str | None], order: Order | None, asked: Asked
) -> list[RowAnswer | None]:
    """Return what each row gets; None for a row without any cell."""
    read = [_read(session, text, order) for text in written]
    rated = _rated(session, {day: None for day in read if isinstance(day, Day)}, asked)
    return [rated[row] if isinstance(row, Day) else row for row in read]


def _read(session: Session, text: str | None, order: Order | None) -> Day | RowAnswer | None:
    if text is None:
        return None
    try:
        return read_day(text, order)
    except DayAmbiguous as error:
        return _without_rate(error.sentence(session.lang, AMBIGUOUS), WRONG_USAGE)
    except DayUnreadable as error:
        return _without_rate(error.sentence(session.lang), WRONG_USAGE)


def _rated(session: Session, days: Iterable[Day], asked: Asked) -> dict[Day, RowAnswer]:
    """Return what each day gets. Raises `UsdMxnError` if there is an answer for none of them."""
    wanted, rated = list(days), dict[Day, RowAnswer]()
    if not wanted:
        return rated
    with session.client() as client:
        try:
            for result in _results(session, client, wanted, asked):
                rated[result.requested] = _answer(session, result)
        except (ConnectionFailed, Unavailable, UnexpectedAnswer) as error:
            if not rated:
                raise
            unanswered = _unanswered(session, error)
            rated |= {day: unanswered for day in wanted if day not in rated}
    return rated


def _results(
    session: Session, client: Client, days: Sequence[Day], asked: Asked
) -> Iterator[DayResult]:
    """Yield the result of each day, and show on a terminal how many are there."""
    bar = Progress(
        TextColumn(session.say(ASKING)),
        BarColumn(),
        MofNCompleteColumn(),
        console=session.err,
        transient=True,
        disable=not session.err.is_terminal,
    )
    with bar:
        yield from bar.track(client.dates(days, **asked), total=len(days))


def _answer(session: Session, result: DayResult) -> RowAnswer:
    if result.problem is not None:
        return _unanswered(session, of_problem(result.problem))
    determined = result.dates.determined if result.dates else None
    in_force = {True: session.say(YES), False: session.say(NO), None: ""}[result.in_force]
    cells = (
        str(result.rate),
        str(result.resolved or ""),
        str(determined or ""),
        in_force,
        "; ".join(name(WARNINGS, code, session.lang) for code in _warnings(result)),
        "",
    )
    return RowAnswer(cells, result=result)


def _warnings(result: DayResult) -> tuple[str, ...]:
    """Return a result's warnings, the simulator's among them wherever the answer says it."""
    simulated = result.provenance is not None and result.provenance.source == SIMULATOR
    return (
        *result.warnings,
        *((SIMULATED,) if simulated and SIMULATED not in result.warnings else ()),
    )


def _unanswered(session: Session, error: UsdMxnError) -> RowAnswer:
    return _without_rate(of_library(error, session.url, session.lang).rstrip("."), exit_code(error))


def _without_rate(problem: str, code: int) -> RowAnswer:
    return RowAnswer(("",) * (len(COLUMNS) - 1) + (problem,), code)


def _report(
    session: Session,
    answers: Sequence[RowAnswer | None],
    order: Order | None,
    out: str | None,
    asked: Asked,
) -> int:
    """Say to stderr how it went; return the exit code: the first of 1, 2, 3 that a row asks for."""
    rows = [(row, answer) for row, answer in enumerate(answers, start=2) if answer]
    failed = [(row, answer) for row, answer in rows if answer.code]
    if order:
        session.note(session.say(READ_AS[order]), "dim")
    for row, answer in failed[:SHOWN_PROBLEMS]:
        session.note(session.say(ROW_PROBLEM, row=row, problem=answer.problem), "yellow")
    if len(failed) > SHOWN_PROBLEMS:
        session.note(session.say(MORE_PROBLEMS, count=len(failed) - SHOWN_PROBLEMS), "yellow")
    simulated = any(session.say(WARNINGS[SIMULATED]) in answer.cells[-2] for _, answer in rows)
    session.doubts((SIMULATED,) if simulated else (), aside=True)
    _sum_up(session, len(rows) - len(failed), len(rows), out, asked)
    return min((answer.code for _, answer in failed), default=DONE)


def _sum_up(session: Session, rated: int, count: int, out: str | None, asked: Asked) -> None:
    text, kind = SUMMARY, name(KINDS, asked.get("kind", ""), session.lang)
    if "purpose" in asked:
        text, kind = SUMMARY_FOR, name(PURPOSES, asked["purpose"], session.lang)
    target = session.say(IN_FILE, file=out) if out else ""
    session.note(session.say(text, rated=rated, count=count, kind=kind, target=target))


def _rows(answers: Sequence[RowAnswer | None]) -> list[dict[str, int | str | DayResult | None]]:
    """Return each row's number, as a spreadsheet shows it, with its result or problem."""
    return [
        {"row": row, "result": answer.result, "problem": answer.problem or None}
        for row, answer in enumerate(answers, start=2)
        if answer
    ]
