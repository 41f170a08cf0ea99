"""What is known of a rate, as lines with a label: its legal dates, its source, how fresh it is."""

from collections.abc import Iterator
from decimal import Decimal

from usdmxn.answers import CurrentRate, Dates, Freshness, Provenance
from usdmxn.cli.language import Language, Text, say_day, say_instant, say_span
from usdmxn.cli.vocabulary import LEVELS, STATES, name

Fact = tuple[Text, str | None]

PESOS = Text("{rate} pesos por dólar", "{rate} pesos per dollar")
NOT_IN_FORCE = Text(
    "No es el vigente ese día para impuestos y pagos: ése es --kind settlement.",
    "Not the rate in force on that day for taxes and payments: that is --kind settlement.",
)

DETERMINED = Text("Determinado", "Determined")
IN_THE_DOF = Text("En el DOF", "In the DOF")
APPLIES = Text("Vigente", "In force")
CHANGE = Text("Cambio", "Change")
SOURCE = Text("Fuente", "Source")
STATE = Text("Estado", "State")
VERIFIED = Text("Verificado", "Verified")
NEXT = Text("Próximo FIX", "Next FIX")

BY_CALENDAR = Text("{span}, según el calendario bancario", "{span}, by the bank calendar")
STEP = Text(
    "{change} ({percent} %) contra {rate} del {day}", "{change} ({percent} %) from {rate} of {day}"
)
SERIES = Text("{source}, serie {series}{correction}", "{source}, series {series}{correction}")
CORRECTION = Text(", corrección {number}", ", correction {number}")
DERIVED = Text(", obtenido con la regla", ", derived by the rule")
SIMULATOR = Text("SIMULADOR", "SIMULATOR")
STATE_AND_LEVEL = Text("{state}; servicio {level}", "{state}; service {level}")


def legal_dates(dates: Dates, lang: Language) -> Iterator[Fact]:
    """Yield when a rate was determined, when it is in the Gazette, and when it applies."""
    for label, day in ((DETERMINED, dates.determined), (IN_THE_DOF, dates.dof_published)):
        yield label, say_day(day, lang) if day else None
    if dates.applies_from is not None:
        span = say_span(dates.applies_from, dates.applies_to, lang)
        yield APPLIES, span if dates.confirmed else BY_CALENDAR.to(lang, span=span)


def step(current: CurrentRate, lang: Language) -> Iterator[Fact]:
    """Yield the step from the value before; nothing where the same rate applied then, too."""
    applies_from = current.dates.applies_from
    if current.previous and applies_from and applies_from <= current.previous.date:
        return
    if current.previous and current.change is not None and current.change_percent is not None:
        text = STEP.to(
            lang,
            change=f"{current.change:+f}",
            percent=f"{current.change_percent:+f}",
            rate=current.previous.rate,
            day=say_day(current.previous.date, lang),
        )
        yield CHANGE, text


def source(provenance: Provenance, derived: bool | None, lang: Language) -> Iterator[Fact]:
    """Yield who publishes a rate and in which series."""
    text = SERIES.to(
        lang,
        source=source_name(provenance.source, lang),
        series=provenance.series,
        correction=correction(provenance.revision, lang),
    )
    yield SOURCE, text + (DERIVED.to(lang) if derived else "")


def correction(revision: int, lang: Language) -> str:
    """Return which correction a revision is, nothing for the first value."""
    return CORRECTION.to(lang, number=revision - 1) if revision > 1 else ""


def source_name(said: str, lang: Language) -> str:
    """Return whose values they are: a simulator is named loudly."""
    return SIMULATOR.to(lang) if said == "simulator" else said


def freshness(fresh: Freshness | None, level: str | None, lang: Language) -> Iterator[Fact]:
    """Yield how good a current value is, when it was verified and when the next one comes."""
    if fresh is None:
        return
    state = name(STATES, fresh.state, lang)
    yield STATE, STATE_AND_LEVEL.to(lang, state=state, level=name(LEVELS, level or "", lang))
    for label, at in ((VERIFIED, fresh.verified_at), (NEXT, fresh.next_publication_at)):
        yield label, say_instant(at, lang) if at else None


def grouped(amount: Decimal) -> str:
    """Return an amount with commas between thousands: `1,234.56`."""
    return f"{amount:,f}"
