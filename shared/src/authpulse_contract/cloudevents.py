"""Events on the wire: CloudEvents 1.0 in the binary mode of the NATS protocol binding, the event's JSON as data."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, unquote_to_bytes

import msgspec

from authpulse_contract.codec import from_json
from authpulse_contract.events import Event, type_of
from authpulse_contract.subjects import escape
from authpulse_contract.trace import TRACEPARENT, TRACESTATE, Trace, trace_headers

SOURCE: Final = "/authpulse/refresher"
TYPE_PREFIX: Final = "io.authpulse."
SCHEMA_PREFIX: Final = "urn:authpulse:schema:"
CONTENT_TYPE: Final = "application/json"

_REQUIRED: Final = ("ce-specversion", "ce-id", "ce-source", "ce-type")
# NATS protocol binding 3.1.3.2: all but printable ASCII, and space, double quote and percent, is percent-encoded.
_PLAIN: Final = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"%')
_BACKSLASH_PAIR: Final = re.compile(r"\\(.)")
# The sequence extension wants values that sort as text; nineteen digits hold any 64-bit version.
_SEQUENCE_DIGITS: Final = 19


class NotAnEventError(Exception):
    """The message is not an event of this contract; the text says which part of it is wrong."""


def headers(event: Event, trace: Trace | None = None) -> dict[str, str]:
    """Every header that the event's message needs; the body is `to_json(event)`.

    `Nats-Msg-Id` makes JetStream drop a second copy within the stream's duplicate window. `trace`: where it was made
    true, if that is traced (CloudEvents' distributed tracing extension).
    """
    event_type, event_id = type_of(event), str(event.event_id)
    attributes = {
        "ce-specversion": "1.0",
        "ce-id": event_id,
        "ce-source": SOURCE,
        "ce-type": TYPE_PREFIX + event_type,
        "ce-subject": f"{escape(event.connection_kind)}/{escape(event.connection_name)}",
        "ce-time": str(msgspec.to_builtins(event.occurred_at)),
        "ce-datacontenttype": CONTENT_TYPE,
        "ce-dataschema": SCHEMA_PREFIX + event_type,
        "ce-sequence": f"{event.version:0{_SEQUENCE_DIGITS}}",
        **trace_headers(trace, "ce-"),
    }
    return {name: quote(value, safe=_PLAIN) for name, value in attributes.items()} | {"Nats-Msg-Id": event_id}


def read(headers: Mapping[str, str], body: bytes) -> Event:
    """The event in a message. Raises `NotAnEventError`: missing or contradicting attributes, or a body that does not
    fit. Header names are case-insensitive; attributes that the contract does not know are ignored.
    """
    found = {name.lower(): value for name, value in headers.items()}
    if found.get("content-type", "").lower().startswith("application/cloudevents"):
        raise NotAnEventError("the message is in structured mode; events travel in binary mode")
    attributes = {name: _decoded(name, found[name]) for name in _REQUIRED if name in found}
    if missing := [name for name in _REQUIRED if not attributes.get(name)]:
        raise NotAnEventError(f"without header {', '.join(missing)}")
    if attributes["ce-specversion"] != "1.0":
        raise NotAnEventError("ce-specversion is not 1.0")
    try:
        event: Event = from_json(body, Event)  # type: ignore[arg-type]  # a union is a type to msgspec
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as failure:
        raise NotAnEventError(f"the body is not an event: {failure}") from None
    if attributes["ce-type"] != TYPE_PREFIX + type_of(event):
        raise NotAnEventError("ce-type and the body's event_type differ")
    if attributes["ce-id"] != str(event.event_id):
        raise NotAnEventError("ce-id and the body's event_id differ")
    return event


def trace_of(headers: Mapping[str, str]) -> Trace | None:
    """The trace that the event in a message belongs to; None: it is not said, or not readably, which harms no event."""
    found = {name.lower(): value for name, value in headers.items()}
    try:
        parent, state = (
            _decoded(name, found[name]) if name in found else None for name in (f"ce-{TRACEPARENT}", f"ce-{TRACESTATE}")
        )
    except NotAnEventError:
        return None
    return None if parent is None else Trace(parent, state)


def _decoded(name: str, value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = _BACKSLASH_PAIR.sub(r"\1", value[1:-1])
    try:
        return unquote_to_bytes(value).decode()
    except UnicodeDecodeError:
        raise NotAnEventError(f"header {name} is not percent-encoded UTF-8") from None
