"""Spans of this very process, kept in memory."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, ParentBased

from authpulse_chassis.tracing import trace_with


@contextmanager
def ended_spans() -> Iterator[InMemorySpanExporter]:
    """Trace meanwhile, all of it; the spans that have ended."""
    exporter, provider = InMemorySpanExporter(), TracerProvider(sampler=ParentBased(ALWAYS_ON))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace_with(provider)
    try:
        yield exporter
    finally:
        trace_with(None)
