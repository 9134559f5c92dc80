"""The values that the pure core works on: a connection's row, an IdP's answer, a verdict, a decision."""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from msgspec import Struct

from authpulse_contract.connections import DeclaredBy, OAuthConfig
from authpulse_contract.events import Event, LastRevocation
from authpulse_contract.secret import Secret


class Tokens(Struct, frozen=True, kw_only=True):
    """What the IdP issued. Times are UTC; None: unknown or without end.

    `access_token` None: a refresh token was brought along and nothing has been issued for it yet. `lifetime` is the
    access token's life as last learnt; it stands in when a later answer does not say. `refresh_lifetime` is the refresh
    token's whole life. `scope` is safe to show already.
    """

    access_token: Secret | None = None
    refresh_token: Secret | None = None
    expires_at: datetime | None = None
    refresh_expires_at: datetime | None = None
    scope: str | None = None
    lifetime: timedelta | None = None
    refresh_lifetime: timedelta | None = None


class Kept(Struct, frozen=True, kw_only=True):
    """The refresh token of a grant that was refused for the client's sake, aside `until` then (UTC)."""

    refresh_token: Secret
    until: datetime
    refresh_expires_at: datetime | None = None


class Connection(Struct, frozen=True, kw_only=True):
    """One row of the vault, opened.

    `generation` rises whenever the stored grant changes and never falls; `version` is that of its last event.
    `client_secret` is what the client proves itself with: its secret, or the private key of `private_key_jwt`.
    `oauth` None with `configured` true: a connection without OAuth. `configured` false: the stored configuration or a
    sealed secret cannot be read. `attempt` counts failures since the last success. `outcome_unknown`: since the last
    success a POST may have been obeyed although no valid answer came; the first one was sent at `unknown_since`. On
    a row that needs reauth it says that an answer may still turn up. `brought_fingerprint` is the keyed fingerprint of
    the brought token last adopted, so that a dead one is not adopted again. `removed`: a tombstone, so that version and
    generation go on should the connection be registered anew. `account` is the keyed fingerprint of who signed in last,
    where the IdP discloses it. `kept`: see there; only while `tokens` is None.
    """

    connection_id: UUID
    kind: str
    name: str
    version: int
    generation: int
    declared_by: DeclaredBy
    oauth: OAuthConfig | None = None
    client_secret: Secret | None = None
    configured: bool = True
    needs_reauth: bool = False
    tokens: Tokens | None = None
    authenticated_by: str | None = None
    authenticated_at: datetime | None = None
    last_refreshed_at: datetime | None = None
    last_revocation: LastRevocation | None = None
    due_at: datetime | None = None
    attempt: int = 0
    outcome_unknown: bool = False
    unknown_since: datetime | None = None
    brought_fingerprint: str | None = None
    account: str | None = None
    kept: Kept | None = None
    removed: bool = False


class Answer(Struct, frozen=True, kw_only=True):
    """An HTTP answer from a token endpoint as it came. `headers` have lower-case names; `body` is cut at 1 MiB.

    `repeated`: it came to a second request, because the answer to the first one was lost.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    truncated: bool = False
    repeated: bool = False


class NoAnswer(Struct, frozen=True, kw_only=True):
    """No HTTP answer came. `sent`: the request may have reached the IdP, so that the outcome is unknown.

    `cause` is one of our own words (`dns`, `connect`, `tls`, `reset`, `deadline`, `cancelled`, `crash`, ...), never the
    text of an exception.
    """

    cause: str
    sent: bool


class Issued(Struct, frozen=True, kw_only=True):
    """A usable answer. `refresh_token` None: keep the old one and its deadline. Times in seconds, None: unknown.

    `repeated` as in `Answer`.
    """

    access_token: Secret
    refresh_token: Secret | None = None
    expires_in: float | None = None
    refresh_expires_in: float | None = None
    scope: str | None = None
    http_status: int = 200
    repeated: bool = False


class Transient(Struct, frozen=True, kw_only=True):
    """It will pass: keep the grant and try again, not before `retry_after` seconds where the IdP asks for that.

    `code` is sanitised already; `outcome_unknown`: the IdP may have rotated the token without our seeing the answer.
    """

    code: str | None = None
    http_status: int | None = None
    cause: str | None = None
    retry_after: float | None = None
    outcome_unknown: bool = False


class Terminal(Struct, frozen=True, kw_only=True):
    """The IdP refuses for good. `code` is sanitised already; `dead_grant`: it names the grant, not the client."""

    code: str | None = None
    http_status: int | None = None
    dead_grant: bool = False


Verdict = Issued | Transient | Terminal

SkipReason = Literal["no_token", "expired"]


class Decision(Struct, frozen=True, kw_only=True):
    """What follows from a verdict: the row to store (version and, where the grant changed, generation already raised)
    and the one event that says so."""

    after: Connection
    event: Event
