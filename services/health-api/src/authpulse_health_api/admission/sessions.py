"""The value of the session cookie: who signed in, signed with a key made from the administrator's token. Pure."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

import msgspec

from authpulse_contract.codec import from_json, to_json
from authpulse_contract.secret import Secret
from authpulse_health_api.admission.principal import Principal

SESSION_SECONDS: Final = 12 * 3600


def session_of(principal: Principal, now: float) -> Principal:
    """`principal` as a session has them: no longer than `SESSION_SECONDS` from `now` (Unix seconds)."""
    longest = int(now) + SESSION_SECONDS
    expires_at = longest if principal.expires_at is None else min(longest, principal.expires_at)
    return Principal(name=principal.name, role=principal.role, expires_at=expires_at)


def write_session(session: Principal, token: Secret) -> str:
    """The cookie value that says so. A new token ends all sessions."""
    body = urlsafe_b64encode(to_json(session)).decode()
    return f"{body}.{_sign(body, token)}"


def read_session(cookie: str, token: Secret, now: float) -> Principal | None:
    """Who signed in; None where `cookie` did not come from `write_session` with this token, or has run out."""
    body, _, signature = cookie.partition(".")
    if not hmac.compare_digest(_sign(body, token).encode(), signature.encode(errors="replace")):
        return None
    try:
        session = from_json(urlsafe_b64decode(body), Principal)
    except (ValueError, msgspec.MsgspecError):
        return None
    return session if session.expires_at is not None and now < session.expires_at else None


def _sign(body: str, token: Secret) -> str:
    key = hmac.digest(token.reveal().encode(), b"authpulse session", "sha256")
    return hmac.digest(key, body.encode(errors="replace"), "sha256").hex()
