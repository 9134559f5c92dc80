"""Connections, built with defaults, for tests of the refresher's pure modules."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import structs

from authpulse_contract.connections import Declaration, OAuthConfig
from authpulse_contract.secret import Secret
from authpulse_refresher.model import Connection, Tokens

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
CONNECTION_ID = UUID(int=1)
EVENT_ID = UUID(int=2)
CONFIG = OAuthConfig(grant="authorization_code", token_url="https://idp.example/token", client_id="authpulse")
MACHINE = structs.replace(CONFIG, grant="client_credentials")
CLIENT_SECRET = Secret("client-secret")

TOKENS = Tokens(
    access_token=Secret("at-old"),
    refresh_token=Secret("rt-old"),
    expires_at=NOW + timedelta(minutes=4),
    refresh_expires_at=NOW + timedelta(days=30),
    scope="read",
    lifetime=timedelta(hours=1),
    refresh_lifetime=timedelta(days=60),
)


def after(**span: float) -> datetime:
    """The moment this long after NOW; negative: before."""
    return NOW + timedelta(**span)


def connection(**members: Any) -> Connection:
    """A connected `api/crm` whose access token is about to end."""
    built = Connection(
        connection_id=CONNECTION_ID,
        kind="api",
        name="crm",
        version=7,
        generation=3,
        declared_by="file",
        oauth=CONFIG,
        client_secret=CLIENT_SECRET,
        tokens=TOKENS,
        authenticated_by="ada",
        authenticated_at=after(days=-30),
        last_refreshed_at=after(hours=-1),
        due_at=after(minutes=-1),
    )
    return structs.replace(built, **members)


def machine(**members: Any) -> Connection:
    """A client_credentials connection; it never has a refresh token."""
    tokens = structs.replace(TOKENS, refresh_token=None, refresh_expires_at=None, refresh_lifetime=None)
    return connection(**{"oauth": MACHINE, "tokens": tokens, **members})


def tokens(**members: Any) -> Tokens:
    """TOKENS with some members changed."""
    return structs.replace(TOKENS, **members)


def declaration(**config: Any) -> Declaration:
    """What `connection()` was declared as, with some of its configuration changed."""
    return Declaration(kind="api", name="crm", oauth=structs.replace(CONFIG, **config), client_secret=CLIENT_SECRET)
