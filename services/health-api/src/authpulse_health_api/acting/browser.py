"""Binds a sign-in to the browser that began it: a cookie of its own for each, known by the hash of its state."""

from hashlib import sha256
from secrets import token_urlsafe
from typing import Final

from litestar.datastructures import Cookie

from authpulse_contract.secret import Secret
from authpulse_health_api.acting.addresses import CALLBACK

_LIFE: Final = 600
_NAMED_BY: Final = 16
_BYTES: Final = 32


def new_browser() -> Secret:
    """What the browser has to show again."""
    return Secret(token_urlsafe(_BYTES))


def cookie_name(state: Secret) -> str:
    """Each sign-in has its own, so that two tabs do not take it from each other."""
    return f"authpulse_sign_in_{sha256(state.reveal().encode()).hexdigest()[:_NAMED_BY]}"


def binding(state: Secret, browser: Secret, *, secure: bool) -> Cookie:
    """Lax: the browser comes back from another site, by a link and not by a form."""
    return _cookie(state, browser.reveal(), _LIFE, secure=secure)


def unbinding(state: Secret, *, secure: bool) -> Cookie:
    """The sign-in is over."""
    return _cookie(state, "", 0, secure=secure)


def _cookie(state: Secret, value: str, life: int, *, secure: bool) -> Cookie:
    return Cookie(
        key=cookie_name(state),
        value=value,
        max_age=life,
        path=CALLBACK,
        httponly=True,
        samesite="lax",
        secure=secure,
    )
