"""Everybody who may stand before the health-api: strangers, keys, the issuer's people, browsers with a session."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx

from authpulse_health_api.admission.keys import line
from support.issuer import Issuer
from support.system import ADMIN_TOKEN

VIEWER_KEY, ADMIN_KEY = "apk_a-viewer", "apk_an-admin"
SESSION = "/api/v1/session"


def settings(issuer: Issuer) -> dict[str, str]:
    """What lets them in, or not. Many present what is not good, all from one address."""
    return {
        "AUTHPULSE_API_KEYS": f"{line('ci', 'viewer', VIEWER_KEY)},{line('ops', 'admin', ADMIN_KEY)}",
        "AUTHPULSE_OIDC_ISSUER": issuer.url,
        "AUTHPULSE_OIDC_AUDIENCE": "authpulse",
        "AUTHPULSE_FAILED_SIGN_INS": "1000000",
    }


@contextmanager
def everybody(url: str, issuer: Issuer) -> Iterator[dict[str, httpx.Client]]:
    """A client for each of them, by who it is."""
    tokens = {
        "stranger": None,
        "wrong token": "guess",
        "viewer key": VIEWER_KEY,
        "admin key": ADMIN_KEY,
        "OIDC viewer": issuer.token(roles=["authpulse-viewer"]),
        "OIDC admin": issuer.token(),
        "OIDC nobody": issuer.token(roles=["else"]),
    }
    sessions = {
        "viewer's page": (VIEWER_KEY, url),
        "admin's page": (ADMIN_TOKEN, url),
        "foreign page": (ADMIN_TOKEN, "https://evil.example"),
        "no page": (ADMIN_TOKEN, None),
    }
    with ExitStack() as clients:
        made: dict[str, httpx.Client] = {}
        for who, token in tokens.items():
            headers = {} if token is None else {"Authorization": f"Bearer {token}"}
            made[who] = clients.enter_context(httpx.Client(base_url=url, headers=headers, timeout=30))
        for who, (token, origin) in sessions.items():
            made[who] = clients.enter_context(httpx.Client(base_url=url, timeout=30))
            assert made[who].post(SESSION, json={"token": token}).status_code == 204
            made[who].headers.update({} if origin is None else {"Origin": origin})
        yield made
