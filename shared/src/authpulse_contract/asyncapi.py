"""Describes what goes over NATS as one AsyncAPI 3.0 document that points at the JSON Schemas beside it."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from authpulse_contract.cloudevents import CONTENT_TYPE, SOURCE, TYPE_PREFIX
from authpulse_contract.subjects import ADVANCED, STREAM, TOKENS_GET, command_subject
from authpulse_contract.trace import TRACEPARENT, TRACES, TRACESTATE

HEADERS: Final = {
    "ce-specversion": "CloudEvents version: 1.0.",
    "ce-id": "The event id, a UUID.",
    "ce-source": f"{SOURCE}.",
    "ce-type": f"{TYPE_PREFIX}<event_type>.",
    "ce-subject": "<kind>/<name>, each percent-encoded.",
    "ce-time": "When it happened, RFC 3339.",
    "ce-datacontenttype": f"{CONTENT_TYPE}.",
    "ce-dataschema": "The $id of the JSON Schema of the body.",
    "ce-sequence": "The version of the connection in 19 digits, so that it sorts as text.",
    "Nats-Msg-Id": "The event id; JetStream drops a second copy within two minutes.",
}
"""Each header of an event's message and what it says."""

_PARENT: Final = "The span that this belongs to (W3C Trace Context); there while it is traced."
_STATE: Final = "What tracers add to it (W3C Trace Context); there while any does."
TRACED: Final = {f"ce-{TRACEPARENT}": _PARENT, f"ce-{TRACESTATE}": _STATE}
"""Those that an event may have: CloudEvents' distributed tracing extension."""

_SCHEMA_FORMAT: Final = "application/schema+json;version=draft-2020-12"
_TOKEN: Final = "percent-encoded, `.` and `~` too, so that it is one subject token"  # noqa: S105 -- of a subject
_INFO: Final = {
    "title": "authpulse",
    "version": "0.1.0",
    "description": "Facts in the life of OAuth connections, and the commands that the refresher answers.",
    "license": {"name": "Apache-2.0"},
}


def describe(event_types: Iterable[str], verbs: Mapping[str, str], replies: Mapping[str, str]) -> dict[str, Any]:
    """The document; `verbs` and `replies` map each command's verb to the schemas of its body and of the answer.

    Schemas are named as their files are, without the ending.
    """
    headers = {"headers": {"$ref": "#/components/schemas/headers"}}
    events = {event_type: headers | _message(event_type) for event_type in event_types}
    traced = {"headers": {"$ref": "#/components/schemas/trace"}}
    commands = {verb: traced | _message(schema) for verb, schema in verbs.items()}
    channels = {
        "events": {
            "address": "auth.events.{kind}.{name}.{event_type}",
            "description": f"Facts on stream {STREAM}, delivered at least once: CloudEvents 1.0 in binary mode.",
            "parameters": {
                "kind": {"description": f"The kind of the connection, {_TOKEN}."},
                "name": {"description": f"The name of the connection, {_TOKEN}."},
                "event_type": {"enum": list(events)},
            },
            "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in events},
        },
        "advanced": {
            "address": ADVANCED,
            "description": "Says over core NATS how far the ledger is; one that is lost is made up for by the next.",
            "messages": {"advanced": {"$ref": "#/components/messages/advanced"}},
        },
        **{
            _channel_of(reply): {
                "address": None,
                "description": "The inbox that the request names.",
                "messages": {reply: {"$ref": f"#/components/messages/{reply}"}},
            }
            for reply in dict.fromkeys(replies.values())
        },
        "tokens": {
            "address": TOKENS_GET,
            "description": "Access tokens for other services; a NATS permission of its own guards it.",
            "messages": {"get_token": {"$ref": "#/components/messages/get_token"}},
        },
        "token_replies": {
            "address": None,
            "description": "The inbox that the request names.",
            "messages": {"token_reply": {"$ref": "#/components/messages/token_reply"}},
        },
        **{
            f"command_{verb}": {
                "address": command_subject(verb),
                "messages": {verb: {"$ref": f"#/components/messages/command_{verb}"}},
            }
            for verb in commands
        },
    }
    operations = {
        "publish_events": {"action": "send", "channel": {"$ref": "#/channels/events"}},
        "announce_position": {"action": "send", "channel": {"$ref": "#/channels/advanced"}},
        "answer_get_token": _answer("tokens", "token_replies"),
        **{f"answer_{verb}": _answer(f"command_{verb}", _channel_of(replies[verb])) for verb in commands},
    }
    return {
        "asyncapi": "3.0.0",
        "info": _INFO,
        "defaultContentType": CONTENT_TYPE,
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": {
                **events,
                "advanced": {
                    "headers": _headers({}, {TRACES: "A traceparent for each traced event, with commas between."}),
                    "payload": {"type": "integer", "minimum": 1, "description": "The position of the ledger."},
                },
                **{reply: _message(reply) for reply in replies.values()},
                "get_token": traced | _message("get_token"),
                "token_reply": _message("token_reply"),
                **{f"command_{verb}": message for verb, message in commands.items()},
            },
            "schemas": {
                "headers": _headers(HEADERS, TRACED),
                "trace": _headers({}, {TRACEPARENT: _PARENT, TRACESTATE: _STATE}),
            },
        },
    }


def _headers(always: Mapping[str, str], sometimes: Mapping[str, str]) -> dict[str, Any]:
    told = {name: {"type": "string", "description": text} for name, text in {**always, **sometimes}.items()}
    return {"type": "object", "properties": told, "required": list(always)}


def _channel_of(reply: str) -> str:
    """The channel of the inboxes that `reply` goes to: `replies` for `reply`."""
    return reply.removesuffix("y") + "ies"


def _answer(channel: str, replies: str) -> dict[str, Any]:
    return {
        "action": "receive",
        "channel": {"$ref": f"#/channels/{channel}"},
        "reply": {
            "address": {"location": "$message.header#/reply"},
            "channel": {"$ref": f"#/channels/{replies}"},
        },
    }


def _message(schema: str) -> dict[str, Any]:
    return {"payload": {"schemaFormat": _SCHEMA_FORMAT, "schema": {"$ref": f"./{schema}.json"}}}
