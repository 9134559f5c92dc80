"""Who signed in, as an ID token in the token answer says (OpenID Connect Core 1.0, 3.1.3.7)."""

import json
from base64 import urlsafe_b64decode
from datetime import datetime
from typing import Any, Final, Literal

from msgspec import Struct

from authpulse_refresher.model import Answer, NoAnswer
from authpulse_refresher.verdict.read import read_members

_LEEWAY: Final = 300.0
"""Seconds that the IdP's clock may be behind ours."""
_PARTS: Final = 3


class Account(Struct, frozen=True, kw_only=True):
    """Somebody at an IdP; `subject` is unique at the `issuer` and never given to another."""

    issuer: str
    subject: str


def account_of(
    answer: Answer | NoAnswer, *, client_id: str, issuer: str | None, now: datetime
) -> Account | Literal["bad"] | None:
    """The account; None: not disclosed; "bad": the ID token is for another client, from another issuer or over.

    Its signature is not looked at: it comes straight from the token endpoint over TLS, which 3.1.3.7 (6) lets stand in.
    `issuer` None: not known.
    """
    members = read_members(answer) if isinstance(answer, Answer) else None
    claims = _claims((members or {}).get("id_token"))
    if claims is None:
        return None
    said, subject, end = claims.get("iss"), claims.get("sub"), claims.get("exp")
    if not isinstance(said, str) or not isinstance(subject, str) or not subject:
        return "bad"
    if issuer is not None and said != issuer:
        return "bad"
    if not _is_for(claims, client_id):
        return "bad"
    if isinstance(end, bool) or not isinstance(end, int | float) or end + _LEEWAY <= now.timestamp():
        return "bad"
    return Account(issuer=said, subject=subject)


def _is_for(claims: dict[str, Any], client_id: str) -> bool:
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    return client_id in audiences and claims.get("azp", client_id) == client_id


def _claims(token: object) -> dict[str, Any] | None:
    """The claims of a JWS in compact form; None: it is none, such as an encrypted one."""
    parts = token.split(".") if isinstance(token, str) else []
    if len(parts) != _PARTS:
        return None
    try:
        claims = json.loads(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return None
    return claims if isinstance(claims, dict) else None
