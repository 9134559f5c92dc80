"""Proof Key for Code Exchange (RFC 7636) with S256, the only method that is used."""

import base64
from hashlib import sha256
from secrets import token_urlsafe
from typing import Final

from authpulse_contract.secret import Secret

METHOD: Final = "S256"
_BYTES: Final = 64
"""Random bytes of a verifier: 86 characters, of the 43 to 128 that RFC 7636 4.1 allows."""


def new_verifier() -> Secret:
    """A verifier that nobody can guess."""
    return Secret(token_urlsafe(_BYTES))


def challenge(verifier: Secret) -> str:
    """The challenge for `verifier` (RFC 7636 4.2)."""
    return base64.urlsafe_b64encode(sha256(verifier.reveal().encode()).digest()).rstrip(b"=").decode()
