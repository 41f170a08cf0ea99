"""How pages are answered: rendered once per change and kept like every other answer.

At the address of a page, without data or with a form that can't be read, a person gets a page that
says so, with the status of the problem. An address that is no page's, as of a guide that there is
not, is answered with a problem document, as everywhere.
"""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache as once
from functools import partial
from typing import Any

from rates_api.handlers import edge_seconds, known_snapshot, view_of
from rates_api.http.endpoint import Handler
from rates_api.http.parameters import Query
from rates_api.http.port import WorkerPort
from rates_api.http.problems import Refused
from rates_api.http.response import HTML, RenderedAnswer, render
from rates_api.http.response_cache import ResponseCache
from rates_api.pages import assets
from rates_api.rates.current import CurrentQuery
from rates_api.resolution.view import View
from rates_api.snapshot.level import MAX_EDGE_SECONDS_WITHOUT_PURGE
from rates_contracts.observation import RESTS_ON, Kind

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""What a page may load: nothing from elsewhere, nothing inline."""
PAGE_HEADERS = (("content-security-policy", POLICY),)
"""Of every HTML page, beside those of every response."""
MALFORMED = 422


@dataclasses.dataclass(frozen=True)
class Views:
    """The record at one moment: assessed as a whole, and as what a rate of each kind rests on.

    One series may be unusable while the other is verified (protocol rule 27).
    """

    whole: View
    each: Mapping[Kind, View]


@dataclasses.dataclass(frozen=True)
class Page:
    """A page's HTML, and what in it may end soon, as an answer of the API has it.

    `warnings` are those of all that it shows, `codes` those of what has no value in it; `known`
    tells whether all days that it is about are known.
    """

    html: bytes
    warnings: Iterable[str]
    codes: Iterable[str]
    known: bool


def page(
    write: Callable[[Any, Views], Page],
    write_unavailable: Callable[[Any], bytes],
    is_malformed: Callable[[Any], bool] = lambda _: False,
) -> Handler:
    """Return the handler of a page that `write` makes from query and view, in a thread.

    Nobody keeps a page of other status than 200: that of `write_unavailable`, without any data, and
    one whose query `is_malformed`, which is 422 and says so.
    """

    async def handle(
        port: WorkerPort, cache: ResponseCache, query: Any, now: datetime
    ) -> RenderedAnswer:
        answers = cache.answers(query)
        found = answers.find(query, now)
        port.counters.record_lookup("miss" if found is None else "hit")
        if found is not None:
            return found
        try:
            views = _views(cache, query, now)
        except Refused as refused:
            return _html(write_unavailable(query), "no-store", status=refused.status)
        if is_malformed(query):
            said = await port.run_in_thread(partial(write, query, views))
            return _html(said.html, "no-store", status=MALFORMED)
        found = await port.run_in_thread(partial(_rendered, write, query, views))
        answers.keep(query, found)
        return found

    return handle


def _views(cache: ResponseCache, query: Any, now: datetime) -> Views:
    """Return what a page is made from. Raises `Refused` without any data."""
    snapshot = known_snapshot(cache)
    each = {kind: view_of(cache, snapshot, CurrentQuery(kind), now) for kind in RESTS_ON}
    return Views(view_of(cache, snapshot, query, now), each)


def _rendered(write: Callable[[Any, Views], Page], query: Any, views: Views) -> RenderedAnswer:
    view = views.whole
    if view.assessment is None:
        raise AssertionError("pages are about the present")
    said = write(query, views)
    return _html(
        said.html,
        "shared",
        valid_until=view.assessment.valid_until,
        edge_seconds=min(
            view.assessment.edge_seconds,
            MAX_EDGE_SECONDS_WITHOUT_PURGE,
            edge_seconds(said.warnings, said.codes, known=said.known),
        ),
        valid_from=view.at,
    )


def static_page(write: Callable[[Any], bytes]) -> Handler:
    """Return the handler of a page that only another release changes, written in a thread.

    It is rendered once; each snapshot's cache refers to that.
    """

    @once
    def rendered(query: Query) -> RenderedAnswer:
        return _html(write(query), "shared", edge_seconds=MAX_EDGE_SECONDS_WITHOUT_PURGE)

    async def handle(
        port: WorkerPort, cache: ResponseCache, query: Query, now: datetime
    ) -> RenderedAnswer:
        answers = cache.answers(query)
        found = answers.find(query, now)
        if found is None:
            found = await port.run_in_thread(partial(rendered, query))
            answers.keep(query, found)
        return found

    return handle


def _html(body: bytes, policy: Any, **caching: Any) -> RenderedAnswer:
    return dataclasses.replace(render(body, HTML, policy, **caching), headers=PAGE_HEADERS)


async def asset(
    _: WorkerPort, __: ResponseCache, query: assets.AssetQuery, ___: datetime
) -> RenderedAnswer:
    """Answer with a file that never changes at its address."""
    found = assets.all_assets()[query.name]
    return render(found.body, found.media_type, "immutable")
