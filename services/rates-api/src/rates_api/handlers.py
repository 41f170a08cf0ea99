"""From a query to a rendered answer: out of the record, of the instance, or a page.

Called by `exchange` for each request that `front` has no finished answer to; a producer finds its
answer rendered or has it made by the endpoint's pure function.
"""

import dataclasses
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from rates_api.http import problem_pages
from rates_api.http.caching import NO_STORE, STATIC, Lifetime, of_as_of, until_it_changes
from rates_api.http.parameters import Query
from rates_api.http.port import WorkerPort
from rates_api.http.problems import RETRY_AFTER, Refused
from rates_api.http.response_cache import Rendered, answers_of, render
from rates_api.rates import csv, health
from rates_api.rates.view import View, as_known_at, present
from rates_api.snapshot.level import standing
from rates_api.snapshot.snapshot import Snapshot

JSON = "application/json"
HTML = "text/html; charset=utf-8"
encode = msgspec.json.Encoder().encode


Producer = Callable[[WorkerPort, Snapshot | None, Any, datetime], Rendered]
"""Makes or finds the answer to a query out of a snapshot at an instant. Raises `Refused`."""


@dataclasses.dataclass(frozen=True)
class FromRecord:
    """Answers from the snapshot."""

    answer: Callable[[Any, View], msgspec.Struct]
    as_csv: Callable[[Any], bytes] | None = None

    def __call__(
        self, port: WorkerPort, snapshot: Snapshot | None, query: Query, now: datetime
    ) -> Rendered:
        """Find the answer on the snapshot, or render it and keep it there."""
        if snapshot is None:
            raise _no_data()
        answers = answers_of(snapshot, query)
        found = answers.find(query, now)
        port.metrics.rendered("miss" if found is None else "hit")
        if found is None:
            found = self._render(snapshot, query, now)
            answers.keep(query, found)
        return found

    def _render(self, snapshot: Snapshot, query: Query, now: datetime) -> Rendered:
        view, lifetime = _view(snapshot, getattr(query, "as_of", None), now)
        answer = self.answer(query, view)
        if self.as_csv is not None and getattr(query, "format", "json") == "csv":
            return render(self.as_csv(answer), csv.MEDIA_TYPE, lifetime)
        return render(encode(answer), JSON, lifetime)


def _view(snapshot: Snapshot, as_of: datetime | None, now: datetime) -> tuple[View, Lifetime]:
    if as_of is not None:
        return as_known_at(snapshot, as_of), of_as_of(as_of, snapshot.head.recorded_at)
    judged = standing(snapshot, now)
    if judged.level == "critical":
        raise _no_data()
    return present(snapshot, judged, now), until_it_changes(judged)


def _no_data() -> Refused:
    return Refused("no-data", "There is no data yet.", retry_after=RETRY_AFTER)


def health_answer(port: WorkerPort, snapshot: Snapshot | None, _: Query, now: datetime) -> Rendered:
    """Render the state of the instance, never kept; 503 only when it is unhealthy."""
    answer = health.answer(port.instance_health(), snapshot, now)
    status = 503 if answer.status == "unhealthy" else 200
    return render(encode(answer), JSON, NO_STORE, status)


def page_answer(
    _: WorkerPort, __: Snapshot | None, query: problem_pages.PageQuery, ___: datetime
) -> Rendered:
    """Render the page that explains a problem."""
    return render(problem_pages.page(query.code), HTML, STATIC)
