"""The tokens in a token answer, wherever it keeps them; a wrong optional member never loses one."""

from typing import Final

from authpulse_contract.secret import Secret
from authpulse_refresher.model import Issued
from authpulse_refresher.verdict.lifetimes import seconds
from authpulse_refresher.verdict.quirks import squeeze
from authpulse_refresher.verdict.read import Members, first_object, folded

_ENVELOPES: Final = ("body", "data", "result", "response", "payload", "token")
_REFRESH_LIVES: Final = ("refreshexpiresin", "refreshtokenexpiresin", "xrefreshtokenexpiresin")


def read_issued(document: Members, *, http_status: int) -> Issued | None:
    """What the answer issues; None: no usable access token in it, nor in an envelope of it."""
    top = folded(document, squeeze)
    for members in (top, *(folded(first_object(top.get(name)), squeeze) for name in _ENVELOPES)):
        access_token = _token(members.get("accesstoken"))
        if access_token is not None:
            lives = (seconds(members.get(name)) for name in _REFRESH_LIVES)
            return Issued(
                access_token=access_token,
                refresh_token=_token(members.get("refreshtoken")),
                expires_in=seconds(members.get("expiresin")),
                refresh_expires_in=next((life for life in lives if life is not None), None),
                scope=_scope(members.get("scope", members.get("scopes"))),
                http_status=http_status,
            )
    return None


def _token(value: object) -> Secret | None:
    # A lone surrogate cannot be sent, and a replacement character stands where the answer was not readable.
    if not isinstance(value, str) or not value.strip() or "\ufffd" in value:
        return None
    return None if any("\ud800" <= char <= "\udfff" for char in value) else Secret(value)


def _scope(value: object) -> str | None:
    if isinstance(value, list):
        value = " ".join(each for each in value if isinstance(each, str))
    return value.strip() or None if isinstance(value, str) else None
