"""NKeys as `nk -gen` makes them, and what `nsc` signs with them: a private key is its seed."""

import base64
import json
import os
from typing import Any, Final

import nkeys

USER: Final = nkeys.PREFIX_BYTE_USER
ACCOUNT: Final = nkeys.PREFIX_BYTE_ACCOUNT
OPERATOR: Final = nkeys.PREFIX_BYTE_OPERATOR


def new_seed(prefix: int = USER) -> str:
    seed: bytes = nkeys.encode_seed(os.urandom(32), prefix)
    return seed.decode()


def public_key(seed: str) -> str:
    key: bytes = nkeys.from_seed(bytearray(seed.encode())).public_key
    return key.decode()


def signed(issuer_seed: str, subject: str, kind: str, **claims: Any) -> str:
    """A JWT of NATS, version 2: what `issuer_seed` says of the public key `subject`."""
    body = {
        "iss": public_key(issuer_seed),
        "sub": subject,
        "name": kind,
        "iat": 1,
        "jti": subject,
        "nats": {"type": kind, "version": 2, **claims},
    }
    parts = ({"typ": "JWT", "alg": "ed25519-nkey"}, body)
    said = ".".join(_base64(json.dumps(part).encode()) for part in parts)
    signature: bytes = nkeys.from_seed(bytearray(issuer_seed.encode())).sign(said.encode())
    return f"{said}.{_base64(signature)}"


def credentials(jwt: str, seed: str) -> str:
    """The text of a .creds file."""
    return (
        f"-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n"
        f"-----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
    )


def _base64(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()
