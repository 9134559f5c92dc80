"""API keys: known by their hashes only, each with a name and a role. Pure."""

from hashlib import sha256
from typing import Final, get_args

from authpulse_health_api.admission.principal import Principal, Role

PREFIX: Final = "apk_"
"""So that a key which got into a log or a commit is found by those who look for such."""
ACTOR: Final = "key:"

_HEX: Final = 64


class KeysError(Exception):
    """A line cannot be read; the message says which, and never what is in it."""


def digest(key: str) -> str:
    """What is kept of a key. A plain hash is enough, since keys are 256 random bits that nobody can try out."""
    return sha256(key.encode(errors="replace")).hexdigest()


def line(name: str, role: Role, key: str) -> str:
    """The line to keep for `key`: `NAME:ROLE:SHA-256 in hex`."""
    return f"{name}:{role}:{digest(key)}"


def read_keys(text: str) -> dict[str, Principal]:
    """The keys in `text`, by digest: one a line, or with commas; empty lines and those with # are passed over.

    Raises `KeysError`.
    """
    keys: dict[str, Principal] = {}
    names: set[str] = set()
    lines = [one.strip() for one in text.replace(",", "\n").splitlines()]
    for number, one in enumerate(lines, start=1):
        if not one or one.startswith("#"):
            continue
        name, role, hashed = _members(one, number)
        if name in names or hashed in keys:
            raise KeysError(f"line {number} repeats a name or a key")
        names.add(name)
        keys[hashed] = Principal(name=f"{ACTOR}{name}", role=role)
    return keys


def _members(one: str, number: int) -> tuple[str, Role, str]:
    name, _, rest = one.partition(":")
    role, _, hashed = rest.partition(":")
    hashed = hashed.lower()
    if not name or not name.isprintable() or len(hashed) != _HEX or set(hashed) - set("0123456789abcdef"):
        raise KeysError(f"line {number} is not NAME:ROLE:SHA256")
    for known in get_args(Role):
        if role == known:
            return name, known, hashed
    raise KeysError(f"line {number} has neither the role viewer nor admin")
