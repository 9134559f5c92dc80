"""NATS subjects of authpulse, with kind and name escaped so that any name is one legal subject token."""

from typing import Final
from urllib.parse import quote, unquote

STREAM: Final = "AUTH_EVENTS"
EVENTS: Final = "auth.events.>"
ADVANCED: Final = "auth.health.advanced"
TOKENS_GET: Final = "auth.tokens.get"
_EVENTS_PREFIX: Final = "auth.events."
_COMMANDS_PREFIX: Final = "auth.commands."


def escape(text: str) -> str:
    """`text` as one subject token: percent-encoded as in RFC 3986 2.1, with `.` and `~` encoded too.

    Letters, digits, `-` and `_` stay as they are. Reversed by `unescape`.
    """
    return quote(text, safe="").replace(".", "%2E").replace("~", "%7E")


def unescape(token: str) -> str:
    """The text that `escape` was given."""
    return unquote(token)


def event_subject(kind: str, name: str, event_type: str) -> str:
    """`auth.events.<kind>.<name>.<event_type>`"""
    return f"{_EVENTS_PREFIX}{escape(kind)}.{escape(name)}.{event_type}"


def command_subject(verb: str) -> str:
    """`auth.commands.<verb>`"""
    return _COMMANDS_PREFIX + verb


def inbox(user: str) -> str:
    """Where the answers to what `user` asks arrive: apart from others', so that nobody can be let to hear theirs."""
    return f"auth.inbox.{user}"
