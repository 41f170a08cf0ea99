"""Every public path of this service but `/livez` and `/readyz`, as it is mounted and documented.

A new endpoint touches these places:

    rates_contracts/answers.py       the struct of its answer
    rates/<endpoint>.py              its query, declared as parameters, and its answer, pure; or
                                     following/<endpoint>.py, if it says what has changed
    rates/query_parameters.py        a parameter that it shares with others
    rates/csv.py                     its rows, if it has a `format`
    handlers.py                      its handler, if the answer does not come from the record
    endpoints.py                     its entry here, with example requests
    http/problems.py                 a problem that no endpoint has had so far
    rates/capabilities.py            its link in `/api/v1`
    docs/api/openapi-v1.json         written by `python tests/contract/openapi_recorder.py`

A path outside `/api/v1/` is not purged from the edge (`rates_sync.notify.dispatcher.PURGED`).

These tests cover a new entry by themselves: `tests/contract/test_openapi.py` (the golden document),
`tests/contract/test_openapi_conformance.py`, and of rates-api `http/test_routes.py` (preflight,
methods) and `http/test_response_cache_middleware.py` (cached responses equal the routes').
"""

from rates_api.following import changes, feed, messages, stream
from rates_api.handlers import from_record, instance_health, open_stream, problem_page
from rates_api.http import problem_pages
from rates_api.http.endpoint import Endpoint, Streaming
from rates_api.http.parameters import Query
from rates_api.rates import average, capabilities, convert, csv, current, day, gaps, historical
from rates_contracts import answers

INFO = {
    "title": "USD/MXN rates",
    "version": "1.0.0",
    "description": """\
The USD/MXN rates of Banco de México: the FIX by determination date (`kind=fix`, SF43718) and the
rate that applies to obligations and taxes on a calendar day (`kind=settlement`, SF60653).

Rates are decimal strings exactly as published; never read them as floats. Instants are UTC with
`Z`, days ISO dates, today is today in Mexico City. Every path answers GET, HEAD and OPTIONS.
Problems are RFC 9457 documents, and all that is wrong with a request is named at once. Within v1
members are only added: ignore those, and enum values, that you don't know.

An edge before the service answers 429 `too-many-requests` by itself, with `Retry-After`. Its body
is a problem document without `instance`, but its type may be `application/json`: go by the status.
""",
}
AS_OF = ("no-data", "before-first-record")
UNKNOWN = ("not-known-then", "history-loading", "not-verified", "under-review")
LIST = (*AS_OF, *UNKNOWN)
"""CSV is refused where not every day is known."""
DAY = (
    *AS_OF,
    "before-first-observation",
    "no-fix-on-closed-day",
    "not-yet-published",
    "not-yet-known",
    "gap",
    *UNKNOWN,
)

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        name="capabilities",
        path="/api/v1",
        summary="What this API can be asked",
        query=capabilities.CapabilitiesQuery,
        handler=from_record(capabilities.answer),
        answers=answers.Capabilities,
        problems=("no-data",),
        examples={"capabilities": "/api/v1", "unknown_parameter": "/api/v1?verbose=1"},
    ),
    Endpoint(
        name="current",
        path="/api/v1/rates/current",
        summary="The newest FIX, or the settlement rate that applies today",
        description="Before noon in Mexico City the newest FIX is the last banking day's.",
        query=current.CurrentQuery,
        handler=from_record(current.answer),
        answers=answers.CurrentRate,
        problems=(*AS_OF, "gap", "not-known-then", "no-current-rate"),
        examples={
            "fix": "/api/v1/rates/current",
            "settlement": "/api/v1/rates/current?kind=settlement",
            "as_of": "/api/v1/rates/current?as_of=2024-01-02T18:30:00Z",
            "before_first_record": "/api/v1/rates/current?as_of=1990-01-01T00:00:00Z",
            "wrong_parameters": "/api/v1/rates/current?kind=spot&as_of=2024-01-02T18:30:00+00:00",
        },
    ),
    Endpoint(
        name="historical",
        path="/api/v1/rates/historical",
        summary="The recorded observations of a span",
        description="Ten values: `last=10`. Ten calendar days, both ends included: `days=10`. Any "
        "span: `from` and `to`. One of these forms per request. Settlement days before the stored "
        "series are derived and marked. A missing row means that there is no value only where "
        "`known` is true.",
        query=historical.HistoricalQuery,
        handler=from_record(historical.answer, csv.history, historical.is_long),
        answers=answers.History,
        problems=LIST,
        examples={
            "ten_values": "/api/v1/rates/historical?last=10",
            "ten_days": "/api/v1/rates/historical?days=10",
            "span": "/api/v1/rates/historical?from=2024-01-01&to=2024-01-05&kind=settlement",
            "csv": "/api/v1/rates/historical?from=2024-01-01&to=2024-01-05&format=csv",
            "two_forms": "/api/v1/rates/historical?days=0&last=10",
        },
    ),
    Endpoint(
        name="average",
        path="/api/v1/rates/average/{window}",
        summary="The mean FIX of the calendar days ending today",
        description="Rounded half-even to six places; recomputable from `historical` to the last "
        "digit.",
        query=average.AverageQuery,
        handler=from_record(average.answer),
        answers=answers.AverageRate,
        problems=(*AS_OF, "unknown-window"),
        examples={
            "fifteen_days": "/api/v1/rates/average/15d",
            "thirty_days": "/api/v1/rates/average/30d",
            "unknown_window": "/api/v1/rates/average/7d",
            "settlement": "/api/v1/rates/average/15d?kind=settlement",
        },
    ),
    Endpoint(
        name="gaps",
        path="/api/v1/rates/gaps",
        summary="Banking days without a FIX",
        description="`late` from 13:00 of its day, `absent` once a later FIX is recorded, "
        "`declared_closed`; `unverified` while the source is not heard, `under_review` while its "
        "value is checked. Days that are not loaded yet are not listed: `known` says so. Before "
        "2001 the FIX's own days are the calendar.",
        query=gaps.GapsQuery,
        handler=from_record(gaps.answer, csv.gaps, gaps.is_long),
        answers=answers.Gaps,
        problems=LIST,
        examples={
            "gaps": "/api/v1/rates/gaps",
            "csv": "/api/v1/rates/gaps?format=csv",
            "wrong_order": "/api/v1/rates/gaps?from=2024-02-01&to=2024-01-01",
        },
    ),
    Endpoint(
        name="batch",
        path="/api/v1/rates",
        summary="The rates of several days",
        query=day.BatchQuery,
        handler=from_record(day.batch, csv.batch),
        answers=answers.Batch,
        problems=AS_OF,
        examples={
            "days": "/api/v1/rates?dates=2024-01-02,2024-02-29,2024-03-02,1991-01-02",
            "csv": "/api/v1/rates?dates=2024-01-02,2024-02-29&format=csv",
            "no_days": "/api/v1/rates",
        },
    ),
    Endpoint(
        name="day",
        path="/api/v1/rates/{date}",
        summary="The rate of one day",
        description="`fix` rolls back only from days on which the calendar has no FIX; "
        "`settlement` never rolls, each calendar day has a value. Settlement days before the "
        "stored series are derived from the FIX by the rule and marked `derived`.",
        query=day.DayQuery,
        handler=from_record(day.answer),
        answers=answers.DayRate,
        problems=DAY,
        examples={
            "banking_day": "/api/v1/rates/2024-01-02",
            "closed_day": "/api/v1/rates/2024-03-02",
            "settlement": "/api/v1/rates/2024-03-02?kind=settlement",
            "derived": "/api/v1/rates/2015-06-01?kind=settlement",
            "refused": "/api/v1/rates/2024-03-02?roll=none",
            "future": "/api/v1/rates/2099-01-04",
            "too_early": "/api/v1/rates/1991-11-11",
            "wrong_day": "/api/v1/rates/2024-02-30",
        },
    ),
    Endpoint(
        name="revisions",
        path="/api/v1/rates/{date}/revisions",
        summary="All that was ever recorded for a day",
        query=day.RevisionsQuery,
        handler=from_record(day.revisions, csv.revisions),
        answers=answers.Revisions,
        problems=LIST,
        examples={
            "revisions": "/api/v1/rates/2024-01-02/revisions",
            "csv": "/api/v1/rates/2024-01-02/revisions?format=csv",
            "wrong_day": "/api/v1/rates/yesterday/revisions",
        },
    ),
    Endpoint(
        name="convert",
        path="/api/v1/convert",
        summary="An amount at a published rate",
        description="USD to MXN multiplies by the published rate, MXN to USD divides by it; one "
        "rounding at the end. `date` resolves as in `/api/v1/rates/{date}`.",
        query=convert.ConvertQuery,
        handler=from_record(convert.answer),
        answers=answers.Conversion,
        problems=(*DAY, "no-current-rate"),
        examples={
            "to_mxn": "/api/v1/convert?from=USD&to=MXN&amount=1250.50&date=2024-01-02",
            "to_usd": "/api/v1/convert?from=MXN&to=USD&amount=1000&scale=4&rounding=half_even",
            "wrong_parameters": "/api/v1/convert?from=USD&to=USD&amount=1e3",
        },
    ),
    Endpoint(
        name="changes",
        path="/api/v1/changes",
        summary="What was recorded since",
        description="Every new value and every correction, as it was recorded. Begin with `since` "
        "or without a parameter; then continue with the `next` of each answer as `cursor`, at once "
        "while `more` is true. Nothing is lost or doubled. `reset` tells that the changes begin "
        "anew: drop what was read before.",
        query=changes.ChangesQuery,
        handler=from_record(changes.answer, csv.changes, changes.is_long),
        answers=answers.Changes,
        problems=("no-data",),
        examples={
            "since": "/api/v1/changes?since=2026-08-12T00:00:00Z",
            "settlement": "/api/v1/changes?since=2026-08-12T00:00:00Z&kind=settlement&limit=2",
            "unknown_timeline": "/api/v1/changes?cursor=7-42-c-fix-2026-08-12-1&limit=1",
            "csv": "/api/v1/changes?since=2026-08-12T00:00:00Z&format=csv",
            "wrong_parameters": "/api/v1/changes?since=yesterday&cursor=42&limit=0",
        },
    ),
    Endpoint(
        name="feed",
        path=feed.PATH,
        summary="The newest recordings as an Atom feed",
        description="The last 30 values and corrections of a kind, an entry each (RFC 4287).",
        query=feed.FeedQuery,
        handler=from_record(feed.answer, feed.to_atom, media_type=feed.ATOM, is_purged=False),
        answers=None,
        media_type=feed.ATOM,
        problems=("no-data",),
        examples={
            "fix": "/feeds/fix.atom",
            "settlement": "/feeds/fix.atom?kind=settlement",
            "wrong_kind": "/feeds/fix.atom?kind=spot",
        },
    ),
    Endpoint(
        name="stream",
        path="/api/v1/stream",
        summary="What changes, as it does",
        description="Server-Sent Events. `state`: the current rate of each kind, level and "
        "freshness, at the beginning and whenever one of them is another. `change`: a list as in "
        "`/api/v1/changes`, with an `id` to continue after (`Last-Event-ID`). `level`: it has "
        "changed. `reset`: what was read is not continued, read it anew. A comment every 15 s; a "
        "stream ends after about an hour. Connect again after `retry`, or after the `Retry-After` "
        "of a 503.",
        query=stream.StreamQuery,
        handler=Streaming(open_stream),
        answers=None,
        media_type=messages.EVENT_STREAM,
        problems=("no-data", "too-many-streams"),
        examples={
            "beginning": "/api/v1/stream",
            "wrong_id": "/api/v1/stream?last_event_id=42",
        },
    ),
    Endpoint(
        name="health",
        path="/health",
        summary="How the instance is",
        description="503 only when `unhealthy`. Never cached.",
        query=Query,
        handler=instance_health,
        answers=answers.Health,
        examples={"health": "/health"},
    ),
    Endpoint(
        name="problem_page",
        path="/problems/{code}",
        summary="What a problem means",
        query=problem_pages.PageQuery,
        handler=problem_page,
        answers=None,
        problems=("not-found",),
        examples={"gap": "/problems/gap", "unknown": "/problems/unheard-of"},
    ),
)
