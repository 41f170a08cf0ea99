"""Every public path of this service but `/livez` and `/readyz`, as it is mounted and documented.

A new endpoint touches these places:

    rates_contracts/answers.py       the struct of its answer
    rates/<endpoint>.py              its query, declared as parameters, and its answer, pure; or
                                     following/<endpoint>.py, if it says what has changed; or
                                     pages/charts/<endpoint>.py, if it is a picture
    rates/query_parameters.py        a parameter that it shares with others
    rates/csv.py                     its columns and rows, if it has a `format`
    handlers.py                      its handler, if the answer does not come from the record
    evidence/<endpoint>.py           instead of both, if it is read from the record on demand
    endpoints.py                     its entry here, with example requests
    http/problems.py                 a problem that no endpoint has had so far
    rates/capabilities.py            its link in `/api/v1`
    docs/api/openapi-v1.json         written by `python tests/contract/openapi_recorder.py`

A path outside `/api/v1/` is purged from the edge only where `rates_sync.notify.dispatcher.PURGED`
names it. An entry has a `description` (the document is linted) and, beside the rates, a `tag` of
`TAGS`.

These tests cover a new entry by themselves: `tests/contract/test_openapi.py` (the golden document),
`tests/contract/test_openapi_conformance.py`, and of rates-api `http/test_routes.py` (preflight,
methods) and `http/test_response_cache_middleware.py` (cached responses equal the routes').
"""

from rates_api.about import favicon, llms, openapi_document, robots
from rates_api.evidence import payloads, receipts
from rates_api.following import changes, feed, messages, stream
from rates_api.handlers import document, from_record, instance_health, open_stream, problem_page
from rates_api.http import problem_pages
from rates_api.http.endpoint import Endpoint, Streaming
from rates_api.http.parameters import Query
from rates_api.http.response import ATOM, BINARY, ICON, JSON, SVG, TEXT
from rates_api.pages.charts import fix_chart
from rates_api.rates import (
    average,
    calendar,
    capabilities,
    convert,
    csv,
    current,
    day,
    days,
    gaps,
    historical,
    monthly,
    summary,
)
from rates_contracts import answers

INFO = {
    "title": "USD/MXN rates",
    "version": "1.0.0",
    "summary": "Banco de México's FIX and settlement rates: free to read, without a key.",
    "contact": {"name": "The maintainers"},
    "license": {"name": "MIT License", "identifier": "MIT"},
    "description": """\
The USD/MXN rates of Banco de México. For invoices, taxes and obligations: `kind=settlement`, the
rate that applies on a calendar day (SF60653). For the FIX of a banking day: `kind=fix`, by the day
on which it was determined (SF43718); that is the default. `kind=dof` is the FIX by the day on which
it is due in the Official Gazette, derived by the bank calendar. `in_force` says of every rate
whether it is the one that applies on the day asked for. All of it is read without a key or an
account, and stays so throughout v1.

Rates are decimal strings exactly as published; never read them as floats. Instants are UTC with
`Z`, days ISO dates, today is today in Mexico City. Every path answers GET, HEAD and OPTIONS;
one with a slash too many is a 308 to the one spelling that it has, whose letters are not escaped.
Problems are RFC 9457 documents, and all that is wrong with a request is named at once. Within v1
members are only added: ignore those, and enum values, that you don't know.

An edge before the service answers 429 `too-many-requests` by itself, with `Retry-After`. Its body
is a problem document without `instance`, but its type may be `application/json`: go by the status.
Where such an edge is, answers name its limit in `RateLimit-Policy`; `RateLimit` stands on a 429
alone, since a cached answer would tell a client what another one has left.
""",
}
TAGS = {
    "rates": "Rates by day, by span or as a mean, and amounts converted at them.",
    "about": "What this API is and can be asked, for programs, assistants and people.",
    "service": "How the instance is, and what its problems mean.",
}
DESCRIBED_BY = ("link", '</openapi.json>; rel="service-desc", </llms.txt>; rel="service-doc"')
"""RFC 8631."""
EXAMPLE_SHA256 = "7d8edc0c0f46667d53a433c0e501a5d7c9475d7d4177bab32027941ec5e84faf"
"""Of the raw answer behind the current rate of the recorded examples."""
AS_OF = ("no-data", "before-first-record")
UNKNOWN = ("not-known-then", "history-loading", "not-verified", "under-review")
LIST = (*AS_OF, *UNKNOWN)
"""CSV is refused where not every day is known."""
DAY = (
    *AS_OF,
    "before-first-observation",
    "no-fix-on-closed-day",
    "no-publication-on-closed-day",
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
        description="Kinds, series, spans, limits, the bank calendar's edition, the next "
        "publication and links. `Link` leads to the OpenAPI document and to one for people.",
        query=capabilities.CapabilitiesQuery,
        handler=from_record(capabilities.answer),
        answers=answers.Capabilities,
        problems=("no-data",),
        headers=(DESCRIBED_BY,),
        tag="about",
        examples={"capabilities": "/api/v1", "unknown_parameter": "/api/v1?verbose=1"},
    ),
    Endpoint(
        name="current",
        path="/api/v1/rates/current",
        summary="The newest FIX, or the settlement rate that applies today",
        description="For invoices, taxes and obligations: `kind=settlement`. Before noon in Mexico "
        "City the newest FIX is the last banking day's. `kind=dof` is the FIX that the Gazette had "
        "last.",
        query=current.CurrentQuery,
        handler=from_record(current.answer, csv.current, to_text=current.text),
        answers=answers.CurrentRate,
        problems=(*AS_OF, "gap", "not-known-then", "no-current-rate"),
        examples={
            "fix": "/api/v1/rates/current",
            "settlement": "/api/v1/rates/current?kind=settlement",
            "dof": "/api/v1/rates/current?kind=dof",
            "as_of": "/api/v1/rates/current?as_of=2024-01-02T18:30:00Z",
            "before_first_record": "/api/v1/rates/current?as_of=1990-01-01T00:00:00Z",
            "wrong_parameters": "/api/v1/rates/current?kind=spot&as_of=2024-01-02T18:30:00+00:00",
            "csv": "/api/v1/rates/current?format=csv",
            "number": "/api/v1/rates/current?format=txt",
            "fields_of_no_csv": "/api/v1/rates/current?fields=date,rate,rate,price",
        },
    ),
    Endpoint(
        name="historical",
        path="/api/v1/rates/historical",
        summary="The recorded observations of a span",
        description="Ten values: `last=10`. Ten calendar days, both ends included: `days=10`. Any "
        "span: `from` and `to`, `month` or `year`, also the `last` values of one. `settlement` "
        "lists every calendar day, those before the stored series derived and marked; `fix` lists "
        "banking days and `dof` publication days. A missing row means that there is no value only "
        "where `known` is true; `missing` counts the days that should have one.",
        query=historical.HistoricalQuery,
        handler=from_record(historical.answer, csv.history, historical.is_long),
        answers=answers.History,
        problems=LIST,
        examples={
            "ten_values": "/api/v1/rates/historical?last=10",
            "ten_days": "/api/v1/rates/historical?days=10",
            "span": "/api/v1/rates/historical?from=2024-01-01&to=2024-01-05&kind=settlement",
            "month": "/api/v1/rates/historical?month=2024-03&kind=dof&last=3",
            "csv": "/api/v1/rates/historical?from=2024-01-01&to=2024-01-05&format=csv",
            "two_columns": "/api/v1/rates/historical?last=3&format=csv&fields=rate,date",
            "two_forms": "/api/v1/rates/historical?days=0&last=10",
        },
    ),
    Endpoint(
        name="summary",
        path="/api/v1/rates/summary",
        summary="Mean, first, last, low and high of a span",
        description="Of the values that `historical` lists for the span, recomputable from them to "
        "the last digit. The mean of `fix` is over banking days, of `dof` over publication days, "
        "of `settlement` over calendar days.",
        query=summary.SummaryQuery,
        handler=from_record(summary.answer, csv.summary, summary.is_long, to_text=summary.text),
        answers=answers.Summary,
        problems=(*LIST, "no-values"),
        examples={
            "month": "/api/v1/rates/summary?month=2026-07",
            "year": "/api/v1/rates/summary?year=2025&kind=settlement",
            "csv": "/api/v1/rates/summary?month=2026-07&format=csv",
            "number": "/api/v1/rates/summary?month=2026-07&format=txt",
            "no_values": "/api/v1/rates/summary?from=1990-01-01&to=1990-01-31",
            "no_span": "/api/v1/rates/summary",
        },
    ),
    Endpoint(
        name="monthly",
        path="/api/v1/rates/monthly",
        summary="Mean, last, low and high of each month",
        description=f"At most {monthly.MAX_MONTHS} months. The mean of `fix` is over banking days, "
        "of `dof` over publication days, of `settlement` over calendar days.",
        query=monthly.MonthlyQuery,
        handler=from_record(monthly.answer, csv.monthly, monthly.is_long),
        answers=answers.Monthly,
        problems=LIST,
        examples={
            "year": "/api/v1/rates/monthly?year=2025",
            "span": "/api/v1/rates/monthly?from=2025-11&to=2026-02&kind=settlement",
            "csv": "/api/v1/rates/monthly?from=2025-11&to=2026-02&format=csv",
            "wrong_month": "/api/v1/rates/monthly?from=2025-13",
        },
    ),
    Endpoint(
        name="average",
        path="/api/v1/rates/average/{window}",
        summary="The mean FIX of the calendar days ending today",
        description="Rounded half-even to six places; recomputable from `historical` to the last "
        "digit.",
        query=average.AverageQuery,
        handler=from_record(average.answer, csv.average, to_text=average.text),
        answers=answers.AverageRate,
        problems=(*AS_OF, "unknown-window", "no-values", "no-current-rate", "history-loading"),
        examples={
            "fifteen_days": "/api/v1/rates/average/15d",
            "thirty_days": "/api/v1/rates/average/30d",
            "unknown_window": "/api/v1/rates/average/7d",
            "settlement": "/api/v1/rates/average/15d?kind=settlement",
            "csv": "/api/v1/rates/average/15d?format=csv",
            "number": "/api/v1/rates/average/15d?format=txt",
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
        description="In the order asked, each day with its own resolution or problem.",
        query=day.BatchQuery,
        handler=from_record(day.batch, csv.batch, day.is_long),
        answers=answers.Batch,
        problems=AS_OF,
        examples={
            "days": "/api/v1/rates?dates=2024-01-02,2024-02-29,2024-03-02,1991-01-02",
            "csv": "/api/v1/rates?dates=2024-01-02,2024-02-29&format=csv",
            "no_days": "/api/v1/rates",
            "wrong_days": "/api/v1/rates?dates=2024-02-30,2024-01-02&dates=tomorrow",
        },
    ),
    Endpoint(
        name="day",
        path="/api/v1/rates/{date}",
        summary="The rate of one day",
        description="For invoices, taxes and obligations: `kind=settlement`, which never rolls, "
        "since each calendar day has a value; days before the stored series are derived from the "
        "FIX by the rule and marked `derived`. For the FIX of a banking day: `kind=fix`, which "
        "rolls back only from days on which the calendar has no FIX. `kind=dof` is the FIX that is "
        "due in the Gazette on the day, and rolls back as `fix` does.",
        query=day.DayQuery,
        handler=from_record(day.answer, csv.day, to_text=day.text),
        answers=answers.DayRate,
        problems=DAY,
        examples={
            "banking_day": "/api/v1/rates/2024-01-02",
            "closed_day": "/api/v1/rates/2024-03-02",
            "settlement": "/api/v1/rates/2024-03-02?kind=settlement",
            "derived": "/api/v1/rates/2015-06-01?kind=settlement",
            "dof": "/api/v1/rates/2012-07-02?kind=dof",
            "refused": "/api/v1/rates/2024-03-02?roll=none",
            "not_published": "/api/v1/rates/2024-03-02?kind=dof&roll=none",
            "future": "/api/v1/rates/2099-01-04",
            "too_early": "/api/v1/rates/1991-11-11",
            "wrong_day": "/api/v1/rates/2024-02-30",
            "no_day": "/api/v1/rates/latest",
            "csv": "/api/v1/rates/2024-03-02?format=csv",
            "number": "/api/v1/rates/2024-03-02?format=txt",
        },
    ),
    Endpoint(
        name="day_sheet",
        path="/api/v1/days/{date}",
        summary="All rates of one day, and which counts for what",
        description="What applies on the day (`settlement`), what the Gazette has (`dof`) and the "
        "FIX, side by side; `use` names the kind that counts for a purpose. A kind without a rate "
        "is null, and `problems` has its code.",
        query=days.DaySheetQuery,
        handler=from_record(days.answer, csv.sheet),
        answers=answers.DaySheet,
        problems=DAY,
        examples={
            "friday": "/api/v1/days/2026-08-07",
            "sunday": "/api/v1/days/2026-08-09",
            "csv": "/api/v1/days/2026-08-07?format=csv",
            "too_early": "/api/v1/days/1991-11-11",
            "wrong_day": "/api/v1/days/2024-02-30",
        },
    ),
    Endpoint(
        name="revisions",
        path="/api/v1/rates/{date}/revisions",
        summary="All that was ever recorded for a day",
        description="Ascending by revision, each with the instant at which it was recorded and "
        "the hash of the source's answer. A correction by the source is revision 2.",
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
        name="calendar",
        path="/api/v1/calendar",
        summary="The banking days of a year",
        description="By the bank calendar, a prediction: whether banks open, what a closed weekday "
        "is called, from when on the day's FIX is expected and when the Gazette has it.",
        query=calendar.CalendarQuery,
        handler=from_record(calendar.answer, csv.calendar),
        answers=answers.CalendarDays,
        problems=("no-data",),
        examples={
            "month": "/api/v1/calendar?month=2026-09",
            "csv": "/api/v1/calendar?month=2026-09&format=csv",
            "wrong_year": "/api/v1/calendar?year=26",
        },
    ),
    Endpoint(
        name="receipt",
        path="/api/v1/rates/{date}/receipt",
        summary="The rate of one day, signed",
        description="A compact JWS (EdDSA, Ed25519) that says which rate of which day was recorded "
        "when, from which raw answer (`payload_sha256`), and by whom (`iss`): the operator of this "
        "service, never Banco de México. The keys are in `/.well-known/jwks.json`. A day that is "
        "answered by another one has that one's receipt, a derived rate its FIX's. What was "
        "recorded lately may be signed in the following night.",
        query=receipts.ReceiptQuery,
        handler=receipts.receipt,
        answers=None,
        media_type=receipts.JWT,
        problems=(*DAY, "not-signed-yet", "record-unavailable"),
        examples={
            "fix": "/api/v1/rates/2026-08-13/receipt",
            "not_signed_yet": "/api/v1/rates/2024-01-02/receipt",
            "wrong_parameters": "/api/v1/rates/2024-02-30/receipt?kind=spot",
        },
    ),
    Endpoint(
        name="keys",
        path="/.well-known/jwks.json",
        summary="The public keys of receipts",
        description="Every key that was ever signed with, as a JWK Set (RFC 7517). A compromised "
        "one has `revoked_at`: what it has signed proves nothing and is signed again.",
        query=receipts.KeysQuery,
        handler=receipts.public_keys,
        answers=answers.KeySet,
        problems=("record-unavailable",),
        examples={"keys": "/.well-known/jwks.json"},
    ),
    Endpoint(
        name="payload",
        path="/api/v1/payloads/{sha256}",
        summary="The source's answer behind an observation",
        description="Byte for byte as it was received, so that its SHA-256 is the hash that it is "
        "asked for by: the `payload_sha256` of an answer. Only what an observation rests on is "
        "served. It never changes.",
        query=payloads.PayloadQuery,
        handler=payloads.payload,
        answers=None,
        media_type=BINARY,
        problems=("no-data", "unknown-payload", "record-unavailable"),
        examples={
            "payload": f"/api/v1/payloads/{EXAMPLE_SHA256}",
            "unknown_payload": f"/api/v1/payloads/{'0' * 64}",
            "no_hash": "/api/v1/payloads/17.0530",
        },
    ),
    Endpoint(
        name="convert",
        path="/api/v1/convert",
        summary="An amount at a published rate",
        description="USD to MXN multiplies by the published rate, MXN to USD divides by it; one "
        "rounding at the end. `date` resolves as in `/api/v1/rates/{date}`.",
        query=convert.ConvertQuery,
        handler=from_record(convert.answer, csv.conversion, to_text=convert.text),
        answers=answers.Conversion,
        problems=(*DAY, "no-current-rate"),
        examples={
            "to_mxn": "/api/v1/convert?from=USD&to=MXN&amount=1250.50&date=2024-01-02",
            "to_usd": "/api/v1/convert?from=MXN&to=USD&amount=1000&scale=4&rounding=half_even",
            "wrong_parameters": "/api/v1/convert?from=USD&to=USD&amount=1e3",
            "csv": "/api/v1/convert?from=USD&to=MXN&amount=10&date=2024-01-02&format=csv",
            "number": "/api/v1/convert?from=USD&to=MXN&amount=10&date=2024-01-02&format=txt",
        },
    ),
    Endpoint(
        name="changes",
        path=changes.PATH,
        summary="What was recorded since",
        description="Every new value and every correction, as it was recorded. Begin with `since` "
        "or without a parameter; then continue with the `next` of each answer as `cursor`, at once "
        "while `more` is true. Nothing is lost or doubled. `reset` tells that the changes begin "
        "anew: drop what was read before. The header `Link` says all three, also of a CSV.",
        query=changes.ChangesQuery,
        handler=from_record(
            changes.answer, csv.changes, changes.is_long, to_link=changes.next_link
        ),
        answers=answers.Changes,
        answer_headers=(
            (
                "link",
                'Where the changes continue (`rel="next"`), with `more` and `reset` as in JSON.',
            ),
        ),
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
        handler=from_record(feed.answer, to_document=feed.to_atom, is_purged=False),
        answers=None,
        media_type=ATOM,
        problems=("no-data",),
        examples={
            "fix": "/feeds/fix.atom",
            "settlement": "/feeds/fix.atom?kind=settlement",
            "wrong_kind": "/feeds/fix.atom?kind=spot",
        },
    ),
    Endpoint(
        name="chart",
        path=fix_chart.PATH,
        summary="The FIX and the rate in force, as a picture",
        description="An SVG to embed, with its title and its figures in words. The FIX is a thin "
        "line, the rate in force on each calendar day a broad one in steps, from 1996 on. A "
        "missing value is a gap. Values before 1993 are in new pesos: 1 new peso is 1,000 of the "
        "pesos of then.",
        query=fix_chart.ChartQuery,
        handler=from_record(
            fix_chart.answer,
            is_long=fix_chart.is_long,
            to_document=fix_chart.to_svg,
            is_purged=False,
        ),
        answers=None,
        media_type=SVG,
        headers=(("content-security-policy", fix_chart.POLICY),),
        problems=("no-data",),
        examples={
            "ninety_days": "/charts/fix.svg",
            "all_in_english": "/charts/fix.svg?range=all&theme=dark&lang=en",
            "wrong_parameters": "/charts/fix.svg?range=10y&theme=blue&lang=fr",
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
        tag="service",
        examples={"health": "/health"},
    ),
    Endpoint(
        name="problem_page",
        path="/problems/{code}",
        summary="What a problem means",
        description="The page that the `type` of a problem names: its title, its status and what "
        "to do about it.",
        query=problem_pages.PageQuery,
        handler=problem_page,
        answers=None,
        problems=("not-found",),
        tag="service",
        examples={"gap": "/problems/gap", "unknown": "/problems/unheard-of"},
    ),
    Endpoint(
        name="openapi",
        path="/openapi.json",
        summary="The OpenAPI document of this API",
        description="OpenAPI 3.1; its examples are recorded answers. Within v1 it only grows.",
        query=openapi_document.OpenApiQuery,
        handler=document(openapi_document.document, JSON),
        answers=None,
        media_type=JSON,
        tag="about",
        examples={"openapi": "/openapi.json"},
    ),
    Endpoint(
        name="llms",
        path="/llms.txt",
        summary="What this API is, for assistants and people",
        description="Markdown: which kind of rate is for what, each endpoint with its parameters "
        "and an example, and the limits.",
        query=llms.LlmsQuery,
        handler=document(lambda: llms.text(INFO, ENDPOINTS), TEXT),
        answers=None,
        media_type=TEXT,
        tag="about",
        examples={"llms": "/llms.txt"},
    ),
    Endpoint(
        name="robots",
        path="/robots.txt",
        summary="What crawlers may read",
        description="Everything: RFC 9309.",
        query=robots.RobotsQuery,
        handler=document(robots.text, TEXT),
        answers=None,
        media_type=TEXT,
        tag="about",
        examples={"robots": "/robots.txt"},
    ),
    Endpoint(
        name="favicon",
        path="/favicon.ico",
        summary="The icon of a browser's tab",
        description="16 by 16 pixels.",
        query=favicon.FaviconQuery,
        handler=document(favicon.icon, ICON),
        answers=None,
        media_type=ICON,
        tag="about",
        examples={"favicon": "/favicon.ico"},
    ),
)
