"""Reads what a request says of its sender: the bearer token and the origin. Pure."""

import hmac
from hashlib import sha256
from typing import Final

from authpulse_contract.secret import Secret

_BEARER: Final = "bearer "


def is_token(presented: str, token: Secret) -> bool:
    """Whether `presented` is the administrator's token, in a time that tells nothing about it.

    Both are hashed first, so that not even the length shows.
    """
    return hmac.compare_digest(_hash(presented), _hash(token.reveal()))


def bearer(authorization: str | None) -> str | None:
    """The token in an `Authorization` header (RFC 6750 2.1), None where there is none."""
    if authorization is None or not authorization.lower().startswith(_BEARER):
        return None
    return authorization[len(_BEARER) :].strip()


def is_own_origin(origin: str | None, host: str | None, public_origin: str | None) -> bool:
    """Whether a page of ours sent the request (`Origin`, RFC 6454), which browsers say of each unsafe request.

    SameSite takes another port of the same host for the same site; this does not.
    """
    if origin is None:
        return False
    own = {f"http://{host}", f"https://{host}"} if host else set()
    return origin.lower() in {address.lower() for address in own} | {public_origin}


def _hash(text: str) -> bytes:
    return sha256(text.encode(errors="replace")).digest()
