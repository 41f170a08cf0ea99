"""Spans on their way out: small batches by OTLP/HTTP, from a thread of their own."""

from collections.abc import Sequence
from functools import cached_property

from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

SEND_SECONDS = 5
"""How long sending a batch may take."""
BATCH_MILLISECONDS = 1000
"""How long a batch is gathered: encoding a large one keeps the event loop from running."""


def batches(endpoint: str) -> SpanProcessor:
    """Return what sends finished spans to `endpoint` (`http://…/v1/traces`)."""
    return BatchSpanProcessor(LazyOtlpExporter(endpoint), schedule_delay_millis=BATCH_MILLISECONDS)


class LazyOtlpExporter(SpanExporter):
    """Sends spans by OTLP/HTTP to `endpoint`; the exporter is imported with the first of them.

    Importing it at start-up would delay a worker's first answer.
    """

    def __init__(self, endpoint: str) -> None:
        """Connect to nothing yet."""
        self._endpoint = endpoint

    @cached_property
    def _sender(self) -> SpanExporter:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )

        return OTLPSpanExporter(endpoint=self._endpoint, timeout=SEND_SECONDS)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send a batch."""
        return self._sender.export(spans)

    def shutdown(self) -> None:
        """Close the connections, if there ever was one."""
        if "_sender" in self.__dict__:
            self._sender.shutdown()
