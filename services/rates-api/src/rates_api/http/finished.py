"""Answers whole, ready to be sent: what `routes` has made, for each coding and condition.

They hang off the snapshot like what they were made of (protocol rule 16), under the one spelling of
path and query that `exchange` takes for canonical: however a request can be varied, it does not
fill the table. `front` sends them.
"""

import dataclasses
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from litestar.types import HTTPResponseBodyEvent, HTTPResponseStartEvent

from rates_api.http.caching import has_it, takes_gzip
from rates_api.http.parameters import Query
from rates_api.http.response import Outgoing, not_modified, whole
from rates_api.http.response_cache import Rendered, Spelling, Variant, answers_of
from rates_api.snapshot.snapshot import Snapshot

ACCEPTED = lru_cache(maxsize=256)(lambda value: takes_gzip(value.decode("latin-1")))


@dataclasses.dataclass(frozen=True, slots=True)
class Sent:
    """One answer as its two ASGI messages; servers change nothing in them, so they serve again."""

    status: int
    start: HTTPResponseStartEvent
    body: HTTPResponseBodyEvent


@dataclasses.dataclass(frozen=True, slots=True)
class Forms:
    """The forms in which one content coding of an answer leaves."""

    etag: bytes
    get: Sent
    head: Sent
    not_modified: Sent


@dataclasses.dataclass(frozen=True, slots=True)
class Finished:
    """An answer at a path template, as it leaves before `until`, compressed too if it is large.

    `until` is in POSIX seconds: it is compared at each request.
    """

    route: str
    until: float
    plain: Forms
    gzipped: Forms | None

    def sent(self, method: str, headers: Iterable[tuple[bytes, bytes]]) -> Sent | None:
        """Return what answers a request with these headers; null for a method that reads nothing.

        Chooses as `exchange` does.
        """
        if method not in ("GET", "HEAD"):
            return None
        accepts = has = b""
        for name, value in headers:
            if name == b"accept-encoding":
                accepts = b"%b, %b" % (accepts, value) if accepts else value
            elif name == b"if-none-match":
                has = b"%b, %b" % (has, value) if has else value
        forms = self.plain
        if accepts and self.gzipped is not None and ACCEPTED(accepts):
            forms = self.gzipped
        if has and (has == forms.etag or has_it(has.decode("latin-1"), forms.etag.decode())):
            return forms.not_modified
        return forms.get if method == "GET" else forms.head


def keep_finished(
    snapshot: Snapshot,
    query: Query,
    spelling: Spelling,
    rendered: Rendered,
    route: str,
    now: datetime,
) -> None:
    """Keep an answer as it leaves from `now` until one of its headers changes."""
    if rendered.lifetime.policy != "no-store":
        finished = finish(rendered, route, now)
        answers_of(snapshot, query).finish(query, spelling, finished)


def finish(rendered: Rendered, route: str, now: datetime) -> Finished:
    """Make every form of a rendered answer as it leaves at `now`."""
    return Finished(
        route=route,
        until=rendered.lifetime.says_so_until(now).timestamp(),
        plain=_forms(rendered, rendered.plain, now),
        gzipped=None if rendered.gzipped is None else _forms(rendered, rendered.gzipped, now),
    )


def _forms(rendered: Rendered, variant: Variant, now: datetime) -> Forms:
    get = whole(rendered, variant, now)
    return Forms(
        etag=variant.etag.encode(),
        get=_sent(get),
        head=_sent(dataclasses.replace(get, body=b"")),
        not_modified=_sent(not_modified(rendered, variant, now)),
    )


def _sent(outgoing: Outgoing) -> Sent:
    headers = [(name.encode(), value.encode()) for name, value in outgoing.headers]
    return Sent(
        status=outgoing.status,
        start={"type": "http.response.start", "status": outgoing.status, "headers": headers},
        body={"type": "http.response.body", "body": outgoing.body, "more_body": False},
    )
