"""Traces: a provider of its own per service instance, and the W3C `traceparent` in and out.

Spans leave by OTLP/HTTP only where an endpoint is configured; without one
they cost next to nothing but ids still travel. Sets no global provider, so that two services fit
into one process.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context, get_value, set_value
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import (
    ALWAYS_ON,
    ParentBased,
    Sampler,
    SamplingResult,
    TraceIdRatioBased,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from rates_telemetry.export import batches

TRACEPARENT = "traceparent"
_propagator = TraceContextTextMapPropagator()

MAX_CHOSEN = 10
"""Traces chosen in a second, and at once: while a batch of them is encoded no request is answered,
and each trace kept costs money."""

CHOSEN = "rates_telemetry.chosen"
"""In a context: the trace that begins here was chosen to be kept."""


class HeadSampler(Sampler):
    """Keeps the traces that `Tracing.chosen` has chosen, and a share of all others that begin."""

    def __init__(self, sampled: float) -> None:
        self._share = TraceIdRatioBased(sampled)

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        *args: Any,
        **more: Any,
    ) -> SamplingResult:
        """Decide for a span that begins a trace."""
        chosen = get_value(CHOSEN, parent_context)
        sampler = ALWAYS_ON if chosen else self._share
        return sampler.should_sample(parent_context, trace_id, name, *args, **more)

    def get_description(self) -> str:
        """Return the name of the sampler."""
        return f"HeadSampler({self._share.get_description()})"


class Tracing:
    """One service's tracer; `close` sends what is left."""

    def __init__(
        self,
        provider: TracerProvider,
        name: str,
        sampled: float = 1.0,
        chance: Callable[[], float] = random.random,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._provider = provider
        self._sampled, self._chance, self._monotonic = sampled, chance, monotonic
        self._tokens = float(MAX_CHOSEN)
        self._refilled_at = monotonic()
        self.tracer = provider.get_tracer(name)

    def chosen(self, parent: str | None) -> Context | None:
        """Return the context of a span that will be kept, None where it would not be.

        Deciding before a span is made saves it: of ten requests nine cost no span at all. A parent
        that is kept is followed. At most `MAX_CHOSEN` are chosen in a second: under more load they
        lie evenly in it, not at its beginning.
        """
        above = _valid(parent) if parent else None
        kept = _is_kept(above) if above is not None else self._chance() < self._sampled
        if not kept or not self._take_token():
            return None
        return set_value(CHOSEN, True, Context()) if above is None else above

    def _take_token(self) -> bool:
        """Take a token from the bucket, which holds a second's worth; false if it is empty."""
        now = self._monotonic()
        refilled = self._tokens + (now - self._refilled_at) * MAX_CHOSEN
        self._refilled_at, self._tokens = now, min(refilled, float(MAX_CHOSEN))
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    @contextmanager
    def span_in(self, context: Context, name: str) -> Iterator[trace.Span]:
        """Open a span in a context that `chosen` has given, as the current one."""
        with self.tracer.start_as_current_span(name, context=context) as span:
            yield span

    @contextmanager
    def span(self, name: str, *, parent: str | None = None) -> Iterator[trace.Span]:
        """Open a span as the current one; `parent` is a `traceparent` from elsewhere."""
        context = None if parent is None else context_of(parent)
        with self.tracer.start_as_current_span(name, context=context) as span:
            yield span

    def close(self) -> None:
        """Send what is left and stop. It blocks, for seconds at most: call it in a thread."""
        self._provider.shutdown()


def _valid(parent: str) -> Context | None:
    """Return the context that a `traceparent` names, None if it names none."""
    context = context_of(parent)
    return context if _span_context(context).is_valid else None


def _is_kept(context: Context) -> bool:
    return bool(_span_context(context).trace_flags.sampled)


def _span_context(context: Context) -> trace.SpanContext:
    return trace.get_current_span(context).get_span_context()


def open_tracing(
    service: str,
    *,
    version: str,
    endpoint: str | None = None,
    sampled: float = 0.1,
    processor: SpanProcessor | None = None,
    chance: Callable[[], float] = random.random,
    monotonic: Callable[[], float] = time.monotonic,
) -> Tracing:
    """Return the tracing of `service`.

    `endpoint` is where OTLP/HTTP traces go (`http://…/v1/traces`), `sampled` the share of traces
    that begin here and are kept (0 to 1), `chance` what picks among requests, `monotonic` seconds
    bound their number; `processor` replaces the exporter, for tests.
    """
    provider = TracerProvider(
        resource=Resource({"service.name": service, "service.version": version}),
        sampler=ParentBased(HeadSampler(sampled)),
        shutdown_on_exit=False,
    )
    if processor is None and endpoint:
        processor = batches(endpoint)
    if processor is not None:
        provider.add_span_processor(processor)
    return Tracing(provider, service, sampled, chance, monotonic)


def current_traceparent() -> str | None:
    """Return the current span as a W3C `traceparent`, None outside of any."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get(TRACEPARENT)


def context_of(traceparent: str) -> Context:
    """Return the context that `traceparent` names; an empty one where it is malformed."""
    return _propagator.extract({TRACEPARENT: traceparent})
