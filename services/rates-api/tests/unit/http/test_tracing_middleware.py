"""Requests and events go on with the trace they came from."""

from datetime import date
from types import ModuleType
from typing import Any

import httpx
import pytest
from litestar import Litestar, get
from litestar.params import FromPath
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from rates_api.consume.reader import ReaderPauses, StreamReader
from rates_api.dependencies import DependencyMonitor
from rates_api.http.tracing_middleware import tracing_middleware
from rates_api.snapshot.current import CurrentSnapshot
from rates_api.snapshot.sources import SnapshotSources
from rates_telemetry.tracing import Tracing, open_tracing

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


@pytest.fixture
def spans() -> InMemorySpanExporter:
    """Give what has been traced."""
    return InMemorySpanExporter()


@pytest.fixture
def tracing(spans: InMemorySpanExporter) -> Tracing:
    """Give a tracing that keeps what goes on a sampled trace."""
    processor = SimpleSpanProcessor(spans)
    return open_tracing("rates-api", version="1", sampled=0.0, processor=processor)


async def test_a_request_goes_on_with_its_trace(
    tracing: Tracing, spans: InMemorySpanExporter
) -> None:
    """A span under the caller's trace, named by the path template, with the answer's status."""

    @get("/api/v1/rates/{day:str}", sync_to_thread=False)
    def rate(day: FromPath[str]) -> str:
        return day

    transport: Any = httpx.ASGITransport(tracing_middleware(Litestar([rate]), tracing))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://worker") as client:
        await client.get("/api/v1/rates/2024-01-02", headers={"traceparent": PARENT})
        await client.get("/nowhere", headers={"traceparent": PARENT})

    named, unknown = spans.get_finished_spans()
    assert named.name == "GET /api/v1/rates/{day}"
    assert named.context is not None
    assert f"{named.context.trace_id:032x}" == TRACE
    assert named.attributes is not None
    assert named.attributes["http.response.status_code"] == 200
    assert unknown.name == "GET unknown"


async def test_an_event_goes_on_with_its_trace(
    tracing: Tracing, spans: InMemorySpanExporter, fakes: ModuleType
) -> None:
    """The trace of the poll that saw a publication ends in the worker that serves it."""

    async def wait() -> None:
        return None

    record = fakes.Record()
    current = CurrentSnapshot(lambda _: None)
    current.replace(record.snapshot)
    redis = fakes.Redis(record)
    reader = StreamReader(
        redis,
        current,
        SnapshotSources([], on_loaded=lambda *_: None, on_refused=lambda *_: None),
        DependencyMonitor("redis", lambda _: None),
        on_entry=lambda _: None,
        pauses=ReaderPauses(pause=wait, spread=wait),
        span=lambda name, parent: tracing.span(name, parent=parent),
    )
    record.observe(fakes.observation(date(2024, 1, 2)), traceparent=PARENT)
    redis.relay()

    await reader.step()

    (span,) = spans.get_finished_spans()
    assert (span.name, f"{span.context.trace_id:032x}") == ("follow_event", TRACE)
