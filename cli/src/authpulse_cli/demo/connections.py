"""The connections of the demonstration."""

from typing import Final

from authpulse_cli.demo.credentials import client_secret, refresh_token
from authpulse_cli.demo.fates import FATES
from authpulse_contract.connections import BroughtToken, Declaration, OAuthConfig
from authpulse_contract.secret import Secret

KIND: Final = "demo"
"""All of them and no others are of this kind, so that a later run can take them away."""

_WITHOUT_GRANT: Final = ("never-connected", "healthy-machine")


def demo_connections(url: str, key: str, serial: int, *, browsers_url: str | None = None) -> tuple[Declaration, ...]:
    """One connection for each fate at the IdP at `url`, and one without OAuth.

    `serial` has to rise with each run: it makes the grants that they bring along new ones. `browsers_url`: where
    browsers reach the IdP, if not at `url`.
    """
    without_oauth = Declaration(kind=KIND, name="no-oauth")
    return (*(_connection((url, browsers_url or url), key, client_id, serial) for client_id in FATES), without_oauth)


def _connection(urls: tuple[str, str], key: str, client_id: str, serial: int) -> Declaration:
    url, browsers_url = urls
    machine = client_id == "healthy-machine"
    return Declaration(
        kind=KIND,
        name=client_id,
        oauth=OAuthConfig(
            grant="client_credentials" if machine else "authorization_code",
            token_url=f"{url}/token",
            authorization_url=None if machine else f"{browsers_url}/authorize",
            client_id=client_id,
            scopes=("demo",),
            default_lifetime=20.0,
            allow_http=True,  # in Compose it has a name of its own, and no certificate
        ),
        client_secret=Secret(client_secret(key, client_id)),
        token=None if client_id in _WITHOUT_GRANT else _grant(key, client_id, serial),
    )


def _grant(key: str, client_id: str, serial: int) -> BroughtToken:
    access_token = Secret(f"demo-at.{serial}")
    if not FATES[client_id].refreshable:
        return BroughtToken(access_token=access_token, expires_in=float(FATES[client_id].lifetime))
    brought = Secret(refresh_token(key, client_id, serial))
    return BroughtToken(access_token=access_token, refresh_token=brought, expires_in=0.0)
