"""Seals what the vault must not show (AES-256-GCM, NIST SP 800-38D) and recognises secrets without opening them."""

import base64
import binascii
import hmac
import os
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from authpulse_contract.secret import Secret

_FORMAT: Final = 1
_NONCE: Final = 12
_KEY: Final = 32
_ID_LIMIT: Final = 64
_EXPECTED: Final = 'expected "id:key[,id:key...]", the first one active, each key 32 bytes in base64'


class SealError(Exception):
    """A sealed value cannot be opened: its key is not in the ring, it was altered, or it belongs to another row."""


class KeyRingError(ValueError):
    """The text of the key ring cannot be used; the message says why and shows no key."""


class KeyRing:
    """The sealing keys by id; the first one seals, all of them open.

    Sealed form: format (1 byte), length of the key's id (1 byte), the id, nonce (12 bytes), ciphertext and tag.
    """

    def __init__(self, keys: dict[str, bytes]) -> None:
        self._active = next(iter(keys))
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        # Not the sealing key itself: one key, one purpose (NIST SP 800-57 part 1, 5.2).
        self._hash_keys = {key_id: hmac.digest(key, b"authpulse.fingerprint", "sha256") for key_id, key in keys.items()}

    @property
    def active(self) -> str:
        """The id of the key that seals."""
        return self._active

    @property
    def head(self) -> bytes:
        """What every value begins with that is sealed under the active key."""
        return _head(self._active)

    def knows(self, key_id: str) -> bool:
        """Whether what is sealed under this key can be opened."""
        return key_id in self._ciphers

    def seal(self, secret: Secret, row: UUID, column: str) -> bytes:
        """`secret` sealed for one column of one row; it opens nowhere else."""
        return self.seal_bytes(secret.reveal().encode(), row, column)

    def seal_bytes(self, data: bytes, row: UUID, column: str) -> bytes:
        """As `seal`, for what is no text."""
        head, nonce = _head(self._active), os.urandom(_NONCE)
        return head + nonce + self._ciphers[self._active].encrypt(nonce, data, _place(head, row, column))

    def open(self, sealed: bytes, row: UUID, column: str) -> Secret:
        """The secret in `sealed`. Raises `SealError`, which names the key's id and the column, never a value."""
        try:
            return Secret(self.open_bytes(sealed, row, column).decode())
        except UnicodeDecodeError:
            raise SealError(f"{column} of {row} is no text") from None

    def open_bytes(self, sealed: bytes, row: UUID, column: str) -> bytes:
        """As `open`, for what is no text."""
        key_id = _key_id(sealed)
        if key_id is None:
            raise SealError(f"{column} of {row} is not a sealed value")
        if key_id not in self._ciphers:
            raise SealError(f"{column} of {row} is sealed under the key {key_id!r}, which is not in the key ring")
        head = _head(key_id)
        nonce, body = sealed[len(head) : len(head) + _NONCE], sealed[len(head) + _NONCE :]
        try:
            return self._ciphers[key_id].decrypt(nonce, body, _place(head, row, column))
        except (InvalidTag, ValueError):
            raise SealError(f"{column} of {row} does not open with the key {key_id!r}: altered or moved") from None

    def fingerprint(self, secret: Secret, *, like: bytes | None = None) -> bytes:
        """A keyed hash (HMAC-SHA-256): equal secrets are recognised by it, and cannot be guessed from it.

        To compare with a stored one, pass it as `like`: the same key is used, so that it holds across a new active key.
        """
        key_id = _key_id(like) if like else None
        if key_id not in self._hash_keys:
            key_id = self._active
        return _head(key_id) + hmac.digest(self._hash_keys[key_id], secret.reveal().encode(), "sha256")


def read_key_ring(text: Secret) -> KeyRing:
    """The key ring in `id:base64[,id:base64...]`, or one on each line of a file. Raises `KeyRingError`."""
    keys: dict[str, bytes] = {}
    for number, entry in enumerate(text.reveal().strip().replace("\n", ",").split(","), start=1):
        key_id, colon, encoded = entry.strip().partition(":")
        if not colon or not key_id or len(key_id.encode()) > _ID_LIMIT:
            raise KeyRingError(f"entry {number} has no id: {_EXPECTED}")
        if key_id in keys:
            raise KeyRingError(f"the id {key_id!r} is there twice: {_EXPECTED}")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            raise KeyRingError(f"the key {key_id!r} is not base64: {_EXPECTED}") from None
        if len(key) != _KEY:
            raise KeyRingError(f"the key {key_id!r} has {len(key)} bytes: {_EXPECTED}")
        keys[key_id] = key
    return KeyRing(keys)


def _head(key_id: str) -> bytes:
    encoded = key_id.encode()
    return bytes((_FORMAT, len(encoded))) + encoded


def _key_id(sealed: bytes) -> str | None:
    if len(sealed) < 2 or sealed[0] != _FORMAT:  # noqa: PLR2004 -- the two bytes of the head
        return None
    return sealed[2 : 2 + sealed[1]].decode(errors="replace")


def _place(head: bytes, row: UUID, column: str) -> bytes:
    return head + row.bytes + column.encode()
