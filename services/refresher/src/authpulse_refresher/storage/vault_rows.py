"""Turns rows of the vault into connections and back: the one place where sealed values are opened and made."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct
from psycopg.types.json import Jsonb

from authpulse_contract.codec import from_builtins, to_builtins
from authpulse_contract.connections import OAuthConfig
from authpulse_contract.events import LastRevocation
from authpulse_contract.secret import Secret
from authpulse_refresher.decision.conclude import host_of
from authpulse_refresher.model import Connection, Kept, Tokens
from authpulse_refresher.storage.seal import KeyRing, SealError

_AS_THEY_ARE: Final = (
    "connection_id",
    "kind",
    "name",
    "version",
    "generation",
    "declared_by",
    "needs_reauth",
    "authenticated_by",
    "authenticated_at",
    "last_refreshed_at",
    "due_at",
    "attempt",
    "outcome_unknown",
    "unknown_since",
    "brought_fingerprint",
    "account",
)


class Row(Struct, frozen=True, kw_only=True):
    """A connection as the vault has it. `fault`: why it is not `configured`; it names a column or a member only."""

    connection: Connection
    last_event_id: UUID
    fault: str | None = None


def opened(columns: Mapping[str, Any], ring: KeyRing) -> Row:
    """The row of `vault.connections` joined with `vault.tokens`.

    What cannot be read is left out and `configured` is false: one broken row must not stop the others.
    """
    fault, oauth, client_secret, tokens, kept = None, None, None, None, None
    try:
        oauth = from_builtins(columns["config"], OAuthConfig) if columns["config"] is not None else None
        client_secret = _open(columns, "client_secret", ring)
        tokens = _tokens(columns, ring)
        kept = _kept(columns, ring)
    except (SealError, msgspec.ValidationError) as failure:
        fault = str(failure)
    revocation = columns["last_revocation"]
    connection = Connection(
        **{name: columns[name] for name in _AS_THEY_ARE},
        removed=columns["removed_at"] is not None,
        oauth=oauth,
        client_secret=client_secret,
        configured=fault is None,
        tokens=tokens,
        kept=kept,
        last_revocation=None if revocation is None else from_builtins(revocation, LastRevocation),
    )
    return Row(connection=connection, last_event_id=columns["last_event_id"], fault=fault)


def connection_columns(connection: Connection, ring: KeyRing) -> dict[str, Any]:
    """The columns of `vault.connections`, but for `last_event_id` and `removed_at`."""
    oauth, secret, revocation = connection.oauth, connection.client_secret, connection.last_revocation
    return {name: getattr(connection, name) for name in _AS_THEY_ARE} | {
        "config": None if oauth is None else Jsonb(to_builtins(oauth)),
        "idp_host": host_of(connection),
        "client_secret": _seal(secret, connection.connection_id, "client_secret", ring),
        "last_revocation": None if revocation is None else Jsonb(to_builtins(revocation)),
    }


def token_columns(connection_id: UUID, tokens: Tokens, ring: KeyRing) -> dict[str, Any]:
    """The columns of `vault.tokens`."""
    refresh_token = tokens.refresh_token
    return {
        "connection_id": connection_id,
        "access_token": _seal(tokens.access_token, connection_id, "access_token", ring),
        "refresh_token": _seal(refresh_token, connection_id, "refresh_token", ring),
        "refresh_token_hash": None if refresh_token is None else ring.fingerprint(refresh_token),
        "expires_at": tokens.expires_at,
        "refresh_expires_at": tokens.refresh_expires_at,
        "scope": tokens.scope,
        "lifetime": tokens.lifetime,
        "refresh_lifetime": tokens.refresh_lifetime,
    }


def kept_columns(connection_id: UUID, kept: Kept, ring: KeyRing) -> dict[str, Any]:
    """The columns of `vault.kept_tokens`."""
    return {
        "connection_id": connection_id,
        "kept_refresh_token": _seal(kept.refresh_token, connection_id, "kept_refresh_token", ring),
        "kept_refresh_expires_at": kept.refresh_expires_at,
        "kept_until": kept.until,
    }


def _seal(secret: Secret | None, row: UUID, column: str, ring: KeyRing) -> bytes | None:
    return None if secret is None else ring.seal(secret, row, column)


def _open(columns: Mapping[str, Any], column: str, ring: KeyRing) -> Secret | None:
    sealed = columns[column]
    return None if sealed is None else ring.open(sealed, columns["connection_id"], column)


def _tokens(columns: Mapping[str, Any], ring: KeyRing) -> Tokens | None:
    if not columns["has_tokens"]:
        return None
    return Tokens(
        access_token=_open(columns, "access_token", ring),
        refresh_token=_open(columns, "refresh_token", ring),
        expires_at=columns["expires_at"],
        refresh_expires_at=columns["refresh_expires_at"],
        scope=columns["scope"],
        lifetime=columns["lifetime"],
        refresh_lifetime=columns["refresh_lifetime"],
    )


def _kept(columns: Mapping[str, Any], ring: KeyRing) -> Kept | None:
    try:
        refresh_token = _open(columns, "kept_refresh_token", ring)
    except SealError:
        # One can do without it, unlike the rest of the row.
        return None
    if refresh_token is None:
        return None
    return Kept(
        refresh_token=refresh_token, until=columns["kept_until"], refresh_expires_at=columns["kept_refresh_expires_at"]
    )
