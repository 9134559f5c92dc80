"""The twelve facts in the life of a connection, as they travel on the bus and stand in the ledger."""

from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from msgspec import Meta, Struct

Grant = Literal["authorization_code", "client_credentials"]
ErrorClass = Literal["transient", "revoked"]
Outcome = Literal["known", "unknown"]

NAME_LIMIT: Final = 128
"""Characters in a kind or a name: four bytes each, percent-encoded twice, still fit one NATS control line."""

Moment = Annotated[datetime, Meta(tz=True)]
"""A point in time; without an offset from UTC it would be another one on another machine."""
Name = Annotated[str, Meta(min_length=1, max_length=NAME_LIMIT)]
Version = Annotated[int, Meta(ge=1, le=2**63 - 1)]

BACKGROUND: Final = "system:background-refresh"
TOKEN_REQUEST: Final = "system:token-request"  # noqa: S105 -- an actor's name, not a credential


class LastRevocation(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When, why and by whom the grant was last lost. `reason` is the IdP's code, else the event type."""

    occurred_at: Moment
    reason: str
    idp_host: str | None = None


class ConnectionState(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is true of the connection once the event has happened.

    Each event carries it, so that the newest event alone decides health (invariant 6): order of arrival, replay and
    the pruning of older events cannot change the answer. All times are UTC; None means unknown or without end.
    """

    has_oauth: bool
    needs_reauth: bool
    token_acquired: bool
    configured: bool = True
    has_refresh_token: bool = False
    grant: Grant | None = None
    scope: str | None = None
    expires_at: Moment | None = None
    refresh_expires_at: Moment | None = None
    last_refreshed_at: Moment | None = None
    next_refresh_at: Moment | None = None
    authenticated_by: str | None = None
    authenticated_at: Moment | None = None
    last_revocation: LastRevocation | None = None
    client_id: str | None = None


class RefreshDetail(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One attempt at a refresh, before and after. Strings are sanitised; `duration_ms` is the IdP call alone.

    `kept_until`: the refused refresh token is kept aside so long, for the case that the client is put right; a success
    with it has the `cause` `recovered`, and one whose answer was lost and asked for again `asked_again`.
    """

    before_expires_at: Moment | None = None
    before_refresh_expires_at: Moment | None = None
    after_expires_at: Moment | None = None
    after_refresh_expires_at: Moment | None = None
    rotated_refresh: bool = False
    token_deleted: bool = False
    kept_until: Moment | None = None
    duration_ms: int | None = None
    idp_error_code: str | None = None
    http_status: int | None = None
    error_class: ErrorClass | None = None
    outcome: Outcome | None = None
    cause: str | None = None
    next_attempt_at: Moment | None = None
    attempt: int | None = None


class ChangeDetail(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a registration or a change set. `changed` names members, never values."""

    changed: tuple[str, ...] = ()
    tokens_forgotten: bool = False
    tokens_brought: bool = False
    declared_by: str | None = None


class ConnectDetail(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A sign-in at the IdP: begun, done, or failed (`cause` is a `SignInFault`).

    `missing_scopes`: declared or granted before, and not granted now. `account_changed`: somebody else signed in than
    before, as was confirmed.
    """

    after_expires_at: Moment | None = None
    after_refresh_expires_at: Moment | None = None
    scope: str | None = None
    missing_scopes: tuple[str, ...] = ()
    account_changed: bool = False
    idp_error_code: str | None = None
    http_status: int | None = None
    cause: str | None = None


class TokenDeletedDetail(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An admin had the token forgotten. `revoked_at_idp`: None where the IdP offers no revocation (RFC 7009)."""

    revoked_at_idp: bool | None = None
    cause: str | None = None


class _Event(Struct, frozen=True, kw_only=True, tag_field="event_type", omit_defaults=True):
    """The members that every event has; `occurred_at` is UTC, `version` is the connection's own, +1 each event."""

    event_id: UUID
    connection_id: UUID
    connection_kind: Name
    connection_name: Name
    version: Version
    occurred_at: Moment
    actor: str
    state: ConnectionState
    idp_host: str | None = None


class ConnectionRegistered(_Event, frozen=True, kw_only=True, tag="connection_registered"):
    """The connection is known from here on (or again, after a removal)."""

    detail: ChangeDetail = ChangeDetail()


class ConnectionChanged(_Event, frozen=True, kw_only=True, tag="connection_changed"):
    """Its configuration changed; a changed token_url, client_id or grant forgets the tokens."""

    detail: ChangeDetail = ChangeDetail()


class ConnectionRemoved(_Event, frozen=True, kw_only=True, tag="connection_removed"):
    """It is no longer listed. Its version goes on should it be registered anew."""

    detail: ChangeDetail = ChangeDetail()


class ConnectStarted(_Event, frozen=True, kw_only=True, tag="connect_started"):
    """Somebody was sent to the IdP to sign in."""

    detail: ConnectDetail = ConnectDetail()


class ConnectCompleted(_Event, frozen=True, kw_only=True, tag="connect_completed"):
    """The sign-in gave tokens and they are stored."""

    detail: ConnectDetail = ConnectDetail()


class ConnectFailed(_Event, frozen=True, kw_only=True, tag="connect_failed"):
    """The sign-in gave no tokens; what was stored before is untouched."""

    detail: ConnectDetail = ConnectDetail()


class RefreshSucceeded(_Event, frozen=True, kw_only=True, tag="refresh_succeeded"):
    """The IdP issued tokens and they are stored."""

    detail: RefreshDetail = RefreshDetail()


class RefreshFailedTransient(_Event, frozen=True, kw_only=True, tag="refresh_failed_transient"):
    """This attempt failed, the grant is kept, another attempt follows at `detail.next_attempt_at`."""

    detail: RefreshDetail = RefreshDetail()


class RefreshFailedRevoked(_Event, frozen=True, kw_only=True, tag="refresh_failed_revoked"):
    """The IdP refused for good; the token is deleted in the same transaction (`detail.token_deleted`)."""

    detail: RefreshDetail = RefreshDetail()


class RefreshSkippedNoToken(_Event, frozen=True, kw_only=True, tag="refresh_skipped_no_token"):
    """No refresh token is stored and the access token has run out; the IdP was not asked."""

    detail: RefreshDetail = RefreshDetail()


class RefreshSkippedExpired(_Event, frozen=True, kw_only=True, tag="refresh_skipped_expired"):
    """The refresh deadline has passed; the IdP was not asked."""

    detail: RefreshDetail = RefreshDetail()


class TokenDeletedAdmin(_Event, frozen=True, kw_only=True, tag="token_deleted_admin"):
    """An admin had the token forgotten."""

    detail: TokenDeletedDetail = TokenDeletedDetail()


Event = (
    ConnectionRegistered
    | ConnectionChanged
    | ConnectionRemoved
    | ConnectStarted
    | ConnectCompleted
    | ConnectFailed
    | RefreshSucceeded
    | RefreshFailedTransient
    | RefreshFailedRevoked
    | RefreshSkippedNoToken
    | RefreshSkippedExpired
    | TokenDeletedAdmin
)


def type_of(event: Event) -> str:
    """The event's type as in `event_type`, such as `refresh_succeeded`."""
    return str(event.__struct_config__.tag)
