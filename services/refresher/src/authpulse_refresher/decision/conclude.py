"""How every decision ends: one version on, with an event that carries the state after it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import structs

from authpulse_contract.events import ConnectionState, Event, LastRevocation
from authpulse_contract.hosts import idp_host
from authpulse_refresher.model import Connection, Decision, Tokens


def lose_grant(connection: Connection, reason: LastRevocation, *, outcome_unknown: bool = False) -> Connection:
    """The row without its tokens, which nobody gets back without a sign-in."""
    return structs.replace(
        connection,
        generation=connection.generation + 1,
        tokens=None,
        kept=None,
        needs_reauth=True,
        due_at=None,
        attempt=0,
        # Whether an answer may still turn up that revives the grant.
        outcome_unknown=outcome_unknown,
        unknown_since=None,
        last_revocation=reason,
    )


def conclude(  # noqa: PLR0913 -- time, randomness and ids are arguments, by keyword
    kind: type[Event], after: Connection, detail: Any, *, now: datetime, event_id: UUID, actor: str
) -> Decision:
    """`after` one version on, and the event of that version."""
    after = structs.replace(after, version=after.version + 1)
    event = kind(
        event_id=event_id,
        connection_id=after.connection_id,
        connection_kind=after.kind,
        connection_name=after.name,
        version=after.version,
        occurred_at=now,
        actor=actor,
        state=state_of(after),
        idp_host=host_of(after),
        detail=detail,
    )
    return Decision(after=after, event=event)


def host_of(connection: Connection) -> str | None:
    """The IdP that the connection's tokens come from."""
    return idp_host(connection.oauth.token_url) if connection.oauth else None


def state_of(connection: Connection) -> ConnectionState:
    """What is public about the connection. A broken configuration is OAuth that needs attention, never hidden."""
    tokens = connection.tokens or Tokens()
    return ConnectionState(
        has_oauth=connection.oauth is not None or not connection.configured,
        needs_reauth=connection.needs_reauth or not connection.configured,
        token_acquired=tokens.access_token is not None,
        configured=connection.configured,
        has_refresh_token=tokens.refresh_token is not None,
        grant=connection.oauth.grant if connection.oauth else None,
        scope=tokens.scope,
        expires_at=tokens.expires_at,
        refresh_expires_at=tokens.refresh_expires_at,
        last_refreshed_at=connection.last_refreshed_at,
        next_refresh_at=connection.due_at,
        authenticated_by=connection.authenticated_by,
        authenticated_at=connection.authenticated_at,
        last_revocation=connection.last_revocation,
        client_id=connection.oauth.client_id if connection.oauth else None,
    )
