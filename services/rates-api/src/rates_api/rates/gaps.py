"""`GET /api/v1/rates/gaps`: banking days without a FIX, and those declared closed.

A day counts as `late` from 13:00 of its own day on and as `absent` from the next midnight on; a
closure declared by an operator settles it. Before the calendar's first day there are no gaps: there
the FIX's own days are the banking days.
"""

import dataclasses
from collections.abc import Iterator
from datetime import date as Day
from datetime import datetime
from typing import Annotated, Literal

from rates_api.rates.query_parameters import AS_OF, FORMAT, ONLY_FIX, RateQuery, day, in_order
from rates_api.rates.view import View, envelope
from rates_contracts.answers import Gap, Gaps, GapStatus
from rates_contracts.calendar import LATE_FROM, mexico_instant
from rates_contracts.observation import FIRST_FIX_DAY

FROM = day("from", "First day of the span (default 1991-11-12).", unbounded=True)
TO = day("to", "Last day of the span (default today).", unbounded=True)


@dataclasses.dataclass(frozen=True)
class GapsQuery(RateQuery):
    """What `gaps` can be asked."""

    from_: Annotated[Day | None, FROM] = None
    to: Annotated[Day | None, TO] = None
    kind: Annotated[Literal["fix"], ONLY_FIX] = "fix"
    as_of: Annotated[datetime | None, AS_OF] = None
    format: Annotated[str, FORMAT] = "json"

    rules = (in_order,)


def answer(query: GapsQuery, view: View) -> Gaps:
    """Answer with the gaps of the span, ascending."""
    first = query.from_ or FIRST_FIX_DAY
    last = query.to or max(view.today, first)
    found = tuple(sorted(_gaps(view, first, last), key=lambda gap: gap.date))
    return Gaps(**envelope(view, "fix"), from_=first, to=last, count=len(found), gaps=found)


def _gaps(view: View, first: Day, last: Day) -> Iterator[Gap]:
    last = min(last, view.today)
    observed = {observation.date for observation in view.fix.between(first, last)}
    for closure in view.calendar.declared:
        if first <= closure.date <= last and closure.date not in observed:
            yield Gap(closure.date, closure.declared_at, "declared_closed")
    for missing in view.calendar.banking_days(max(first, view.calendar.first), last):
        since = mexico_instant(missing, LATE_FROM)
        if missing not in observed and view.at >= since:
            status: GapStatus = "late" if missing == view.today else "absent"
            yield Gap(missing, since, status)
