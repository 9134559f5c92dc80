"""Content codings of an answer (RFC 9110 12.5.3), negotiated and applied. Pure."""

import gzip
from collections.abc import Callable
from typing import Final, Literal

from backports import zstd

Coding = Literal["identity", "gzip", "zstd"]

WORTHWHILE: Final = 1024
"""Bytes below which an answer is not made smaller."""
_GZIP_LEVEL: Final = 1  # 5 makes the rows a tenth smaller and takes three times as long
_ZSTD_LEVEL: Final = 1

_PACK: Final[dict[Coding, Callable[[bytes], bytes]]] = {
    "identity": lambda body: body,
    "gzip": lambda body: gzip.compress(body, _GZIP_LEVEL, mtime=0),
    "zstd": lambda body: zstd.compress(body, _ZSTD_LEVEL),
}


def pack(body: bytes, coding: Coding) -> bytes:
    """`body` in `coding`; the same bytes each time."""
    return _PACK[coding](body)


def choose(accept_encoding: str | None) -> Coding:
    """The best coding that the client takes: of those it prefers equally, zstd, then gzip."""
    accepted = _weights(accept_encoding or "")
    others = accepted.get("*", 0.0)
    best: Coding = "identity"
    weight = 0.0
    for coding in ("zstd", "gzip"):
        if accepted.get(coding, others) > weight:
            best, weight = coding, accepted.get(coding, others)
    return best if weight >= accepted.get("identity", 0.0) else "identity"


def _weights(header: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    for member in header.split(","):
        name, _, parameters = member.partition(";")
        if name.strip():
            weights[name.strip().lower()] = _weight(parameters)
    return weights


def _weight(parameters: str) -> float:
    """The `q` among the parameters; what cannot be read counts as 0, since the plain body is always right."""
    name, _, value = parameters.replace(" ", "").partition("=")
    if not name:
        return 1.0
    try:
        return min(1.0, max(0.0, float(value))) if name.lower() == "q" else 0.0
    except ValueError:
        return 0.0
