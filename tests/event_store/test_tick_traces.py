"""A tick tells of the traced events of its batch, and of so many that it stays small."""

from opentelemetry.trace import SpanKind

from authpulse_chassis.tracing import begin, trace_with
from authpulse_contract.trace import TRACES, Trace
from authpulse_event_store.traces import given_back, recorded, tick_headers
from support.spans import ended_spans


def parent(number: int, flags: str = "01") -> Trace:
    return Trace(f"00-{number:032x}-{number:016x}-{flags}")


def trace_ids(header: str) -> list[int]:
    return [int(traceparent.split("-")[1], 16) for traceparent in header.split(",")]


def test_a_tick_names_the_sampled_traces_of_its_batch_the_first_64_of_them() -> None:
    with ended_spans():
        few = [begin("process", SpanKind.CONSUMER, parent=parent(number)) for number in (1, 2)]
        unsampled = begin("process", SpanKind.CONSUMER, parent=parent(3, "00"))
        headers = tick_headers([*few, unsampled])
        assert headers is not None
        assert trace_ids(headers[TRACES]) == [1, 2]
        assert tick_headers([unsampled]) is None
        many = [begin("process", SpanKind.CONSUMER, parent=parent(number)) for number in range(1, 501)]
        headers = tick_headers(many)
    assert headers is not None
    assert trace_ids(headers[TRACES]) == list(range(1, 65))


def test_without_tracing_a_tick_has_no_headers() -> None:
    trace_with(None)
    assert tick_headers([]) is None


def test_what_is_recorded_has_the_position_and_what_is_given_back_the_kind_of_the_outage() -> None:
    with ended_spans() as ended:
        recorded([begin("new", SpanKind.CONSUMER)], 7)
        recorded([begin("known already", SpanKind.CONSUMER)], None)
        given_back([begin("again", SpanKind.CONSUMER)], OSError("s3cret"))
    assert {span.name: dict(span.attributes or {}) for span in ended.get_finished_spans()} == {
        "new": {"authpulse.ledger.position": 7},
        "known already": {},
        "again": {"error.type": "OSError"},
    }
