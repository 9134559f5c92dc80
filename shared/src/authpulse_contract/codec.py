"""JSON in and out for everything that crosses a border; the one place where a `Secret` is written down."""

from typing import Any, TypeVar

import msgspec

from authpulse_contract.secret import Secret

T = TypeVar("T")


def _encode_custom(value: Any) -> Any:
    if isinstance(value, Secret):
        return value.reveal()
    raise NotImplementedError(f"{type(value).__name__} does not cross a border")


def _decode_custom(kind: type, value: Any) -> Any:
    if kind is Secret and isinstance(value, str):
        return Secret(value)
    raise ValueError(f"expected {kind.__name__}")


def to_json(value: object) -> bytes:
    """The compact UTF-8 JSON of a contract Struct."""
    return msgspec.json.encode(value, enc_hook=_encode_custom)


def from_json(data: bytes | str, kind: type[T]) -> T:
    """The Struct in `data`; unknown members are ignored.

    Raises `msgspec.ValidationError` (naming the member) or `msgspec.DecodeError` (not JSON).
    """
    return msgspec.json.decode(data, type=kind, dec_hook=_decode_custom)


def from_builtins(value: object, kind: type[T]) -> T:
    """The Struct in a tree of dicts and lists, as read from TOML or a JSON column.

    Raises `msgspec.ValidationError`, naming the member.
    """
    return msgspec.convert(value, type=kind, dec_hook=_decode_custom)


def to_builtins(value: object) -> Any:
    """The tree of dicts and lists that `to_json` would write."""
    return msgspec.to_builtins(value, enc_hook=_encode_custom)
