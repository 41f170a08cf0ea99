"""How long an answer may be kept, by whom, and whether the client has it already. Pure.

A purge reaches the edge but not clients' own caches, so that these revalidate each time (one 304)
and only `s-maxage` differs (protocol rule 21).
"""

import dataclasses
import re
from datetime import UTC, datetime, timedelta
from typing import Literal

from rates_api.snapshot.level import LONGEST_EDGE, Standing

FOREVER = datetime.max.replace(tzinfo=UTC)
ENTITY_TAG = re.compile(r'(?:W/)?("[^"]*")')
CODING = re.compile(r"\s*([\w*-]+)\s*(?:;\s*q\s*=\s*([0-9.]+)\s*)?")


@dataclasses.dataclass(frozen=True)
class Lifetime:
    """Until when an answer stands; `edge_seconds` is the longest `s-maxage` until then.

    The header is made when the answer leaves, not when it is rendered: an edge that got the answer
    a second before it changes must not keep it for an hour.
    """

    policy: Literal["shared", "immutable", "no-store"]
    valid_until: datetime = FOREVER
    edge_seconds: int = LONGEST_EDGE

    def cache_control(self, now: datetime) -> str:
        """Return the `Cache-Control` of the answer that leaves at `now`."""
        if self.policy == "no-store":
            return "no-store"
        if self.policy == "immutable":
            return "public, max-age=31536000, immutable"
        return f"public, max-age=0, must-revalidate, s-maxage={self._s_maxage(now)}"

    def says_so_until(self, now: datetime) -> datetime:
        """Return before which instant `cache_control` stays what it is at `now`."""
        return self.valid_until - timedelta(seconds=self._s_maxage(now))

    def _s_maxage(self, now: datetime) -> int:
        left = int((self.valid_until - now).total_seconds())
        return max(0, min(self.edge_seconds, left))


STATIC = Lifetime("shared")
IMMUTABLE = Lifetime("immutable")
NO_STORE = Lifetime("no-store")


def until_it_changes(standing: Standing) -> Lifetime:
    """Return the lifetime of an answer about the present (protocol rules 16 and 21)."""
    return Lifetime("shared", standing.valid_until, standing.edge_seconds)


def of_as_of(as_of: datetime, recorded_at: datetime) -> Lifetime:
    """Return the lifetime of an answer as of an instant: later records may precede it (rule 4)."""
    return IMMUTABLE if as_of <= recorded_at else NO_STORE


def has_it(if_none_match: str, etag: str) -> bool:
    """Tell by weak comparison whether the client's `If-None-Match` names `etag` (RFC 9110)."""
    return if_none_match.strip() == "*" or etag in ENTITY_TAG.findall(if_none_match)


def takes_gzip(accept_encoding: str) -> bool:
    """Tell whether the client's `Accept-Encoding` admits gzip; naming it outweighs `*`."""
    weights: dict[str, float] = {}
    for part in accept_encoding.split(","):
        if match := CODING.fullmatch(part):
            weights[match[1].lower()] = _weight(match[2])
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def _weight(text: str | None) -> float:
    try:
        return 1.0 if text is None else float(text)
    except ValueError:
        return 0.0
