"""What is sent to a token endpoint: the grant and the client's proof of who it is (RFC 6749 2.3.1, 4.4.2, 6)."""

import base64
import secrets
import time
from functools import lru_cache
from typing import Final, assert_never
from urllib.parse import quote_plus, urlencode

import httpx

from authpulse_contract.connections import OAuthConfig
from authpulse_contract.secret import Secret
from authpulse_refresher.model import Tokens
from authpulse_refresher.provider.client_assertion import client_assertion

_JWT_BEARER: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# A content coding can blow a small body up; nothing in a token answer is worth that.
_HEADERS: Final = {
    "accept": "application/json",
    "accept-encoding": "identity",
    "content-type": "application/x-www-form-urlencoded",
    "user-agent": "authpulse",
}


# More token endpoints than one refresher has to do with; to parse a URL for each POST would cost as much as its form.
_address = lru_cache(maxsize=4096)(httpx.URL)


def refresh_request(oauth: OAuthConfig, client_secret: Secret | None, tokens: Tokens | None) -> httpx.Request:
    """The one POST that gets a new access token. Raises `httpx.InvalidURL`.

    A refresh asks for no scope, which means the scope as granted; asking for more would be refused.
    """
    form = _grant(oauth, tokens)
    headers, proof = authenticate(oauth, client_secret)
    return _post(oauth.token_url, headers, _encoded(oauth, form | proof))


def code_request(
    oauth: OAuthConfig, client_secret: Secret | None, code: Secret, redirect_uri: str, verifier: Secret
) -> httpx.Request:
    """The one POST that exchanges a code (RFC 6749 4.1.3, RFC 7636 4.5). Raises `httpx.InvalidURL`."""
    form = {
        "grant_type": "authorization_code",
        "code": code.reveal(),
        "redirect_uri": redirect_uri,
        "code_verifier": verifier.reveal(),
    }
    headers, proof = authenticate(oauth, client_secret)
    return _post(oauth.token_url, headers, _encoded(oauth, form | proof))


def _post(url: str, headers: dict[str, str], body: bytes) -> httpx.Request:
    # With `content` httpx would look through all headers for those that the transport adds by itself.
    request = httpx.Request("POST", _address(url), headers=headers, stream=httpx.ByteStream(body))
    request.read()
    return request


def _encoded(oauth: OAuthConfig, form: dict[str, str]) -> bytes:
    resource = {"resource": oauth.resource} if oauth.resource else {}
    return urlencode(oauth.token_params | resource | form, doseq=True).encode()


def revocation_request(
    endpoint: str, oauth: OAuthConfig, client_secret: Secret | None, token: Secret, hint: str
) -> httpx.Request:
    """The POST that revokes a token (RFC 7009 2.1); `hint` is which kind of token it is. Raises `httpx.InvalidURL`."""
    headers, proof = authenticate(oauth, client_secret)
    return _post(endpoint, headers, urlencode({"token": token.reveal(), "token_type_hint": hint} | proof).encode())


def authenticate(oauth: OAuthConfig, client_secret: Secret | None) -> tuple[dict[str, str], dict[str, str]]:
    """Headers and form members of every request to the token endpoint, so that a wrong choice shows at once."""
    secret = "" if client_secret is None else client_secret.reveal()
    match oauth.client_auth:
        case "basic":
            return _HEADERS | _basic(quote_plus(oauth.client_id), quote_plus(secret)), {}
        case "basic_raw":
            return _HEADERS | _basic(oauth.client_id, secret), {}
        case "post":
            return _HEADERS, {"client_id": oauth.client_id, "client_secret": secret}
        case "none":
            return _HEADERS, {"client_id": oauth.client_id}
        case "private_key_jwt":
            proof = client_assertion(oauth, secret, now=time.time(), jti=secrets.token_urlsafe(16))
            signed = {"client_assertion_type": _JWT_BEARER, "client_assertion": proof}
            return _HEADERS, {"client_id": oauth.client_id} | signed
        case _:
            assert_never(oauth.client_auth)


def _grant(oauth: OAuthConfig, tokens: Tokens | None) -> dict[str, str]:
    match oauth.grant:
        case "authorization_code":
            refresh_token = tokens.refresh_token if tokens else None
            return {
                "grant_type": "refresh_token",
                "refresh_token": refresh_token.reveal() if refresh_token else "",
            }
        case "client_credentials":
            scope = {"scope": " ".join(oauth.scopes)} if oauth.scopes else {}
            return {"grant_type": "client_credentials"} | scope
        case _:
            assert_never(oauth.grant)


def _basic(user: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}
