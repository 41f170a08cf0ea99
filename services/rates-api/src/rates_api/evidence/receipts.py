"""`GET /api/v1/rates/{date}/receipt` and `/.well-known/jwks.json`: a rate, signed, and by whom."""

import dataclasses
from datetime import date as Day
from datetime import datetime
from typing import Annotated, ClassVar

import msgspec

from rates_api.evidence.on_demand import read_on_demand
from rates_api.handlers import known_snapshot, view_of
from rates_api.http.parameters import Query
from rates_api.http.port import WorkerPort
from rates_api.http.problems import Refused
from rates_api.http.response import JSON, RenderedAnswer, render
from rates_api.http.response_cache import ResponseCache
from rates_api.rates.query_parameters import DATE, KIND, RateQuery
from rates_api.resolution.resolution import resolve
from rates_contracts.answers import KeySet
from rates_contracts.observation import Kind

JWT = "application/jwt"
EDGE_SECONDS = 300
"""The longest `s-maxage` of what a revocation changes, since no purge follows one."""


@dataclasses.dataclass(frozen=True)
class ReceiptQuery(RateQuery):
    """Whose receipt is asked for; seldom twice."""

    kept: ClassVar[bool] = False
    date: Annotated[Day, DATE]
    kind: Annotated[Kind, KIND] = "fix"


@dataclasses.dataclass(frozen=True)
class KeysQuery(Query):
    """It takes no parameters."""

    kept: ClassVar[bool] = False


async def receipt(
    port: WorkerPort, cache: ResponseCache, query: ReceiptQuery, now: datetime
) -> RenderedAnswer:
    """Read the receipt of the observation that answers for the day, as it was signed."""
    view = view_of(cache, known_snapshot(cache), query, now)
    row = resolve(view, query.kind, query.date).observation
    jws = await read_on_demand(port.evidence.receipt(row.series, row.date, row.revision))
    if jws is None:
        raise Refused("not-signed-yet", f"The rate of {row.date} is not signed yet.")
    if view.assessment is None:
        raise RuntimeError("a receipt is asked for now")
    return render(
        jws.encode(),
        JWT,
        "shared",
        valid_until=view.assessment.valid_until,
        edge_seconds=min(view.assessment.edge_seconds, EDGE_SECONDS),
        valid_from=view.at,
    )


async def public_keys(
    port: WorkerPort, _: ResponseCache, __: KeysQuery, ___: datetime
) -> RenderedAnswer:
    """Read and render the public keys that verify receipts, those of the past included."""
    keys = await read_on_demand(port.evidence.public_keys())
    return render(msgspec.json.encode(KeySet(keys)), JSON, "shared", edge_seconds=EDGE_SECONDS)
