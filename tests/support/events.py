"""Events with defaults, and their way onto the stream."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar, get_args, overload
from uuid import UUID, uuid4, uuid5

from nats.js import JetStreamContext

from authpulse_contract.cloudevents import headers
from authpulse_contract.codec import to_json
from authpulse_contract.events import ConnectionState, Event, RefreshSucceeded, type_of
from authpulse_contract.subjects import event_subject

EVENT_TYPES: Final[tuple[type[Event], ...]] = get_args(Event)
ALIVE: Final = ConnectionState(has_oauth=True, needs_reauth=False, token_acquired=True)
DEAD: Final = ConnectionState(has_oauth=True, needs_reauth=True, token_acquired=False)
START: Final = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)  # young enough not to be pruned

E = TypeVar("E", bound=Event)


@overload
def event(**members: Any) -> RefreshSucceeded: ...
@overload
def event(event_type: type[E], **members: Any) -> E: ...
def event(event_type: type[Any] = RefreshSucceeded, **members: Any) -> Any:
    """An event of `api/crm`, version 1, a `RefreshSucceeded` unless said otherwise; `members` as they are wanted."""
    kind = members.get("connection_kind", "api")
    name = members.get("connection_name", "crm")
    version = members.get("version", 1)
    defaults: dict[str, Any] = {
        "event_id": uuid4(),
        "connection_id": uuid5(UUID(int=0), f"{kind}/{name}"),
        "connection_kind": kind,
        "connection_name": name,
        "version": version,
        "occurred_at": START + timedelta(seconds=version),
        "actor": "system:background-refresh",
        "state": ALIVE,
        "idp_host": "idp.example",
    }
    return event_type(**(defaults | members))


async def publish(js: JetStreamContext, events: Iterable[Event]) -> None:
    """Onto the stream as the relay does it, in order, acknowledged."""
    acks = [
        await js.publish_async(
            event_subject(one.connection_kind, one.connection_name, type_of(one)), to_json(one), headers=headers(one)
        )
        for one in events
    ]
    await asyncio.gather(*acks)
