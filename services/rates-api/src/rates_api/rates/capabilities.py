"""`GET /api/v1`: what this API can be asked: kinds, spans, limits and links."""

import dataclasses
from datetime import date as Day
from itertools import chain

from rates_api import __version__
from rates_api.rates.convert import MAX_SCALE
from rates_api.rates.monthly import MAX_MONTHS
from rates_api.rates.query_parameters import MAX_DATES, MAX_DAYS, RateQuery
from rates_api.resolution.knowledge import series_status, unknown, warnings_member, warnings_of
from rates_api.resolution.view import View
from rates_contracts.answers import CalendarInfo, Capabilities, KindInfo, Limits, PollingInfo
from rates_contracts.averages import DAYS_OF
from rates_contracts.observation import FIRST_FIX_DAY, RESTS_ON, SERIES_OF, Kind
from rates_contracts.status import PollingWindow

DESCRIPTIONS: dict[Kind, str] = {
    "fix": "The FIX by the banking day on which Banco de México determined it.",
    "settlement": "The rate that applies to obligations and taxes on a calendar day.",
    "dof": "The FIX by the day on which it is due in the Official Gazette, by the bank calendar.",
}
LINKS = {
    "current": "/api/v1/rates/current",
    "day": "/api/v1/rates/{date}",
    "day_sheet": "/api/v1/days/{date}",
    "revisions": "/api/v1/rates/{date}/revisions",
    "batch": "/api/v1/rates?dates={dates}",
    "historical": "/api/v1/rates/historical",
    "summary": "/api/v1/rates/summary?month={month}",
    "monthly": "/api/v1/rates/monthly?year={year}",
    "average": "/api/v1/rates/average/{window}",
    "gaps": "/api/v1/rates/gaps",
    "calendar": "/api/v1/calendar?year={year}",
    "convert": "/api/v1/convert",
    "changes": "/api/v1/changes",
    "feed": "/feeds/fix.atom",
    "chart": "/charts/fix.svg",
    "stream": "/api/v1/stream",
    "payload": "/api/v1/payloads/{sha256}",
    "receipt": "/api/v1/rates/{date}/receipt",
    "keys": "/.well-known/jwks.json",
    "health": "/health",
    "openapi": "/openapi.json",
    "llms": "/llms.txt",
}
LIMITS = Limits(days=MAX_DAYS, last=MAX_DAYS, dates=MAX_DATES, scale=MAX_SCALE, months=MAX_MONTHS)
NOTES = (
    "Values before 1993 are in new pesos: 1 new peso is 1,000 of the pesos of then.",
    "A FIX is known to apply from the day after its publication from 1996 on, not before.",
)


@dataclasses.dataclass(frozen=True)
class CapabilitiesQuery(RateQuery):
    """It takes no parameters."""


def answer(_: CapabilitiesQuery, view: View) -> Capabilities:
    """Answer with kinds, spans, limits and links."""
    calendar = view.calendar
    codes = {kind: unknown(view, kind, FIRST_FIX_DAY, view.today) for kind in SERIES_OF}
    kinds = tuple(_kind(view, kind, known=not codes[RESTS_ON[kind]]) for kind in RESTS_ON)
    return Capabilities(
        name="USD/MXN exchange rates of Banco de México",
        version=__version__,
        source=view.source,
        kinds=kinds,
        averages=tuple(DAYS_OF),
        limits=LIMITS,
        calendar=CalendarInfo(calendar.version, calendar.first, calendar.last),
        polling_window=_polling(view.status.window),
        next_publication_at=view.assessment.next_publication_at if view.assessment else None,
        links=LINKS,
        notes=NOTES,
        known=all(kind.known for kind in kinds),
        **warnings_member(warnings_of(chain.from_iterable(codes.values()))),
    )


def _kind(view: View, kind: Kind, *, known: bool) -> KindInfo:
    """Return what is there of a kind; while history is missing its first day is not known."""
    complete_from = series_status(view, RESTS_ON[kind]).complete_from
    is_complete = complete_from is not None and complete_from <= FIRST_FIX_DAY
    first, last = _first_and_last(view, kind)
    return KindInfo(
        kind,
        SERIES_OF[RESTS_ON[kind]],
        DESCRIPTIONS[kind],
        first if is_complete else None,
        last,
        known,
    )


def _first_and_last(view: View, kind: Kind) -> tuple[Day | None, Day | None]:
    """Return the first and the last day with a value, for `dof` of its publication."""
    recorded, newest = RESTS_ON[kind], view.newest(RESTS_ON[kind])
    first, last = view.history(recorded).first_day, None if newest is None else newest.date
    if kind != "dof":
        return first, last
    following = view.banking_days.next
    return first and following(first), last and following(last)


def _polling(window: PollingWindow) -> PollingInfo:
    return PollingInfo(
        window.opens.isoformat("minutes"), window.closes.isoformat("minutes"), window.time_zone
    )
