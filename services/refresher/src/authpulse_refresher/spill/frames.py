"""The form of a journal: frames one after another, of which a torn or altered one ends the reading.

Each frame: length of the body and CRC-32 of the rest (4 bytes each, big-endian), kind (1), attempt id (16), body.
"""

import struct
import zlib
from collections.abc import Iterator
from enum import IntEnum
from typing import Final
from uuid import UUID

from msgspec import Struct

_SIZES: Final = struct.Struct(">II")
_HEAD: Final = struct.Struct(">B16s")


class Kind(IntEnum):
    """What a frame says of its attempt."""

    BEGUN = 1
    ANSWERED = 2
    SETTLED = 3


_KINDS: Final = frozenset(Kind)


class Frame(Struct, frozen=True):
    """One thing that happened to an attempt."""

    kind: Kind
    attempt_id: UUID
    body: bytes = b""


def written(frame: Frame) -> bytes:
    """The frame as it stands in a journal."""
    rest = _HEAD.pack(frame.kind, frame.attempt_id.bytes) + frame.body
    return _SIZES.pack(len(frame.body), zlib.crc32(rest)) + rest


def read_frames(data: bytes) -> Iterator[Frame]:
    """The frames in `data`, up to the first one that is not whole. Never raises."""
    at = 0
    while at + _SIZES.size + _HEAD.size <= len(data):
        length, checksum = _SIZES.unpack_from(data, at)
        end = at + _SIZES.size + _HEAD.size + length
        rest = data[at + _SIZES.size : end]
        if end > len(data) or zlib.crc32(rest) != checksum:
            return
        kind, attempt_id = _HEAD.unpack_from(rest)
        if kind not in _KINDS:
            return
        yield Frame(Kind(kind), UUID(bytes=attempt_id), rest[_HEAD.size :])
        at = end
