"""Traces: a provider of its own per service instance, and the W3C `traceparent` in and out.

`bootstrap` opens it. Spans leave by OTLP/HTTP only where an endpoint is configured; without one
they cost next to nothing but ids still travel. Sets no global provider, so that two services fit
into one process.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

TRACEPARENT = "traceparent"
_propagator = TraceContextTextMapPropagator()


class Tracing:
    """One service's tracer; `close` sends what is left."""

    def __init__(self, provider: TracerProvider, name: str) -> None:
        self._provider = provider
        self.tracer = provider.get_tracer(name)

    @contextmanager
    def span(self, name: str, *, parent: str | None = None) -> Iterator[trace.Span]:
        """Open a span as the current one; `parent` is a `traceparent` from elsewhere."""
        context = None if parent is None else context_of(parent)
        with self.tracer.start_as_current_span(name, context=context) as span:
            yield span

    def close(self) -> None:
        """Send what is left and stop. It blocks, for seconds at most: call it in a thread."""
        self._provider.shutdown()


def open_tracing(
    service: str,
    *,
    version: str,
    endpoint: str | None = None,
    sampled: float = 0.1,
    processor: SpanProcessor | None = None,
) -> Tracing:
    """Return the tracing of `service`.

    `endpoint` is where OTLP/HTTP traces go (`http://…/v1/traces`), `sampled` the share of traces
    that begin here and are kept (0 to 1); `processor` replaces the exporter, for tests.
    """
    provider = TracerProvider(
        resource=Resource({"service.name": service, "service.version": version}),
        sampler=ParentBased(TraceIdRatioBased(sampled)),
        shutdown_on_exit=False,
    )
    if processor is None and endpoint:
        processor = BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint, timeout=5))
    if processor is not None:
        provider.add_span_processor(processor)
    return Tracing(provider, service)


def current_traceparent() -> str | None:
    """Return the current span as a W3C `traceparent`, None outside of any."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get(TRACEPARENT)


def context_of(traceparent: str) -> Context:
    """Return the context that `traceparent` names; an empty one where it is malformed."""
    return _propagator.extract({TRACEPARENT: traceparent})
