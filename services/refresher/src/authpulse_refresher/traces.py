"""What the refresher's spans say, in OpenTelemetry's words where it has some; no secret, header or body is in one.

Nor is the URL that was asked: its path or query may be a secret of the connection's.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Final

import httpx
from opentelemetry.trace import Span, SpanKind, get_current_span

from authpulse_chassis.tracing import begin, carried, fail, span
from authpulse_contract.events import Event, RefreshSucceeded, type_of
from authpulse_contract.trace import Trace, trace_in
from authpulse_refresher.decision.conclude import host_of
from authpulse_refresher.model import Answer, Connection, Decision, NoAnswer

_VAULT: Final = {"db.system.name": "postgresql", "db.namespace": "vault", "db.operation.name": "commit"}
_FAILED: Final = 400


async def refreshing(
    connection: Connection, actor: str, attempt: Callable[[], Awaitable[Decision | None]]
) -> Decision | None:
    """What `attempt` comes to, within a span that says so."""
    with span("refresh") as running:
        decision = await attempt()
        if running.is_recording():
            running.set_attributes(_named(connection))
            # Who it was is in the event, for those who may read it.
            running.set_attribute("authpulse.trigger", actor if actor.startswith("system:") else "admin")
            _conclude(running, decision)
        return decision


def asking() -> AbstractContextManager[Span]:
    """The span of one request to an IdP, which `asked` and `heard` describe."""
    return span("ask", SpanKind.CLIENT)


def asked(request: httpx.Request) -> None:
    """This is the request."""
    running = get_current_span()
    if running.is_recording():
        running.update_name(request.method)
        running.set_attribute("http.request.method", request.method)
        running.set_attribute("server.address", request.url.host)
        running.set_attribute("server.port", request.url.port or (443 if request.url.scheme == "https" else 80))


def heard(running: Span, answer: Answer | NoAnswer) -> None:
    """This came of it."""
    if not running.is_recording():
        return
    if isinstance(answer, NoAnswer):
        fail(running, answer.cause)
        return
    running.set_attribute("http.response.status_code", answer.status)
    if answer.status >= _FAILED:
        fail(running, str(answer.status))


def storing() -> AbstractContextManager[Span]:
    """The span of the storing of an outcome, together with others' or alone."""
    return span("commit vault", SpanKind.CLIENT, attributes=_VAULT)


def sending(event: Event, subject: str, trace: Trace | None) -> Span:
    """The span of the sending of an event that belongs to `trace`; `sent` ends it."""
    running = begin("send auth.events", SpanKind.PRODUCER, parent=trace)
    if running.is_recording():
        running.set_attributes(_message("send", subject))
        running.set_attribute("messaging.destination.template", "auth.events.{kind}.{name}.{event_type}")
        running.set_attribute("messaging.message.id", str(event.event_id))
    return running


def told(running: Span, trace: Trace | None) -> Trace | None:
    """Where the event says that it comes from: that span, or `trace` itself where nobody sees the span."""
    return carried(running) if running.is_recording() else trace


def sent(running: Span, promise: asyncio.Future[Any]) -> None:
    """It ends with the stream's acknowledgement, or without."""

    def end(kept: asyncio.Future[Any]) -> None:
        if kept.cancelled():
            fail(running, "not_acknowledged")
        elif failure := kept.exception():
            fail(running, type(failure).__qualname__)
        running.end()

    if running.is_recording():
        promise.add_done_callback(end)


def answering(subject: str, headers: Mapping[str, str]) -> AbstractContextManager[Span]:
    """The span of the answering of a command, below the one that its headers name."""
    return span(
        f"process {subject}", SpanKind.CONSUMER, parent=trace_in(headers), attributes=_message("process", subject)
    )


def _named(connection: Connection) -> dict[str, str]:
    told = {"authpulse.connection.kind": connection.kind, "authpulse.connection.name": connection.name}
    host = host_of(connection)
    return told | {"authpulse.idp_host": host} if host else told


def _conclude(running: Span, decision: Decision | None) -> None:
    if decision is None:
        running.set_attribute("authpulse.outcome", "overtaken")
        return
    event, detail = decision.event, decision.event.detail
    running.set_attribute("authpulse.outcome", type_of(event))
    code, cause = (getattr(detail, name, None) for name in ("idp_error_code", "cause"))
    if code:
        running.set_attribute("authpulse.idp_error_code", code)
    if not isinstance(event, RefreshSucceeded):
        fail(running, code or cause or type_of(event))


def _message(operation: str, subject: str) -> dict[str, str]:
    return {
        "messaging.system": "nats",
        "messaging.operation.type": operation,
        "messaging.operation.name": operation,
        "messaging.destination.name": subject,
    }
