"""All texts of the charts, in Spanish and English: rates in their exact digits, days in words."""

import dataclasses
from collections.abc import Iterator
from datetime import date as Day
from datetime import datetime

from rates_api.pages.charts.lines import Chart, ChartLine, ChartRange, Point
from rates_api.pages.charts.scales import DayTick
from rates_api.pages.language import Language
from rates_api.resolution.resolution import RULE_KNOWN_FROM
from rates_contracts.calendar import MEXICO_CITY

DOUBTS = frozenset({"withdrawn_at_source", "value_under_review"})


@dataclasses.dataclass(frozen=True)
class Words:
    """The texts of one language; those with braces are completed by `str.format`."""

    months: tuple[str, ...]
    short_months: tuple[str, ...]
    day: str
    ranges: dict[ChartRange, str]
    title: str
    simulated_title: str
    heading: str
    subtitle: str
    fix: str
    in_force: str
    in_force_line: str
    low: str
    high: str
    days: str
    figures: str
    no_values: str
    empty: str
    source: str
    simulated: str
    simulated_badge: str
    new_pesos: str
    since_1996: str
    unknown: str
    doubted: str
    key_verified: str
    key_unverified: str
    key_breaker: str
    key_no_fix: str
    key_closed: str
    key_unrecorded: str
    status_title: str
    status_span: str
    status_flawless: str
    status_flawed: str
    status_unrecorded: str
    status_empty: str
    banking_day: str
    closed_day: str
    unrecorded: str
    verified: str
    unverified: str
    breaker_open: str
    fix_seen: str
    fix_not_seen: str


SPANISH = Words(
    months=(
        *("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto"),
        *("septiembre", "octubre", "noviembre", "diciembre"),
    ),
    short_months=(
        *("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"),
    ),
    day="{day} de {month} de {year}",
    ranges={
        "90d": "últimos 90 días",
        "1y": "último año",
        "5y": "últimos 5 años",
        "all": "desde el inicio",
    },
    title="Dólar en pesos: FIX y tipo de cambio vigente, {range}",
    simulated_title="Datos simulados, no de Banco de México. {title}",
    heading="Pesos por dólar",
    subtitle="FIX y tipo de cambio vigente, {span}",
    fix="FIX",
    in_force="Vigente",
    in_force_line="Tipo de cambio vigente",
    low="mín. {rate}",
    high="máx. {rate}",
    days="Pesos por dólar, del {first} al {last}.",
    figures="{name}: primero {first}, último {last}, mínimo {low}, máximo {high}.",
    no_values="{name}: sin valores en este periodo.",
    empty="Sin valores en este periodo",
    source="Fuente: Banco de México (SF43718, SF60653).",
    simulated="Datos simulados: no son de Banco de México.",
    simulated_badge="DATOS SIMULADOS",
    new_pesos="Antes de 1993, en nuevos pesos: N$1 = 1,000 pesos.",
    since_1996="Tipo de cambio vigente: desde 1996.",
    unknown="De algunos días aún no se sabe el valor.",
    doubted="Algún valor está en revisión o fue retirado por la fuente.",
    key_verified="datos verificados",
    key_unverified="datos sin verificar",
    key_breaker="consultas suspendidas",
    key_no_fix="FIX no visto",
    key_closed="día inhábil bancario",
    key_unrecorded="sin registro",
    status_title="Verificación de los datos, día por día",
    status_span="{days} días, del {first} al {last}.",
    status_flawless="Ningún día con datos sin verificar.",
    status_flawed="Días con datos sin verificar: {days}.",
    status_unrecorded="Días sin registro: {count}.",
    status_empty="Aún no hay ningún día registrado.",
    banking_day="día bancario",
    closed_day="día inhábil bancario",
    unrecorded="sin registro",
    verified="verificado {time}",
    unverified="sin verificar {time}",
    breaker_open="consultas suspendidas {time}",
    fix_seen="FIX visto a las {time}",
    fix_not_seen="FIX no visto",
)
ENGLISH = Words(
    months=(
        *("January", "February", "March", "April", "May", "June", "July", "August"),
        *("September", "October", "November", "December"),
    ),
    short_months=(
        *("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    ),
    day="{day} {month} {year}",
    ranges={
        "90d": "last 90 days",
        "1y": "last year",
        "5y": "last 5 years",
        "all": "since the beginning",
    },
    title="US dollar in Mexican pesos: FIX and rate in force, {range}",
    simulated_title="Simulated data, not Banco de México's. {title}",
    heading="Pesos per dollar",
    subtitle="FIX and rate in force, {span}",
    fix="FIX",
    in_force="In force",
    in_force_line="Rate in force",
    low="low {rate}",
    high="high {rate}",
    days="Pesos per dollar, from {first} to {last}.",
    figures="{name}: first {first}, last {last}, low {low}, high {high}.",
    no_values="{name}: no values in this span.",
    empty="No values in this span",
    source="Source: Banco de México (SF43718, SF60653).",
    simulated="Simulated data: not Banco de México's.",
    simulated_badge="SIMULATED DATA",
    new_pesos="Before 1993 in new pesos: N$1 = 1,000 pesos of then.",
    since_1996="Rate in force: from 1996 on.",
    unknown="The values of some days are not known yet.",
    doubted="A value is under review, or was withdrawn by the source.",
    key_verified="verified data",
    key_unverified="unverified data",
    key_breaker="source not asked",
    key_no_fix="FIX not seen",
    key_closed="banks closed",
    key_unrecorded="not recorded",
    status_title="How the data were verified, day by day",
    status_span="{days} days, from {first} to {last}.",
    status_flawless="No day with unverified data.",
    status_flawed="Days with unverified data: {days}.",
    status_unrecorded="Days without a record: {count}.",
    status_empty="No day is recorded yet.",
    banking_day="banking day",
    closed_day="banks closed",
    unrecorded="not recorded",
    verified="verified {time}",
    unverified="unverified {time}",
    breaker_open="source not asked {time}",
    fix_seen="FIX seen at {time}",
    fix_not_seen="FIX not seen",
)
WORDS: dict[Language, Words] = {"es": SPANISH, "en": ENGLISH}


def long_day(words: Words, day: Day) -> str:
    """Return a day as in a sentence: 14 de agosto de 2026."""
    return words.day.format(day=day.day, month=words.months[day.month - 1], year=day.year)


def short_day(words: Words, day: Day) -> str:
    """Return a day of some year: 14 ago."""
    return f"{day.day} {words.short_months[day.month - 1]}"


def short_date(words: Words, day: Day) -> str:
    """Return a day with its year: 14 ago 2026."""
    return f"{short_day(words, day)} {day.year}"


def tick_name(words: Words, tick: DayTick) -> str:
    """Return what stands below a tick: 14 ago, ago or 2026."""
    match tick.names:
        case "day":
            return short_day(words, tick.day)
        case "month":
            return words.short_months[tick.day.month - 1]
    return str(tick.day.year)


def title(words: Words, chart: Chart) -> str:
    """Return the chart's name; simulated values are named first."""
    text = words.title.format(range=words.ranges[chart.range])
    return words.simulated_title.format(title=text) if chart.is_simulated else text


def subtitle(words: Words, chart: Chart) -> str:
    """Return which rates of which days are drawn."""
    return words.subtitle.format(span=span(words, chart))


def span(words: Words, chart: Chart) -> str:
    """Return which days are drawn: 17 may 2026 – 14 ago 2026."""
    return f"{short_date(words, chart.first)} – {short_date(words, chart.last)}"


def description(words: Words, chart: Chart) -> str:
    """Return the chart in words: its span, the figures of both lines, and what to know of them."""
    days = words.days.format(first=long_day(words, chart.first), last=long_day(words, chart.last))
    named = ((words.fix, chart.fix), (words.in_force_line, chart.in_force))
    figures = (_figures(words, name, line) for name, line in named)
    return " ".join((days, *figures, *notes(words, chart)))


def _figures(words: Words, name: str, line: ChartLine) -> str:
    if not line.first or not line.last or not line.low or not line.high:
        return words.no_values.format(name=name)
    points = {"first": line.first, "last": line.last, "low": line.low, "high": line.high}
    dated = {key: _dated(words, point) for key, point in points.items()}
    return words.figures.format(name=name, **dated)


def _dated(words: Words, point: Point) -> str:
    return f"{point.rate} ({long_day(words, point.day)})"


def notes(words: Words, chart: Chart) -> list[str]:
    """Return what is to be known of the values, the source last."""
    origin = words.simulated if chart.is_simulated else words.source
    return [*_caveats(words, chart), origin]


def _caveats(words: Words, chart: Chart) -> Iterator[str]:
    if chart.has_new_pesos:
        yield words.new_pesos
    if chart.first < RULE_KNOWN_FROM:
        yield words.since_1996
    if not chart.known:
        yield words.unknown
    if not DOUBTS.isdisjoint(chart.warnings):
        yield words.doubted


def duration(seconds: int) -> str:
    """Return a time as hours and minutes, begun minutes counted: 9 h 58 min."""
    hours, minutes = divmod(-(-seconds // 60), 60)
    parts = [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes or not hours)
    return " ".join(parts)


def clock_time(instant: datetime) -> str:
    """Return an instant as a wall time in Mexico City: 12:03."""
    return f"{instant.astimezone(MEXICO_CITY):%H:%M}"
