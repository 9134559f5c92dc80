"""Connections as tests declare them, with defaults."""

from typing import Any

from authpulse_contract.connections import BroughtToken, Declaration, OAuthConfig
from authpulse_contract.secret import Secret
from support.idp import Client

DUE_NOW: float = 0.0
NOT_SOON: float = 86_400.0


def oauth(client: Client, name: str, *, token: BroughtToken | None = None, **members: Any) -> Declaration:
    """`api/<name>` at `client`'s endpoint; `members` are those of `OAuthConfig`."""
    settings: dict[str, Any] = {
        "grant": "authorization_code",
        "token_url": client.token_url,
        "client_id": client.client_id,
        "client_auth": client.auth,
        **members,
    }
    secret = Secret(client.secret)
    return Declaration(kind="api", name=name, oauth=OAuthConfig(**settings), client_secret=secret, token=token)


def brought(
    client: Client, *, expires_in: float | None = DUE_NOW, refresh_expires_in: float | None = None
) -> BroughtToken:
    """A grant that `client` has just issued, its access token ending in `expires_in` seconds."""
    return BroughtToken(
        refresh_token=Secret(client.issue()),
        access_token=Secret(client.make_token("at")),
        expires_in=expires_in,
        refresh_expires_in=refresh_expires_in,
    )
