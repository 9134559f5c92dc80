"""What the event-store's spans say: one for each event, from its coming until its commit has been told of."""

from collections.abc import Mapping, Sequence
from typing import Final

from nats.aio.msg import Msg
from opentelemetry.trace import Span, SpanKind

from authpulse_chassis.tracing import begin, carried, fail, is_tracing
from authpulse_contract.cloudevents import trace_of
from authpulse_contract.trace import TRACES

_TOLD: Final = 64
"""Traces that one tick tells of at most; those of the others end here."""


def taken(messages: Sequence[Msg]) -> list[Span]:
    """The spans of a batch, each in the trace of its own event; none where nothing is traced."""
    if not is_tracing():
        return []
    return [
        begin(
            "process auth.events",
            SpanKind.CONSUMER,
            parent=trace_of(message.headers or {}),
            attributes={
                "messaging.system": "nats",
                "messaging.operation.type": "process",
                "messaging.operation.name": "process",
                "messaging.destination.name": message.subject,
                "messaging.destination.template": "auth.events.{kind}.{name}.{event_type}",
                "messaging.batch.message_count": len(messages),
            },
        )
        for message in messages
    ]


def tick_headers(running: Sequence[Span]) -> Mapping[str, str] | None:
    """The headers of the tick that tells of the events of these spans; None where nobody needs any."""
    traces = [trace for span in running if span.is_recording() and (trace := carried(span))]
    return {TRACES: ",".join(trace.traceparent for trace in traces[:_TOLD])} if traces else None


def recorded(running: Sequence[Span], position: int | None) -> None:
    """The batch is committed, the ledger's position with it; None: there was nothing new in it."""
    for span in running:
        if position is not None:
            span.set_attribute("authpulse.ledger.position", position)
        span.end()


def given_back(running: Sequence[Span], outage: Exception) -> None:
    """The batch will come again."""
    for span in running:
        fail(span, type(outage).__qualname__)
        span.end()
