"""Folds the events of one connection into its health: pure, and the same in any order (invariants 5 and 6)."""

from typing import assert_never

from authpulse_contract.events import (
    ConnectCompleted,
    ConnectFailed,
    ConnectionChanged,
    ConnectionRegistered,
    ConnectionRemoved,
    ConnectStarted,
    Event,
    RefreshFailedRevoked,
    RefreshFailedTransient,
    RefreshSkippedExpired,
    RefreshSkippedNoToken,
    RefreshSucceeded,
    TokenDeletedAdmin,
    type_of,
)
from authpulse_contract.health import ConnectionHealth


def project(health: ConnectionHealth | None, event: Event) -> ConnectionHealth:
    """The health of the connection once `event` is known too: its event of the highest version decides alone."""
    if health is not None and health.version >= event.version:
        return health
    return ConnectionHealth(
        connection_id=event.connection_id,
        kind=event.connection_kind,
        name=event.connection_name,
        version=event.version,
        event_id=event.event_id,
        event_type=type_of(event),
        removed=isinstance(event, ConnectionRemoved),
        idp_error_code=_code(event),
        refresh_failing=isinstance(event, RefreshFailedTransient),
        changed_at=event.occurred_at,
        idp_host=event.idp_host,
        state=event.state,
    )


def _code(event: Event) -> str | None:
    """The newest-event-only rule (semantics 5): only a failed refresh shows its code, anything else clears it."""
    match event:
        case RefreshFailedRevoked() | RefreshFailedTransient():
            return event.detail.idp_error_code or None
        case (
            ConnectionRegistered()
            | ConnectionChanged()
            | ConnectionRemoved()
            | ConnectStarted()
            | ConnectCompleted()
            | ConnectFailed()
            | RefreshSucceeded()
            | RefreshSkippedNoToken()
            | RefreshSkippedExpired()
            | TokenDeletedAdmin()
        ):
            return None
        case _:
            assert_never(event)
