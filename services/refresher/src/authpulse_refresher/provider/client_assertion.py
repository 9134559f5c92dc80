"""Signs the assertion by which a client proves who it is without a shared secret (RFC 7523 2.2 and 3; RFC 7515)."""

import base64
import json
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    SECP384R1,
    SECP521R1,
    EllipticCurvePrivateKey,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from authpulse_contract.connections import OAuthConfig
from authpulse_contract.secret import Secret

LIFE: Final = 120
"""Seconds that an assertion is good for: IdPs want it short, and their clocks may differ from ours."""

_Key = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey
_CURVES: Final[dict[type, tuple[str, HashAlgorithm]]] = {
    SECP256R1: ("ES256", SHA256()),
    SECP384R1: ("ES384", SHA384()),
    SECP521R1: ("ES512", SHA512()),
}
_SHORTEST_RSA: Final = 2048


class _UnusableKeyError(ValueError):
    """The key cannot sign what it should; the message says why and shows nothing of it."""


def key_fault(key: Secret, oauth: OAuthConfig) -> str | None:
    """What is wrong with the private key; None: it can sign."""
    try:
        _algorithm(_loaded(key.reveal(), trusted=False), oauth)
    except _UnusableKeyError as fault:
        return str(fault)
    return None


def client_assertion(oauth: OAuthConfig, key: str, *, now: float, jti: str) -> str:
    """The signed JWT; `now` in seconds since the epoch, `jti` never used before. Raises `ValueError`: unusable key."""
    loaded = _loaded(key, trusted=True)
    algorithm = _algorithm(loaded, oauth)
    header = {"alg": algorithm, "typ": "JWT"} | ({"kid": oauth.client_key_id} if oauth.client_key_id else {})
    claims = {
        "iss": oauth.client_id,
        "sub": oauth.client_id,
        "aud": oauth.client_assertion_audience or oauth.token_url,
        "jti": jti,
        "iat": int(now),
        "exp": int(now) + LIFE,
    }
    signed = b".".join(_base64(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
    return (signed + b"." + _base64(_sign(loaded, algorithm, signed))).decode()


def _loaded(pem: str, *, trusted: bool) -> _Key:
    try:
        # The arithmetic of an RSA key is checked once, when it is declared: it takes tens of milliseconds.
        key = load_pem_private_key(pem.encode(), password=None, unsafe_skip_rsa_key_validation=trusted)
    except TypeError:
        raise _UnusableKeyError("is encrypted: give it without a password") from None
    except (ValueError, UnsupportedAlgorithm):
        raise _UnusableKeyError("is not a private key in PEM (-----BEGIN PRIVATE KEY-----)") from None
    if not isinstance(key, _Key):
        raise _UnusableKeyError("must be an RSA, P-256, P-384, P-521 or Ed25519 key")
    return key


def _algorithm(key: _Key, oauth: OAuthConfig) -> str:
    match key:
        case Ed25519PrivateKey():
            fitting = ["EdDSA"]
        case EllipticCurvePrivateKey():
            fitting = [_CURVES[type(key.curve)][0]] if type(key.curve) in _CURVES else []
        case _:
            fitting = ["RS256", "PS256"] if key.key_size >= _SHORTEST_RSA else []
    if not fitting:
        raise _UnusableKeyError("must be an RSA key of 2048 bits or more, P-256, P-384, P-521 or Ed25519")
    if oauth.client_key_alg not in (None, *fitting):
        raise _UnusableKeyError(f"does not fit client_key_alg: it signs with {' or '.join(fitting)}")
    return oauth.client_key_alg or fitting[0]


def _sign(key: _Key, algorithm: str, data: bytes) -> bytes:
    match key:
        case Ed25519PrivateKey():
            return key.sign(data)
        case EllipticCurvePrivateKey():
            r, s = decode_dss_signature(key.sign(data, ECDSA(_CURVES[type(key.curve)][1])))
            # RFC 7518 3.4: both numbers side by side, each as long as the curve's.
            length = (key.key_size + 7) // 8
            return r.to_bytes(length) + s.to_bytes(length)
        case _ if algorithm == "PS256":
            return key.sign(data, PSS(MGF1(SHA256()), SHA256.digest_size), SHA256())
        case _:
            return key.sign(data, PKCS1v15(), SHA256())


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
