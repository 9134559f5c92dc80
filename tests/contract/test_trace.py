"""Headers say which trace a message belongs to, if it belongs to any."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authpulse_contract.trace import Trace, trace_headers, trace_in

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TRACES = st.builds(Trace, st.text(), st.none() | st.text(min_size=1))


@pytest.mark.parametrize(
    ("trace", "headers"),
    [
        (None, {}),
        (Trace(PARENT), {"traceparent": PARENT}),
        (Trace(PARENT, ""), {"traceparent": PARENT}),
        (Trace(PARENT, "a=1"), {"traceparent": PARENT, "tracestate": "a=1"}),
    ],
)
def test_the_headers_are_those_of_w3c(trace: Trace | None, headers: dict[str, str]) -> None:
    assert trace_headers(trace) == headers


def test_a_prefix_stands_before_both() -> None:
    assert trace_headers(Trace(PARENT, "a=1"), "ce-") == {"ce-traceparent": PARENT, "ce-tracestate": "a=1"}


@given(st.none() | TRACES)
def test_what_was_written_is_read_however_its_names_are_written(trace: Trace | None) -> None:
    headers = {"Content-Type": "application/json"} | trace_headers(trace)
    assert trace_in({name.title(): value for name, value in headers.items()}) == trace


@pytest.mark.parametrize("headers", [None, {}, {"tracestate": "a=1"}])
def test_without_a_parent_there_is_none(headers: dict[str, str] | None) -> None:
    assert trace_in(headers) is None
