"""Registering, changing and removing a connection, and forgetting its tokens: decisions without an IdP."""

from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import structs

from authpulse_contract.commands import Refused
from authpulse_contract.connections import BroughtToken, Declaration, DeclaredBy, OAuthConfig
from authpulse_contract.events import (
    ChangeDetail,
    ConnectionChanged,
    ConnectionRegistered,
    ConnectionRemoved,
    LastRevocation,
    TokenDeletedAdmin,
    TokenDeletedDetail,
)
from authpulse_refresher.decision.conclude import conclude, lose_grant
from authpulse_refresher.decision.decide import can_refresh
from authpulse_refresher.decision.grant import store_brought
from authpulse_refresher.decision.schedule import next_due
from authpulse_refresher.model import Connection, Decision

_IDENTITY: Final = frozenset({"oauth", "token_url", "client_id", "grant"})
"""Members that say whose tokens these are: a changed one forgets them, so that none is sent to another host."""

_CREDENTIAL: Final = frozenset({"client_secret", "client_key"})
_DELETED: Final = "token_deleted_admin"


def register(  # noqa: PLR0913 -- time, randomness and ids are arguments, by keyword
    declaration: Declaration,
    known: Connection | None,
    *,
    connection_id: UUID,
    declared_by: DeclaredBy,
    fingerprint: str | None,
    now: datetime,
    event_id: UUID,
    actor: str,
    jitter: float,
) -> Decision | Refused | None:
    """Make the connection be as declared. None: it already is. `Refused` (conflict): a file declares it, not HTTP.

    `connection_id` is used where none is known; `fingerprint` is the keyed one of the brought token.
    """
    before = known or Connection(
        connection_id=connection_id,
        kind=declaration.kind,
        name=declaration.name,
        version=0,
        generation=0,
        declared_by=declared_by,
        removed=True,
    )
    fresh = before.removed
    changed = _changed(declaration, before)
    after = structs.replace(
        before,
        oauth=declaration.oauth,
        client_secret=declaration.credential,
        configured=True,
        declared_by=declared_by,
        removed=False,
    )
    if _IDENTITY.intersection(changed) and not fresh:
        after = _start_over(after, now=now)
    if declaration.token is not None and after.tokens is None and fingerprint != before.brought_fingerprint:
        after = _adopt(after, declaration.token, fingerprint, actor=actor, now=now)
        changed = (*changed, "token")
    if not fresh and before.declared_by != declared_by:
        if declared_by == "http":
            return _conflict(before)
        changed = (*changed, "declared_by")
    if not fresh and not changed:
        return None
    after = _settle(after, changed, fresh=fresh, now=now, jitter=jitter)
    detail = ChangeDetail(
        changed=() if fresh else changed,
        tokens_forgotten=before.tokens is not None and after.tokens != before.tokens,
        tokens_brought="token" in changed,
        declared_by=declared_by,
    )
    kind = ConnectionRegistered if fresh else ConnectionChanged
    return conclude(kind, after, detail, now=now, event_id=event_id, actor=actor)


def remove(
    known: Connection, *, declared_by: DeclaredBy, now: datetime, event_id: UUID, actor: str
) -> Decision | Refused | None:
    """Leave a tombstone. None: removed already; `Refused` (conflict): declared by the other way."""
    if known.removed:
        return None
    if known.declared_by != declared_by:
        return _conflict(known)
    after = Connection(
        connection_id=known.connection_id,
        kind=known.kind,
        name=known.name,
        version=known.version,
        generation=known.generation + 1,
        declared_by=known.declared_by,
        removed=True,
    )
    detail = ChangeDetail(tokens_forgotten=known.tokens is not None, declared_by=declared_by)
    return conclude(ConnectionRemoved, after, detail, now=now, event_id=event_id, actor=actor)


def forget(  # noqa: PLR0913 -- time, randomness and ids are arguments, by keyword
    known: Connection,
    *,
    revoked_at_idp: bool | None,
    cause: str | None = None,
    now: datetime,
    event_id: UUID,
    actor: str,
) -> Decision | Refused | None:
    """Delete the stored tokens, or put a refusal to rest that has deleted them already. None: there is neither.

    `revoked_at_idp` None: the IdP offers no revocation. `cause`: why it was not revoked.
    """
    if known.oauth is None and known.configured:
        return Refused(slug="not_oauth", detail="This connection has no OAuth and so no token.")
    lost_before = known.last_revocation
    if known.tokens is None and known.kept is None and (lost_before is None or lost_before.reason == _DELETED):
        return None
    after = lose_grant(known, LastRevocation(occurred_at=now, reason=_DELETED))
    detail = TokenDeletedDetail(revoked_at_idp=revoked_at_idp, cause=cause)
    return conclude(TokenDeletedAdmin, after, detail, now=now, event_id=event_id, actor=actor)


def _changed(declaration: Declaration, before: Connection) -> tuple[str, ...]:
    old, new = before.oauth, declaration.oauth
    if old is None or new is None:
        members = [] if old is new else ["oauth"]
    else:
        members = [name for name in OAuthConfig.__struct_fields__ if getattr(old, name) != getattr(new, name)]
    if before.client_secret != declaration.credential:
        members.append("client_secret" if declaration.client_key is None else "client_key")
    if not before.configured and not members:
        members.append("configured")
    return tuple(members)


def _start_over(connection: Connection, *, now: datetime) -> Connection:
    had_grant = connection.tokens is not None and connection.oauth is not None
    lost = LastRevocation(occurred_at=now, reason="connection_changed") if had_grant else connection.last_revocation
    return structs.replace(
        connection,
        # Also where no token is stored: an answer that is under way now comes from the former IdP.
        generation=connection.generation + 1,
        tokens=None,
        kept=None,
        account=None,
        authenticated_by=None,
        authenticated_at=None,
        last_refreshed_at=None,
        last_revocation=lost,
        attempt=0,
        outcome_unknown=False,
        unknown_since=None,
    )


def _adopt(
    connection: Connection, brought: BroughtToken, fingerprint: str | None, *, actor: str, now: datetime
) -> Connection:
    return structs.replace(
        connection,
        generation=connection.generation + 1,
        tokens=store_brought(brought, connection, now=now),
        kept=None,
        account=None,
        authenticated_by=actor,
        authenticated_at=now,
        brought_fingerprint=fingerprint,
        attempt=0,
        outcome_unknown=False,
        unknown_since=None,
    )


def _settle(
    connection: Connection, changed: tuple[str, ...], *, fresh: bool, now: datetime, jitter: float
) -> Connection:
    """Whether a sign-in is needed now, and when the next attempt is due."""
    oauth, configuration = connection.oauth, set(changed) - {"token", "declared_by"}
    if oauth is None:
        return structs.replace(connection, needs_reauth=False, due_at=None)
    if oauth.grant == "client_credentials":
        # It needs nobody's sign-in, so that any new configuration is worth an attempt at once.
        renewed = fresh or bool(configuration)
        needs_reauth = connection.needs_reauth and not renewed and connection.tokens is None
        return structs.replace(connection, needs_reauth=needs_reauth, due_at=now if renewed else connection.due_at)
    connection = structs.replace(connection, needs_reauth=connection.tokens is None)
    if fresh or not configuration.isdisjoint(_IDENTITY) or "token" in changed or "refresh_max_lifetime" in changed:
        due = next_due(connection, now=now, jitter=jitter, refreshed=False)
        return structs.replace(connection, due_at=due)
    eager = connection.attempt or connection.kept
    if can_refresh(connection) and (_CREDENTIAL.intersection(changed) or (eager and configuration)):
        return structs.replace(connection, due_at=now)
    return connection


def _conflict(known: Connection) -> Refused:
    owner = "a connections file" if known.declared_by == "file" else "the HTTP interface"
    return Refused(slug="conflict", detail=f"The connection is declared by {owner}; change it there.")
