"""Reads a service's settings from the environment, once, into one Struct (12-factor, III)."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar, get_args, get_origin

import msgspec

from authpulse_contract.secret import Secret

T = TypeVar("T", bound=msgspec.Struct)


class SettingsError(Exception):
    """A variable is missing or unusable; the message names it and says what it should be."""


@dataclass(frozen=True)
class Usable:
    """Stands in the `Annotated` of a member: whether a text can be used at all. The text is not repeated to anybody."""

    test: Callable[[str], bool]


def read_settings(kind: type[T], environ: Mapping[str, str] = os.environ) -> T:
    """The settings Struct `kind`, member `database_url` from `AUTHPULSE_DATABASE_URL` and so on.

    Each may instead be given as `AUTHPULSE_..._FILE`, the path of a file with the value (Docker and Kubernetes
    secrets); the docstring of `kind` says what each member should be. Raises `SettingsError`.
    """
    found: dict[str, object] = {}
    for member in msgspec.structs.fields(kind):
        variable = f"AUTHPULSE_{member.name.upper()}"
        text = text_of(variable, environ)
        if text is None:
            if member.required:
                raise SettingsError(f"{variable} is not set. {_meaning(member.type)} Set it, or {variable}_FILE.")
            continue
        found[member.name] = _convert(variable, text, member.type)
    return kind(**found)


def text_of(variable: str, environ: Mapping[str, str]) -> str | None:
    """The text of `variable`, or of the file in `<variable>_FILE`; None: neither is set. Raises `SettingsError`."""
    direct, path = environ.get(variable), environ.get(f"{variable}_FILE")
    if direct is not None and path is not None:
        raise SettingsError(f"{variable} and {variable}_FILE are both set. Set one of them.")
    if path is None:
        return direct
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as failure:
        raise SettingsError(f"{variable}_FILE names {path!r}, which cannot be read: {failure}") from None


def _convert(variable: str, text: str, kind: object) -> object:
    bare, *notes = get_args(kind) if get_origin(kind) is Annotated else (kind,)
    if not all(note.test(text) for note in notes if isinstance(note, Usable)):
        raise SettingsError(f"{variable} cannot be used. {_meaning(kind)}")
    try:
        if bare is Secret or bare == Secret | None:
            return Secret(text)
        return msgspec.convert(text, type=kind, strict=False)
    except msgspec.ValidationError as failure:
        raise SettingsError(f"{variable} cannot be used: {failure}. {_meaning(kind)}") from None


def _meaning(kind: object) -> str:
    info = msgspec.inspect.type_info(kind) if kind is not Secret else None
    described = info.extra_json_schema if isinstance(info, msgspec.inspect.Metadata) else None
    text = (described or {}).get("description")
    return str(text) if text else "See docs/settings.md."
