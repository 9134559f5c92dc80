"""Events survive the wire, and what is not an event is refused with a reason."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from authpulse_contract.cloudevents import NotAnEventError, headers, read, trace_of
from authpulse_contract.codec import to_json
from authpulse_contract.events import ConnectionState, Event, RefreshSucceeded
from authpulse_contract.trace import Trace

EVENT = RefreshSucceeded(
    event_id=UUID(int=7),
    connection_id=UUID(int=1),
    connection_kind="api",
    connection_name="c/r m€",
    version=12,
    occurred_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    actor="system:background-refresh",
    state=ConnectionState(has_oauth=True, needs_reauth=False, token_acquired=True),
)
HEADERS = headers(EVENT)
BODY = to_json(EVENT)


def test_the_headers_are_the_attributes_prefixed_and_percent_encoded_once_more() -> None:
    assert headers(EVENT) == {
        "ce-specversion": "1.0",
        "ce-id": "00000000-0000-0000-0000-000000000007",
        "ce-source": "/authpulse/refresher",
        "ce-type": "io.authpulse.refresh_succeeded",
        "ce-subject": "api/c%252Fr%2520m%25E2%2582%25AC",
        "ce-time": "2026-01-02T03:04:05Z",
        "ce-datacontenttype": "application/json",
        "ce-dataschema": "urn:authpulse:schema:refresh_succeeded",
        "ce-sequence": "0000000000000000012",
        "Nats-Msg-Id": "00000000-0000-0000-0000-000000000007",
    }


def test_what_was_written_is_read() -> None:
    assert read(HEADERS, BODY) == EVENT


@pytest.mark.parametrize(
    "variant",
    [
        {name.upper(): value for name, value in HEADERS.items()},
        HEADERS | {"ce-type": '"io.authpulse.refresh\\_succeeded"'},
        HEADERS | {"ce-type": "io.authpulse.refresh%5fsucceeded"},
        HEADERS | {"ce-unheardof": "%ff"},
    ],
    ids=["names in capitals", "quoted value", "needlessly encoded value", "unknown attribute"],
)
def test_headers_may_be_written_in_every_way_that_the_binding_allows(variant: dict[str, str]) -> None:
    assert read(variant, BODY) == EVENT


def test_members_that_a_newer_writer_adds_are_ignored() -> None:
    assert read(HEADERS, BODY[:-1] + b',"colour":"red"}') == EVENT


@pytest.mark.parametrize(
    ("bad_headers", "bad_body", "reason"),
    [
        ({}, BODY, "without header ce-specversion, ce-id, ce-source, ce-type"),
        (HEADERS | {"ce-id": ""}, BODY, "without header ce-id"),
        (HEADERS | {"ce-specversion": "0.3"}, BODY, "ce-specversion is not 1.0"),
        (HEADERS | {"ce-type": "io.authpulse.connect_failed"}, BODY, "ce-type and the body's event_type differ"),
        (HEADERS | {"ce-id": str(UUID(int=8))}, BODY, "ce-id and the body's event_id differ"),
        (HEADERS | {"ce-id": "%C0%A0"}, BODY, "header ce-id is not percent-encoded UTF-8"),
        (HEADERS | {"Content-Type": "application/cloudevents+json"}, BODY, "the message is in structured mode"),
        (HEADERS, b"", "the body is not an event: Input data was truncated"),
        (HEADERS, b"\xff", "the body is not an event: "),
        (HEADERS, b'{"event_type":"\xff"}', "the body is not an event: "),
        (
            HEADERS,
            BODY.replace(b'"version":12', b'"version":"12"'),
            r"the body is not an event: Expected `int`.*version",
        ),
        (HEADERS, BODY.replace(b"refresh_succeeded", b"refresh_dreamt"), "the body is not an event: Invalid value"),
    ],
)
def test_what_is_not_an_event_is_refused_with_the_reason(
    bad_headers: dict[str, str], bad_body: bytes, reason: str
) -> None:
    with pytest.raises(NotAnEventError, match=f"^{reason}"):
        read(bad_headers, bad_body)


def test_an_event_is_read_as_its_own_type() -> None:
    event: Event = read(HEADERS, BODY)
    assert type(event) is RefreshSucceeded


TRACE = Trace("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", 'vendor="50%",other=2')


@pytest.mark.parametrize("trace", [TRACE, Trace(TRACE.traceparent), None])
def test_an_event_says_which_trace_it_belongs_to_if_to_any(trace: Trace | None) -> None:
    told = headers(EVENT, trace)
    assert trace_of(told) == trace
    assert read(told, BODY) == EVENT
    assert HEADERS.items() <= told.items()


def test_the_trace_is_in_the_attributes_of_the_distributed_tracing_extension() -> None:
    told = headers(EVENT, TRACE)
    assert told["ce-traceparent"] == TRACE.traceparent
    assert told["ce-tracestate"] == "vendor=%2250%25%22,other=2"
    assert told.keys() - HEADERS.keys() == {"ce-traceparent", "ce-tracestate"}


def test_a_trace_that_cannot_be_read_harms_no_event() -> None:
    broken = headers(EVENT, TRACE) | {"ce-traceparent": "%ff"}
    assert trace_of(broken) is None
    assert read(broken, BODY) == EVENT
