"""Spans of what this process does. Until `trace_with` is called they cost next to nothing, and none is carried on."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Final

from opentelemetry.context import Context
from opentelemetry.trace import (
    INVALID_SPAN,
    Span,
    SpanKind,
    StatusCode,
    Tracer,
    TracerProvider,
    format_span_id,
    format_trace_id,
    get_current_span,
    use_span,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

from authpulse_contract.trace import Trace, trace_headers

Attributes = Mapping[str, AttributeValue]

ERROR_TYPE: Final = "error.type"
_OFF: Final = nullcontext(INVALID_SPAN)
# Whatever OTEL_PROPAGATORS says: the extension of CloudEvents is W3C's, and baggage may hold anything.
_W3C: Final = TraceContextTextMapPropagator()
_tracer: Tracer | None = None


def trace_with(provider: TracerProvider | None) -> None:
    """From now on spans are the provider's; None: there are none. One for the process, as the log is."""
    global _tracer  # noqa: PLW0603 -- as OpenTelemetry's own, which cannot be set twice
    _tracer = provider.get_tracer("authpulse") if provider else None


def is_tracing() -> bool:
    """Whether spans are worth their description."""
    return _tracer is not None


def span(
    name: str,
    kind: SpanKind = SpanKind.INTERNAL,
    *,
    parent: Trace | None = None,
    attributes: Attributes | None = None,
) -> AbstractContextManager[Span]:
    """A span that is current meanwhile, below `parent`, or else below what is current now.

    What is raised in it ends it as failed, told by its kind alone: its text may hold anything.
    """
    if _tracer is None:
        return _OFF
    if parent is None and _is_sampled_out(current := get_current_span()):
        return nullcontext(current)
    return _running(_tracer, name, kind, _context(parent), attributes)


def begin(name: str, kind: SpanKind, *, parent: Trace | None = None, attributes: Attributes | None = None) -> Span:
    """As `span`, but it does not become current, and is to be ended by whoever begins it."""
    if _tracer is None:
        return INVALID_SPAN
    return _tracer.start_span(name, _context(parent), kind, attributes)


def within(trace: Trace | None) -> AbstractContextManager[Span]:
    """`trace` is current meanwhile, without a span of its own; None: none is."""
    if _tracer is None:
        return _OFF
    there = INVALID_SPAN if trace is None else get_current_span(_context(trace))
    return use_span(there, record_exception=False, set_status_on_exception=False)


def carried(by: Span | None = None) -> Trace | None:
    """What tells another process of the span `by`, or of the current one; None: nothing is traced.

    Of one that is not sampled too, so that nobody further on begins a trace of a part.
    """
    if _tracer is None:
        return None
    there = (by or get_current_span()).get_span_context()
    if not there.is_valid:
        return None
    parent = f"00-{format_trace_id(there.trace_id)}-{format_span_id(there.span_id)}-{there.trace_flags:02x}"
    return Trace(parent, there.trace_state.to_header() or None)


def fail(failed: Span, error_type: str) -> None:
    """The span's work failed; `error_type` is of low cardinality and in our own words or sanitised."""
    failed.set_attribute(ERROR_TYPE, error_type)
    failed.set_status(StatusCode.ERROR)


def _is_sampled_out(current: Span) -> bool:
    return not current.is_recording() and current.get_span_context().is_valid


def _context(parent: Trace | None) -> Context | None:
    return None if parent is None else _W3C.extract(trace_headers(parent), Context())


@contextmanager
def _running(
    tracer: Tracer, name: str, kind: SpanKind, context: Context | None, attributes: Attributes | None
) -> Iterator[Span]:
    with tracer.start_as_current_span(
        name, context, kind, attributes, record_exception=False, set_status_on_exception=False
    ) as running:
        try:
            yield running
        except BaseException as failure:
            fail(running, type(failure).__qualname__)
            raise
