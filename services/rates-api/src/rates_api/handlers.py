"""What each endpoint produces: an answer from the record, or without it (health, problem pages).

An answer is found rendered in the cache of the request's snapshot, or rendered and kept there.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from rates_api.http.endpoint import Handler
from rates_api.http.parameters import Query
from rates_api.http.port import WorkerPort
from rates_api.http.problem_pages import PageQuery, page
from rates_api.http.problems import WARM_UP_RETRY_SECONDS, Refused
from rates_api.http.response import CSV, HTML, JSON, RenderedAnswer, render
from rates_api.http.response_cache import ResponseCache
from rates_api.rates import health
from rates_api.rates.query_parameters import RateQuery
from rates_api.rates.view import View, as_known_at, present
from rates_api.snapshot.level import assess
from rates_api.snapshot.snapshot import Snapshot

encode_json = msgspec.json.Encoder().encode


def from_record(
    answer: Callable[[Any, View], msgspec.Struct], to_csv: Callable[[Any], bytes] | None = None
) -> Handler:
    """Return the handler that renders what `answer` returns, as JSON or by `to_csv`."""

    def handle(
        port: WorkerPort, cache: ResponseCache, query: RateQuery, now: datetime
    ) -> RenderedAnswer:
        if cache.snapshot is None:
            raise _no_data()
        answers = cache.answers(query)
        found = answers.find(query, now)
        port.counters.record_lookup("miss" if found is None else "hit")
        if found is None:
            found = render_from(cache.snapshot, query, now)
            answers.keep(query, found)
        return found

    def render_from(snapshot: Snapshot, query: RateQuery, now: datetime) -> RenderedAnswer:
        view = _view(snapshot, query.as_of, now)
        content = answer(query, view)
        if to_csv is not None and query.format == "csv":
            return _render(to_csv(content), CSV, view)
        return _render(encode_json(content), JSON, view)

    return handle


def _view(snapshot: Snapshot, as_of: datetime | None, now: datetime) -> View:
    if as_of is not None:
        return as_known_at(snapshot, as_of, now)
    assessment = assess(snapshot, now)
    if assessment.level == "critical":
        raise _no_data()
    return present(snapshot, assessment, now)


def _render(body: bytes, media_type: str, view: View) -> RenderedAnswer:
    """Render `body`, to be cached until it changes or permanently (protocol rules 4, 16, 21)."""
    if view.assessment is None:
        return render(body, media_type, "immutable" if view.is_settled else "no-store")
    return render(
        body,
        media_type,
        "shared",
        valid_until=view.assessment.valid_until,
        edge_seconds=view.assessment.edge_seconds,
    )


def _no_data() -> Refused:
    return Refused("no-data", "There is no data yet.", retry_after=WARM_UP_RETRY_SECONDS)


def instance_health(
    port: WorkerPort, cache: ResponseCache, _: Query, now: datetime
) -> RenderedAnswer:
    """Render the state of the instance, never cached; 503 only when it is unhealthy."""
    content = health.answer(port.instance_health(), cache.snapshot, now)
    status = 503 if content.status == "unhealthy" else 200
    return render(encode_json(content), JSON, "no-store", status=status)


def problem_page(
    _: WorkerPort, __: ResponseCache, query: PageQuery, ___: datetime
) -> RenderedAnswer:
    """Render the page that explains a problem."""
    return render(page(query.code), HTML, "shared")
