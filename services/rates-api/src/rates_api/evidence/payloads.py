"""`GET /api/v1/payloads/{sha256}`: the source's answer behind an observation, byte for byte."""

import dataclasses
import re
from datetime import datetime
from typing import Annotated, ClassVar

from rates_api.evidence.on_demand import read_on_demand
from rates_api.handlers import known_snapshot
from rates_api.http.parameters import Parameter, Query
from rates_api.http.port import WorkerPort
from rates_api.http.problems import Refused
from rates_api.http.response import RenderedAnswer, render_evidence
from rates_api.http.response_cache import ResponseCache
from rates_api.snapshot.snapshot import Snapshot

SHA256_TEXT = re.compile(r"[0-9a-f]{64}")


def _read_sha256(text: str) -> str:
    if not SHA256_TEXT.fullmatch(text):
        raise ValueError("is not a SHA-256 as 64 hexadecimal digits in small letters")
    return text


SHA256 = Parameter(
    "sha256",
    "The hash of the raw answer: the `payload_sha256` of an observation.",
    "64 hexadecimal digits in small letters",
    _read_sha256,
    {"type": "string", "pattern": "^[0-9a-f]{64}$"},
)


@dataclasses.dataclass(frozen=True)
class PayloadQuery(Query):
    """Which raw answer is asked for; too large to be kept."""

    kept: ClassVar[bool] = False
    sha256: Annotated[str, SHA256]


async def payload(
    port: WorkerPort, cache: ResponseCache, query: PayloadQuery, _: datetime
) -> RenderedAnswer:
    """Read and render a raw answer; what no observation rests on is not even looked for."""
    named = _is_named(known_snapshot(cache), query.sha256)
    body = await read_on_demand(port.evidence.payload(query.sha256)) if named else None
    if body is None:
        raise Refused("unknown-payload", "There is no whole raw answer with this hash.")
    return render_evidence(body, query.sha256)


def _is_named(snapshot: Snapshot, sha256: str) -> bool:
    """Tell whether an observation rests on the raw answer with this hash."""
    return any(sha256 in history.payloads for history in snapshot.series.values())
