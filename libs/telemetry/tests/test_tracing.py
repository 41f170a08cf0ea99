"""Traces: ids travel as W3C `traceparent`, instances don't share a provider."""

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from rates_telemetry.tracing import MAX_CHOSEN, Tracing, current_traceparent, open_tracing

W3C = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
SAMPLED = 1


def _tracing(sampled: float = 1.0) -> tuple[Tracing, InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    tracing = open_tracing(
        "x", version="1", sampled=sampled, processor=SimpleSpanProcessor(exporter)
    )
    return tracing, exporter


def test_current_span_is_written_as_traceparent() -> None:
    """Inside a span there is a W3C traceparent, outside none."""
    tracing, _ = _tracing()
    with tracing.span("poll"):
        assert W3C.fullmatch(current_traceparent() or "")
    assert current_traceparent() is None


def test_span_goes_on_a_trace_from_elsewhere() -> None:
    """A span opened under a traceparent belongs to the same trace."""
    sync, _ = _tracing()
    api, exporter = _tracing()
    with sync.span("record") as recorded:
        carried = current_traceparent()
    with api.span("apply", parent=carried):
        pass
    (applied,) = exporter.get_finished_spans()
    assert applied.context.trace_id == recorded.get_span_context().trace_id
    assert applied.parent is not None


def test_malformed_traceparent_begins_a_new_trace() -> None:
    """Garbage in a header is no parent and no error."""
    tracing, exporter = _tracing()
    with tracing.span("apply", parent="garbage"):
        pass
    assert exporter.get_finished_spans()[0].parent is None


def test_unsampled_trace_still_has_an_id() -> None:
    """What is not kept still carries its ids onwards, marked as not sampled."""
    tracing, exporter = _tracing(sampled=0.0)
    with tracing.span("poll"):
        assert not int((current_traceparent() or "-1").rpartition("-")[2], 16) & SAMPLED
    assert not exporter.get_finished_spans()


def test_no_global_provider_is_set() -> None:
    """Opening tracing leaves the process' global provider alone, and closing it is clean."""
    before = trace.get_tracer_provider()
    tracing = open_tracing("x", version="1")
    assert trace.get_tracer_provider() is before
    tracing.close()


def test_what_is_not_chosen_makes_no_span() -> None:
    """A share of the traces that begin here is chosen, and each of those is kept."""
    draws = iter([0.05, 0.5, 0.0999, 0.1])
    exporter = InMemorySpanExporter()
    tracing = open_tracing(
        "x",
        version="1",
        sampled=0.1,
        processor=SimpleSpanProcessor(exporter),
        chance=lambda: next(draws),
    )
    contexts = [tracing.chosen(None) for _ in range(4)]
    for context in contexts:
        if context is not None:
            with tracing.span_in(context, "GET"):
                pass
    assert [context is not None for context in contexts] == [True, False, True, False]
    assert len(exporter.get_finished_spans()) == 2


def test_a_trace_from_elsewhere_is_chosen_as_it_says() -> None:
    """The caller's own sampling counts, whatever our share is; a malformed one is no caller."""
    tracing, exporter = _tracing(sampled=0.0)
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    kept = tracing.chosen(f"00-{trace_id}-00f067aa0ba902b7-01")
    assert kept is not None
    with tracing.span_in(kept, "GET"):
        pass
    assert tracing.chosen(f"00-{trace_id}-00f067aa0ba902b7-00") is None
    assert tracing.chosen("malformed") is None
    (span,) = exporter.get_finished_spans()
    assert f"{span.context.trace_id:032x}" == trace_id


def test_no_more_are_chosen_than_a_second_may_hold() -> None:
    """A flood of requests, or a client that wants each of its own kept, can't buy more spans."""
    now = 7.0
    tracing = open_tracing("x", version="1", sampled=1.0, monotonic=lambda: now)
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    chosen = [tracing.chosen(parent if n % 2 else None) is not None for n in range(60)]
    assert chosen == [True] * MAX_CHOSEN + [False] * (60 - MAX_CHOSEN)
    now += 60
    assert sum(tracing.chosen(parent) is not None for _ in range(60)) == MAX_CHOSEN


def test_under_a_flood_those_chosen_lie_evenly_in_time() -> None:
    """What is slow at the end of a second is as likely to be seen as what is at its beginning."""
    now = 0.0
    tracing = open_tracing("x", version="1", sampled=1.0, monotonic=lambda: now)
    instants = list[float]()
    for millisecond in range(4_000):
        now = millisecond / 1000
        if tracing.chosen(None) is not None:
            instants.append(now)
    pauses = [later - sooner for sooner, later in pairwise(instants[MAX_CHOSEN:])]
    assert len(instants) == 5 * MAX_CHOSEN - 1
    assert pauses == pytest.approx([1 / MAX_CHOSEN] * len(pauses), abs=0.0021)


@pytest.fixture
def collector() -> Iterator[ThreadingHTTPServer]:
    """A collector of traces that keeps what it is sent in `bodies`."""
    bodies: list[bytes] = []

    class Keep(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keep)
    server.bodies = bodies  # type: ignore[attr-defined]
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield server
    server.shutdown()
    serving.join()
    server.server_close()


def test_spans_are_sent_to_the_endpoint(collector: Any) -> None:
    """What is left at the end is sent, too."""
    endpoint = f"http://127.0.0.1:{collector.server_port}/v1/traces"
    tracing = open_tracing("rates-test", version="1", endpoint=endpoint)
    with tracing.span("kept", parent=f"00-{'a' * 32}-{'b' * 16}-01"):
        pass
    tracing.close()
    (body,) = collector.bodies
    assert b"kept" in body


def test_what_sends_spans_is_not_imported_before_there_is_one() -> None:
    """It would be a tenth of a worker's start."""
    look = (
        "import sys\n"
        "from rates_telemetry.tracing import open_tracing\n"
        "open_tracing('x', version='1', endpoint='http://127.0.0.1:9/v1/traces').close()\n"
        "assert not {'requests', 'google.protobuf'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", look], check=True, timeout=60)
