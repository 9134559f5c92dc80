"""What is wrong with a declaration: asked by the command before it sends one, and by the refresher as the authority."""

from collections.abc import Iterator
from itertools import chain
from math import isfinite
from typing import Final
from unicodedata import category

from msgspec import Struct

from authpulse_contract.connections import BroughtToken, Declaration, OAuthConfig
from authpulse_contract.endpoint import endpoint_fault
from authpulse_contract.events import NAME_LIMIT
from authpulse_contract.secret import Secret

LONGEST: Final = 10 * 365.25 * 86_400.0
"""Ten years in seconds: a longer lifetime is a wrong unit."""
MOST_CODES: Final = 50
MOST_SCOPES: Final = 200
MOST_PARAMS: Final = 50
TEXT_LIMIT: Final = 2000
CODE_LIMIT: Final = 200
_AUTHORIZATION_RESERVED: Final = frozenset(
    {"response_type", "client_id", "redirect_uri", "state", "code_challenge", "code_challenge_method"}
)
_TOKEN_RESERVED: Final = frozenset(
    {"grant_type", "refresh_token", "code", "code_verifier", "redirect_uri", "client_id", "client_secret"}
    | {"client_assertion", "client_assertion_type"}
)
_UNPRINTABLE: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})


class Problem(Struct, frozen=True, kw_only=True):
    """One fault: `member` as written in a connections file (`token.expires_in`), `detail` what it should be."""

    member: str
    detail: str


def problems(declaration: Declaration) -> list[Problem]:
    """All that is wrong with `declaration`; no value is repeated, since it may be a secret. Empty: it is acceptable."""
    faults = chain(
        _name("kind", declaration.kind),
        _name("name", declaration.name),
        _without_oauth(declaration) if declaration.oauth is None else _with_oauth(declaration, declaration.oauth),
    )
    return [Problem(member=member, detail=detail) for member, detail in faults]


_Faults = Iterator[tuple[str, str]]


def _name(member: str, text: str) -> _Faults:
    if not 1 <= len(text) <= NAME_LIMIT:
        yield member, f"must have 1 to {NAME_LIMIT} characters"
    if text != text.strip() or not _is_printable(text):
        yield member, "must not begin or end with a blank or hold control characters"
    if text in (".", ".."):
        yield member, "must not be . or .., which no URL path can hold"


def _without_oauth(declaration: Declaration) -> _Faults:
    if declaration.client_secret is not None:
        yield "client_secret", 'needs a grant: without one ("none") there is no client'
    if declaration.client_key is not None:
        yield "client_key", 'needs a grant: without one ("none") there is no client'
    if declaration.token is not None:
        yield "token", 'needs a grant: without one ("none") there are no tokens'


def _with_oauth(declaration: Declaration, oauth: OAuthConfig) -> _Faults:
    yield from _endpoints(oauth)
    yield from _client(oauth, declaration.client_secret)
    yield from _client_key(oauth, declaration.client_key)
    yield from _files(oauth)
    yield from _lists(oauth)
    yield from _params("authorization_params", oauth.authorization_params, _AUTHORIZATION_RESERVED)
    yield from _params("token_params", oauth.token_params, _TOKEN_RESERVED)
    yield from _lifetime("refresh_max_lifetime", oauth.refresh_max_lifetime, shortest=1)
    yield from _lifetime("default_lifetime", oauth.default_lifetime, shortest=1)
    if declaration.token is not None:
        yield from _token(declaration.token, oauth)


def _endpoints(oauth: OAuthConfig) -> _Faults:
    if not oauth.token_url and oauth.issuer is None:
        yield "token_url", "is needed, or an issuer that publishes it"
    for member, url in (
        ("token_url", oauth.token_url or None),
        ("authorization_url", oauth.authorization_url),
        ("revocation_url", oauth.revocation_url),
        ("issuer", oauth.issuer),
    ):
        fault = None if url is None else endpoint_fault(url, allow_http=oauth.allow_http)
        if fault is not None:
            yield member, fault
    if oauth.issuer is not None and "?" in oauth.issuer:
        yield "issuer", "must not hold a query (RFC 8414 2)"


def _client(oauth: OAuthConfig, secret: Secret | None) -> _Faults:
    if not (0 < len(oauth.client_id) <= TEXT_LIMIT and _is_printable(oauth.client_id)):
        yield "client_id", f"must have 1 to {TEXT_LIMIT} characters and no control characters"
    if oauth.client_auth == "none":
        if secret is not None:
            yield "client_secret", 'would not be sent with client_auth "none"'
        if oauth.grant == "client_credentials" and oauth.client_cert_file is None:
            yield (
                "client_auth",
                'must not be "none" with client_credentials (RFC 6749 4.4) unless with client_cert_file',
            )
    elif oauth.client_auth == "private_key_jwt":
        if secret is not None:
            yield "client_secret", 'would not be sent with client_auth "private_key_jwt"; its key is client_key'
    elif secret is None or not secret.reveal():
        yield "client_secret", f'is needed for client_auth "{oauth.client_auth}"'


def _client_key(oauth: OAuthConfig, key: Secret | None) -> _Faults:
    if oauth.client_auth == "private_key_jwt":
        if key is None or not key.reveal():
            yield "client_key", 'is needed for client_auth "private_key_jwt"'
        return
    if key is not None:
        yield "client_key", 'is for client_auth "private_key_jwt"; the key of client_cert_file is client_key_file'
    for member in ("client_key_id", "client_key_alg", "client_assertion_audience"):
        if getattr(oauth, member) is not None:
            yield member, 'is for client_auth "private_key_jwt"'


def _files(oauth: OAuthConfig) -> _Faults:
    for member in ("ca_file", "client_cert_file", "client_key_file"):
        path = getattr(oauth, member)
        if path is not None and not (path.startswith("/") and _is_printable(path)):
            yield member, "must be an absolute path"
    if oauth.client_key_file is not None and oauth.client_cert_file is None:
        yield "client_key_file", "needs its certificate in client_cert_file"


def _lists(oauth: OAuthConfig) -> _Faults:
    if len(oauth.scopes) > MOST_SCOPES or not all(_is_word(scope) for scope in oauth.scopes):
        yield "scopes", f"must be at most {MOST_SCOPES} words without blanks (RFC 6749 3.3)"
    if len(oauth.resource) > MOST_SCOPES or not all(_is_word(each) and "#" not in each for each in oauth.resource):
        yield "resource", f"must be at most {MOST_SCOPES} URIs without fragment (RFC 8707 2)"
    codes = oauth.terminal_codes
    if len(codes) > MOST_CODES or not all(0 < len(code.strip()) == len(code) <= CODE_LIMIT for code in codes):
        yield "terminal_codes", f"must be at most {MOST_CODES} codes of 1 to {CODE_LIMIT} characters"


def _params(member: str, params: dict[str, str], reserved: frozenset[str]) -> _Faults:
    if len(params) > MOST_PARAMS or not all(map(_is_word, params)):
        yield member, f"must be at most {MOST_PARAMS} parameters whose names hold no blanks"
    for name in sorted(reserved.intersection(params)):
        yield f"{member}.{name}", "is set by authpulse itself"


def _token(token: BroughtToken, oauth: OAuthConfig) -> _Faults:
    if token.refresh_token is None and token.access_token is None:
        yield "token", "must have a refresh_token or an access_token"
    for member, secret in (("token.refresh_token", token.refresh_token), ("token.access_token", token.access_token)):
        if secret is not None and not _is_word(secret.reveal()):
            yield member, "must not be empty or hold blanks or control characters (RFC 6749 A.12)"
    if token.refresh_token is not None and oauth.grant == "client_credentials":
        yield "token.refresh_token", "is never used with client_credentials (RFC 6749 4.4.3)"
    yield from _lifetime("token.expires_in", token.expires_in, shortest=0)
    yield from _lifetime("token.refresh_expires_in", token.refresh_expires_in, shortest=0)


def _lifetime(member: str, seconds: float | None, *, shortest: float) -> _Faults:
    if seconds is not None and not (isfinite(seconds) and shortest <= seconds <= LONGEST):
        yield member, f"must be from {shortest:g} s to 10 years"


def _is_word(text: str) -> bool:
    return bool(text) and len(text.split()) == 1 and text == text.strip() and _is_printable(text)


def _is_printable(text: str) -> bool:
    return not any(category(char) in _UNPRINTABLE for char in text)
