"""`export`: the rates of a span as a file that an accounting program imports, or as plain CSV.

The layouts follow what the programs' own sources name their fields: ERPNext's "Currency Exchange"
(erpnext/setup/doctype/currency_exchange), and Odoo's `res.currency` with `rate_ids` of
`res.currency.rate`, whose `inverse_company_rate` is pesos per dollar in a company that keeps its
books in pesos (odoo/addons/base/models/res_currency.py).
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from datetime import date as Day
from typing import TypedDict, Unpack

import click

from usdmxn.answers import History, Row
from usdmxn.cli.arguments import (
    DAY,
    IN_FORCE,
    MONTH,
    YEAR,
    Asked,
    Command,
    OneOf,
    WrongUsage,
    option,
    rate_options,
)
from usdmxn.cli.failures import CANNOT_SAY, DONE, NO_SUCH_VALUE
from usdmxn.cli.files import write_file
from usdmxn.cli.language import Text
from usdmxn.cli.session import Session
from usdmxn.cli.vocabulary import KINDS, name

HELP = Text(
    "Los tipos de cambio de un periodo, como archivo para importarlo en ERPNext o en Odoo, o como "
    "CSV. Del vigente de cada día natural, a menos que se indique otro.",
    "The rates of a span, as a file to import into ERPNext or Odoo, or as CSV. The rate in force "
    "on each calendar day unless told otherwise.",
)
LAYOUT = Text(
    "erpnext: Currency Exchange, con la importación de datos. odoo: monedas (res.currency), de una "
    "empresa que lleva su contabilidad en pesos. csv: para lo demás.",
    "erpnext: Currency Exchange, by data import. odoo: currencies (res.currency), of a company "
    "that keeps its books in pesos. csv: for all else.",
)
OUT = Text(
    "El archivo que se escribe; sin ella, la pantalla.", "The file to write; stdout by default."
)
OF_MONTH = Text("Un mes.", "A month.")
OF_YEAR = Text("Un año.", "A year.")
FROM = Text("El primer día.", "The first day.")
TO = Text("El último día.", "The last day.")

NO_SPAN = Text(
    "falta el periodo: --month 2026-08, --year 2025, o --from y --to",
    "the span is missing: --month 2026-08, --year 2025, or --from and --to",
)
TWO_SPANS = Text(
    "indique un solo periodo: --month, --year, o --from y --to",
    "give one span: --month, --year, or --from and --to",
)
NOT_KNOWN = Text(
    "No se escribió nada: de algunos días de ese periodo todavía no se sabe si tienen valor.",
    "Nothing was written: of some days of that span it is not known whether they have a value.",
)
EMPTY = Text(
    "No se escribió nada: no hay ningún valor en ese periodo.",
    "Nothing was written: there is no value in that span.",
)
WRITTEN = Text("{count} valores, {kind}{target}.", "{count} values, {kind}{target}.")
IN_FILE = Text(", en {file}", ", in {file}")


class Span(TypedDict):
    """The days to export: a month, a year, or from `start` to `end`."""

    month: str | None
    year: int | None
    start: Day | None
    end: Day | None


Layout = Callable[[History], Iterator[Sequence[str]]]


def erpnext(history: History) -> Iterator[Sequence[str]]:
    """Yield a header and a Currency Exchange a day, for buying and selling."""
    yield "date", "from_currency", "to_currency", "exchange_rate", "for_buying", "for_selling"
    for row in history.observations:
        yield str(row.date), "USD", "MXN", str(row.rate), "1", "1"


def odoo(history: History) -> Iterator[Sequence[str]]:
    """Yield a header and the rates of Odoo's own dollar, which is named once."""
    yield "id", "rate_ids/name", "rate_ids/inverse_company_rate"
    for number, row in enumerate(history.observations):
        yield "" if number else "base.USD", str(row.date), str(row.rate)


def plain(history: History) -> Iterator[Sequence[str]]:
    """Yield a header and a line a day, with all that is known of it."""
    yield (
        "date",
        "rate",
        "kind",
        "source",
        "series",
        "revision",
        "recorded_at",
        "derived",
        "warnings",
    )
    for row in history.observations:
        yield _line(history, row)


def _line(history: History, row: Row) -> Sequence[str]:
    recorded_at = row.recorded_at.isoformat().replace("+00:00", "Z")
    of = (history.kind, history.source, history.series)
    known = (str(row.revision), recorded_at, str(row.derived).lower(), " ".join(row.warnings))
    return str(row.date), str(row.rate), *of, *known


LAYOUTS: dict[str, Layout] = {"erpnext": erpnext, "odoo": odoo, "csv": plain}


@click.command("export", cls=Command, about=HELP)
@option("--layout", about=LAYOUT, type=OneOf(*LAYOUTS), required=True)
@option("--month", about=OF_MONTH, type=MONTH, metavar="2026-08")
@option("--year", about=OF_YEAR, type=YEAR, metavar="2025")
@option("--from", "start", about=FROM, type=DAY, metavar="2026-08-01")
@option("--to", "end", about=TO, type=DAY, metavar="2026-08-16")
@option("--out", about=OUT, metavar="tipos.csv")
@rate_options(IN_FORCE)
@click.pass_obj
def export(
    session: Session,
    layout: str,
    out: str | None,
    asked: Asked,
    **span: Unpack[Span],
) -> int:
    """Write the rates of a span in a layout; return the exit code."""
    _refuse_unless_one(span)
    with session.client() as client:
        history = client.history(**span, **asked)
    if not history.known or not history.count:
        session.note(session.say(EMPTY if history.known else NOT_KNOWN), "yellow")
        return NO_SUCH_VALUE if history.known else CANNOT_SAY
    if session.json:
        session.print_json(history)
    if out or not session.json:
        write_file(out, _csv(LAYOUTS[layout](history)))
    _sum_up(session, history, out)
    return DONE


def _refuse_unless_one(span: Span) -> None:
    """Raise `WrongUsage` unless one span is given."""
    given = {key for key, value in span.items() if value is not None}
    if not given:
        raise WrongUsage(NO_SPAN)
    if given not in ({"month"}, {"year"}, {"start", "end"}):
        raise WrongUsage(TWO_SPANS)


def _csv(rows: Iterator[Sequence[str]]) -> bytes:
    """Return the file: UTF-8, lines that end as RFC 4180 says."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _sum_up(session: Session, history: History, out: str | None) -> None:
    session.doubts(history.warnings, history.source, aside=True)
    kind = name(KINDS, history.kind, session.lang)
    target = session.say(IN_FILE, file=out) if out else ""
    session.note(session.say(WRITTEN, count=history.count, kind=kind, target=target))
