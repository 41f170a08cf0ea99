"""What each endpoint produces: an answer from the record, or without it (health, pages, documents).

An answer is found rendered in the cache of the request's snapshot, or rendered and kept there.
"""

import dataclasses
from collections.abc import Callable, Iterable
from datetime import date as Day
from datetime import datetime, timedelta
from functools import cache as once
from functools import partial
from typing import Any

import msgspec
from msgspec import UNSET

from rates_api.dependencies import InstanceHealth
from rates_api.following.stream import StreamQuery, read_last_event_id
from rates_api.http.api_request import ApiRequest
from rates_api.http.endpoint import Handler
from rates_api.http.parameters import Query
from rates_api.http.port import WorkerPort
from rates_api.http.problem_pages import PageQuery, page
from rates_api.http.problems import WARM_UP_RETRY_SECONDS, Refused
from rates_api.http.response import (
    ATOM,
    CSV,
    FOREVER,
    HTML,
    JSON,
    SVG,
    TEXT,
    OpenStream,
    RenderedAnswer,
    render,
)
from rates_api.http.response_cache import ResponseCache
from rates_api.rates import csv, health
from rates_api.rates.query_parameters import RateQuery
from rates_api.resolution.view import View, as_known_at, present
from rates_api.snapshot.level import (
    BOTH,
    MAX_EDGE_SECONDS_NOT_HEALTHY,
    MAX_EDGE_SECONDS_WITHOUT_PURGE,
    PASSING,
    assess,
)
from rates_api.snapshot.snapshot import Snapshot
from rates_contracts.answers import Batch, DaySheet
from rates_contracts.calendar import mexico_day
from rates_contracts.observation import RESTS_ON, SERIES_OF, Kind
from rates_contracts.status import MAX_EDGE_SECONDS

SAME_VIEW_FOR = timedelta(seconds=1)
"""Only seconds to wait are reckoned from the instant of a request, and those are whole."""
MAX_STATES = 8
"""So many states of the past are kept with what was found in them."""
MEDIA_TYPES = {"json": JSON, "csv": CSV, "txt": TEXT, "atom": ATOM, "svg": SVG}
"""By the `format` of a query."""

encode_json = msgspec.json.Encoder().encode


def from_record(
    answer: Callable[[Any, View], msgspec.Struct],
    to_csv: Callable[[Any], csv.Table] | None = None,
    is_long: Callable[[Any, Day], bool] = lambda *_: False,
    *,
    to_text: Callable[[Any], str] | None = None,
    to_document: Callable[[Any, Any], bytes] | None = None,
    to_link: Callable[[Any, Any], str] | None = None,
    is_purged: bool = True,
) -> Handler:
    """Return the handler that renders what `answer` returns: as JSON, or by the query's `format`.

    What takes long, by `is_long` of a query and of today, is rendered in a thread. An answer that
    the edge `is_purged` of may stay there longest. From query and answer `to_document` writes what
    has a form of its own, as a feed has, and `to_link` the header `Link`.
    """
    longest = MAX_EDGE_SECONDS if is_purged else MAX_EDGE_SECONDS_WITHOUT_PURGE

    async def handle(
        port: WorkerPort, cache: ResponseCache, query: RateQuery, now: datetime
    ) -> RenderedAnswer:
        snapshot = known_snapshot(cache)
        answers = cache.answers(query)
        found = answers.find(query, now)
        port.counters.record_lookup("miss" if found is None else "hit")
        if found is None:
            view = view_of(cache, snapshot, query, now)
            rendering = partial(render_from, view, query)
            found = (
                await port.run_in_thread(rendering) if is_long(query, view.today) else rendering()
            )
            answers.keep(query, found)
        return found

    def render_from(view: View, query: RateQuery) -> RenderedAnswer:
        try:
            content = answer(query, view)
            table = None if to_csv is None else lambda: csv.marked(to_csv(content), view.source)
            body = _written(content, query, table, to_text, to_document)
        except Refused as refused:
            refused.shared_until = _shared_until(refused, view)
            raise
        longest_of_this = min(longest, _edge_seconds_of(content))
        rendered = _render(body, MEDIA_TYPES[query.format], view, longest_of_this)
        file_name = _file_name(query) if query.format == "csv" else ()
        link = () if to_link is None else (("link", to_link(query, content)),)
        return dataclasses.replace(rendered, headers=(*file_name, *link))

    return handle


def _written(
    content: msgspec.Struct,
    query: RateQuery,
    to_csv: Callable[[], csv.Table] | None,
    to_text: Callable[[Any], str] | None,
    to_document: Callable[[Any, Any], bytes] | None,
) -> bytes:
    """Write what a query asks for in its format. Raises `Refused` where there is no bare number."""
    match query.format:
        case "csv" if to_csv is not None:
            return csv.write(to_csv(), query.fields)
        case "txt" if to_text is not None:
            return f"{to_text(content)}\n".encode()
    return encode_json(content) if to_document is None else to_document(query, content)


def view_of(cache: ResponseCache, snapshot: Snapshot, query: RateQuery, now: datetime) -> View:
    """Return what an answer to `query` is made from, found once while it holds."""
    if query.as_of is not None:
        return _shared(cache, as_known_at(snapshot, query.as_of, now))
    view: View | None = cache.views.get(query.kind)
    if view is None or not view.holds_at(now):
        view = cache.views[query.kind] = _present(snapshot, query.kind, now)
    elif now - view.at >= SAME_VIEW_FOR:
        view = cache.views[query.kind] = dataclasses.replace(view, at=now)
    return view


def _shared(cache: ResponseCache, view: View) -> View:
    """Return the view with what others of the same rows have found; instants share few states."""
    state = view.state
    if state not in cache.memos and len(cache.memos) >= MAX_STATES:
        cache.memos.clear()
    return dataclasses.replace(view, memo=cache.memos.setdefault(state, view.memo))


def _present(snapshot: Snapshot, kind: Kind | None, now: datetime) -> View:
    assessment = assess(snapshot, now, BOTH if kind is None else (SERIES_OF[RESTS_ON[kind]],))
    if assessment.level == "critical":
        raise _no_data()
    return present(snapshot, assessment, now)


def _shared_until(refused: Refused, view: View) -> datetime | None:
    """Return until when shared caches may keep a problem: that today's FIX is not out yet."""
    expected_at = refused.members.get("expected_at")
    if view.assessment is None or expected_at is None or mexico_day(expected_at) != view.today:
        return None
    return view.assessment.valid_until


def _render(body: bytes, media_type: str, view: View, edge_seconds: int) -> RenderedAnswer:
    """Render `body`, to be cached until it changes or permanently (protocol rules 4, 16, 21).

    `edge_seconds` is the longest `s-maxage` by what it says.
    """
    if view.assessment is None:
        return render(body, media_type, "immutable" if view.is_settled else "no-store")
    return render(
        body,
        media_type,
        "shared",
        valid_until=view.assessment.valid_until,
        edge_seconds=min(view.assessment.edge_seconds, edge_seconds),
        valid_from=view.at,
    )


def _file_name(query: RateQuery) -> tuple[tuple[str, str]]:
    """Return the header that names the file of a CSV."""
    return (("content-disposition", f'attachment; filename="{csv.file_name(query)}"'),)


def _edge_seconds_of(content: Any) -> int:
    """Return the longest `s-maxage` by what an answer says."""
    warnings = getattr(content, "warnings", None) or ()
    return edge_seconds(warnings, _problem_codes(content), known=getattr(content, "known", True))


def edge_seconds(warnings: Iterable[str], codes: Iterable[str], *, known: bool) -> int:
    """Return the longest `s-maxage` by what is said: what may end soon is kept shortly (rule 21).

    `codes` are those of what has no rate; `known` tells whether each day of it is known.
    """
    passing = not PASSING.isdisjoint(warnings)
    pending = any(code.startswith("not-yet-") for code in codes)
    return MAX_EDGE_SECONDS_NOT_HEALTHY if passing or pending or not known else MAX_EDGE_SECONDS


def _problem_codes(content: Any) -> Iterable[str]:
    """Return the codes of what has no rate within an answer."""
    match content:
        case Batch(results=results):
            return [result.problem.code for result in results if result.problem is not UNSET]
        case DaySheet(problems=problems):
            return problems.values()
    return ()


def known_snapshot(cache: ResponseCache) -> Snapshot:
    """Return the snapshot to answer from. Raises `Refused` without one."""
    if cache.snapshot is None:
        raise _no_data()
    return cache.snapshot


def _no_data() -> Refused:
    return Refused("no-data", "There is no data yet.", retry_after=WARM_UP_RETRY_SECONDS)


async def instance_health(
    port: WorkerPort, cache: ResponseCache, _: Query, now: datetime
) -> RenderedAnswer:
    """Find or render the state of the instance; 503 only when it is unhealthy.

    It is never cached by others; here until the instance says something else, or the time does.
    """
    instance = port.instance_health()
    if cache.health is not None and cache.health[0] == instance:
        found = cache.health[1]
        if found.valid_from <= now < found.valid_until:
            return found
    cache.health = (instance, _rendered_health(instance, cache.snapshot, now))
    return cache.health[1]


def _rendered_health(
    instance: InstanceHealth, snapshot: Snapshot | None, now: datetime
) -> RenderedAnswer:
    content = health.answer(instance, snapshot, now)
    return render(
        encode_json(content),
        JSON,
        "no-store",
        status=503 if content.status == "unhealthy" else 200,
        valid_until=FOREVER if snapshot is None else assess(snapshot, now).valid_until,
        valid_from=now,
    )


def document(make: Callable[[], bytes], media_type: str) -> Handler:
    """Return the handler of a document that only another release changes; it is made once."""
    rendered = once(lambda: render(make(), media_type, "shared"))

    async def handle(
        _: WorkerPort, cache: ResponseCache, query: Query, now: datetime
    ) -> RenderedAnswer:
        answers = cache.answers(query)
        found = answers.find(query, now)
        if found is None:
            found = rendered()
            answers.keep(query, found)
        return found

    return handle


async def problem_page(
    _: WorkerPort, __: ResponseCache, query: PageQuery, ___: datetime
) -> RenderedAnswer:
    """Render the page that explains a problem."""
    return render(page(query.code), HTML, "shared")


def open_stream(
    port: WorkerPort, query: StreamQuery, request: ApiRequest, _: datetime
) -> OpenStream:
    """Open a stream that continues after the last change that the client has."""
    sent = next(iter(request.values("last-event-id")), "")
    return port.streams.open(read_last_event_id(sent, query))
