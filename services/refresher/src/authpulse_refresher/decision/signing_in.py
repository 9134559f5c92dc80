"""What follows from a sign-in at the IdP: begun, done or failed, each as a row and the one event that says so."""

from datetime import datetime
from hashlib import sha256
from uuid import UUID

from msgspec import Struct, structs

from authpulse_contract.connecting import SignInFault
from authpulse_contract.events import ConnectCompleted, ConnectDetail, ConnectFailed, ConnectStarted
from authpulse_contract.secret import Secret
from authpulse_refresher.decision.conclude import conclude
from authpulse_refresher.decision.grant import store_issued
from authpulse_refresher.decision.schedule import next_due
from authpulse_refresher.model import Connection, Decision, Issued, Tokens


class SignIn(Struct, frozen=True, kw_only=True):
    """One that was begun, as it stood when its callback came. `verifier` None: its state is of no more use."""

    sign_in_id: UUID
    state_hash: bytes
    connection_id: UUID
    verifier: Secret | None
    browser_hash: bytes
    redirect_uri: str
    return_to: str
    actor: str
    issuer: str | None
    iss_required: bool
    other_account: bool
    link_hash: bytes | None
    expired: bool
    spent: bool
    void: bool


def hashed(secret: Secret) -> bytes:
    """SHA-256 of what is random enough not to be guessed."""
    return sha256(secret.reveal().encode()).digest()


class Fault(Struct, frozen=True, kw_only=True):
    """Why a sign-in gave no tokens; `code` is the IdP's, sanitised already."""

    cause: SignInFault
    code: str | None = None
    http_status: int | None = None


def started(connection: Connection, *, now: datetime, event_id: UUID, actor: str) -> Decision:
    """Somebody is on the way to the IdP; nothing else changes."""
    return conclude(ConnectStarted, connection, ConnectDetail(), now=now, event_id=event_id, actor=actor)


def failed(connection: Connection, fault: Fault, *, now: datetime, event_id: UUID, actor: str) -> Decision:
    """What was stored before stays as it is."""
    detail = ConnectDetail(cause=fault.cause, idp_error_code=fault.code, http_status=fault.http_status)
    return conclude(ConnectFailed, connection, detail, now=now, event_id=event_id, actor=actor)


def completed(  # noqa: PLR0913 -- time, randomness and ids are arguments, by keyword
    connection: Connection,
    issued: Issued,
    *,
    account: str | None,
    other_account: bool,
    now: datetime,
    event_id: UUID,
    actor: str,
    jitter: float,
) -> Decision:
    """The new grant in the place of whatever is there by now, which it inherits nothing from.

    `account` is the keyed fingerprint of who signed in, None: not disclosed. Another account than before is refused
    unless `other_account` says that this is meant.
    """
    changed = account is not None and connection.account is not None and account != connection.account
    if changed and not other_account:
        return failed(connection, Fault(cause="other_account"), now=now, event_id=event_id, actor=actor)
    tokens = _with_scope(store_issued(issued, None, connection, now=now), connection)
    after = structs.replace(
        connection,
        generation=connection.generation + 1,
        tokens=tokens,
        kept=None,
        account=account or connection.account,
        needs_reauth=False,
        authenticated_by=actor,
        authenticated_at=now,
        attempt=0,
        outcome_unknown=False,
        unknown_since=None,
    )
    after = structs.replace(after, due_at=next_due(after, now=now, jitter=jitter, refreshed=True))
    detail = ConnectDetail(
        after_expires_at=tokens.expires_at,
        after_refresh_expires_at=tokens.refresh_expires_at,
        scope=tokens.scope,
        missing_scopes=_missing(connection, tokens),
        account_changed=changed,
        http_status=issued.http_status,
    )
    return conclude(ConnectCompleted, after, detail, now=now, event_id=event_id, actor=actor)


def _with_scope(tokens: Tokens, connection: Connection) -> Tokens:
    """RFC 6749 5.1: an answer without a scope grants what was asked for."""
    asked = " ".join(connection.oauth.scopes) if connection.oauth else ""
    return structs.replace(tokens, scope=tokens.scope or asked or None)


def _missing(before: Connection, tokens: Tokens) -> tuple[str, ...]:
    wanted = list(before.oauth.scopes) if before.oauth else []
    if before.tokens and before.tokens.scope:
        wanted += before.tokens.scope.split()
    granted = (tokens.scope or "").split()
    return tuple(scope for scope in dict.fromkeys(wanted) if scope not in granted)
