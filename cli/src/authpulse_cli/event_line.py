"""An event in one line. Pure."""

import msgspec

from authpulse_contract.events import Event, type_of


def event_line(event: Event) -> str:
    """When, which connection, which of its events, what happened, and its telling details."""
    details = {
        name: value
        for name, value in msgspec.to_builtins(event.detail).items()
        if name not in ("before_expires_at", "before_refresh_expires_at", "after_refresh_expires_at")
    }
    told = "".join(f" {name}={_text(value)}" for name, value in details.items())
    when = event.occurred_at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    who = f"{event.connection_kind}/{event.connection_name}"
    return f"{when} {who} #{event.version} {type_of(event)}{told} by {event.actor}"


def _text(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
