"""`GET /api/v1/rates/current`: the newest FIX, or the settlement rate that applies today."""

import dataclasses
from datetime import datetime
from typing import Annotated, Any

from rates_api.http.parameters import Query
from rates_api.http.problems import Refused
from rates_api.rates.query_parameters import AS_OF, KIND, asked_as, not_in_the_future
from rates_api.rates.resolution import newest, provenance
from rates_api.rates.view import View
from rates_api.snapshot.level import Standing
from rates_contracts.answers import CurrentRate, Freshness
from rates_contracts.observation import Kind
from rates_contracts.status import SyncStatus

RETRY_AFTER = 60
HISTORICAL = "/api/v1/rates/historical?last=10"


@dataclasses.dataclass(frozen=True)
class CurrentQuery(Query):
    """What `current` can be asked."""

    kind: Annotated[Kind, KIND] = "fix"
    as_of: Annotated[datetime | None, AS_OF] = None

    rules = (not_in_the_future,)


def answer(query: CurrentQuery, view: View) -> CurrentRate:
    """Answer with the current rate. Raises `Refused` where none may pass as current."""
    refuse_if_limited(view)
    try:
        found = newest(view, query.kind)
    except Refused as refused:
        if view.standing is None:
            raise
        raise _no_current_rate() from refused
    return CurrentRate(
        kind=query.kind,
        rate=found.observation.value,
        derived=found.derived,
        dates=found.dates,
        provenance=provenance(view, found.observation),
        **asked_as(query),
        **quality(view),
    )


def refuse_if_limited(view: View) -> None:
    """Raise `Refused` past the instant until which the last value is usable."""
    if view.standing is not None and view.standing.level in ("limited", "critical"):
        raise _no_current_rate()


def quality(view: View) -> dict[str, Any]:
    """Return the members of an answer that can go stale, none of them with `as_of`."""
    if view.standing is None:
        return {}
    return {
        "freshness": freshness(view.status, view.standing),
        "level": view.standing.level,
        "warnings": view.standing.warnings,
    }


def freshness(status: SyncStatus, standing: Standing) -> Freshness:
    """Return how fresh the record is, as instants."""
    row = standing.transition
    return Freshness(
        state=standing.state,
        verified_at=status.verified_at,
        fresh_until=status.fresh_until,
        usable_until=status.usable_until,
        next_publication_at=None if row is None else row.next_publication_at,
    )


def _no_current_rate() -> Refused:
    return Refused(
        "no-current-rate",
        "No rate can pass as current at the moment; past days are served.",
        retry_after=RETRY_AFTER,
        links={"historical": HISTORICAL},
    )
