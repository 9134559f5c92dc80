"""Spans that cost nothing until they are wanted, and say nothing of what was raised in them."""

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased
from opentelemetry.trace import INVALID_SPAN, SpanKind, StatusCode, get_current_span

from authpulse_chassis.tracing import begin, carried, fail, is_tracing, span, trace_with, within
from authpulse_contract.trace import Trace
from support.spans import ended_spans

ELSEWHERE = Trace("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "vendor=1")


@pytest.fixture
def ended() -> Iterator[InMemorySpanExporter]:
    with ended_spans() as exporter:
        yield exporter


def only(ended: InMemorySpanExporter) -> ReadableSpan:
    (found,) = ended.get_finished_spans()
    return found


def test_where_nothing_is_traced_there_is_no_span_and_nothing_to_carry() -> None:
    assert not is_tracing()
    with span("work", parent=ELSEWHERE) as running, within(ELSEWHERE):
        assert running is INVALID_SPAN
        assert begin("work", SpanKind.PRODUCER, parent=ELSEWHERE) is INVALID_SPAN
        assert carried() is None


def test_a_span_is_below_what_is_current_and_what_it_carries_is_below_it(ended: InMemorySpanExporter) -> None:
    with span("outer") as outer:
        with span("inner"):
            trace = carried()
        assert get_current_span() is outer
    with span("elsewhere", parent=trace):
        pass
    inner, above, elsewhere = ended.get_finished_spans()
    assert above.parent is None
    assert inner.parent == above.context
    assert inner.context is not None
    assert elsewhere.parent is not None
    assert elsewhere.parent.is_remote
    assert elsewhere.parent.span_id == inner.context.span_id


def test_what_comes_from_elsewhere_goes_on_with_all_that_was_said_of_it(ended: InMemorySpanExporter) -> None:
    with within(ELSEWHERE):
        assert carried() == ELSEWHERE
    with within(None):
        assert carried() is None
    running = begin("work", SpanKind.CONSUMER, parent=ELSEWHERE)
    trace = carried(running)
    running.end()
    assert trace is not None
    assert trace.traceparent[:36] == ELSEWHERE.traceparent[:36]
    assert trace.tracestate == "vendor=1"
    assert only(ended).kind is SpanKind.CONSUMER


@given(st.text(), st.none() | st.text())
def test_what_is_no_trace_begins_one_of_its_own(parent: str, state: str | None) -> None:
    with ended_spans() as exporter:
        begin("work", SpanKind.CONSUMER, parent=Trace(parent, state)).end()
    assert only(exporter).parent is None


def test_what_is_raised_fails_the_span_without_its_text(ended: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="s3cret"), span("work"):
        raise ValueError("s3cret")
    found = only(ended)
    assert found.attributes == {"error.type": "ValueError"}
    assert found.status.status_code is StatusCode.ERROR
    assert "s3cret" not in found.to_json()


async def test_a_cancelled_span_fails_too(ended: InMemorySpanExporter) -> None:
    async def work() -> None:
        with span("work"):
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert only(ended).attributes == {"error.type": "CancelledError"}


def test_a_failure_that_is_a_value_is_told_by_its_kind(ended: InMemorySpanExporter) -> None:
    with span("work") as running:
        fail(running, "invalid_grant")
    assert only(ended).attributes == {"error.type": "invalid_grant"}


def test_below_what_is_sampled_out_no_span_is_made_and_it_is_carried_on_as_such() -> None:
    trace_with(TracerProvider(sampler=ParentBased(ALWAYS_OFF)))
    try:
        with span("outer") as outer:
            with span("inner") as inner:
                assert inner is outer
            trace = carried()
    finally:
        trace_with(None)
    assert trace is not None
    assert int(trace.traceparent[-2:], 16) & 1 == 0
