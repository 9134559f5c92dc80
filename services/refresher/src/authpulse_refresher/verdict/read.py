"""Reads the body of a token answer leniently: the members that it holds, under whatever content type and encoding."""

import json
import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qsl

from authpulse_refresher.model import Answer

Members = dict[str, Any]

_ANTI_HIJACK: Final = re.compile(r"(?:\)\]\}'?,?|while\s*\(1\);|for\s*\(;;\);)\s*")
_TRAILING_COMMA: Final = re.compile(r",(\s*[}\]])")
_BLANKS: Final = "\ufeff\0 \t\r\n"
_MAX_FIELDS: Final = 1000
_LONGEST_INTEGER: Final = 18
# Control characters in strings are let pass; an integer beyond int64 is read as a float, since Python refuses to read
# thousands of digits.
_DECODER: Final = json.JSONDecoder(
    strict=False, parse_int=lambda digits: int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)
)


def read_members(answer: Answer) -> Members | None:
    """The members of the first JSON object, or of the form, in the body; None: there is none. Never raises.

    What follows the object is ignored, as is an anti-hijack prefix, a BOM, a wrong content type and a list around it.
    """
    body = answer.body
    text = body.decode(json.detect_encoding(body), errors="replace").strip(_BLANKS)
    text = _ANTI_HIJACK.sub("", text, count=1) if _ANTI_HIJACK.match(text) else text
    if text[:1] in ("{", "["):
        value = _parse(text)
        return _first_object(value)
    # A form that was cut off would give a cut token.
    return None if answer.truncated else _read_form(text)


def folded(members: Members, fold: Callable[[str], str]) -> Members:
    """`members` by folded name; a member that bears that very name wins."""
    result: Members = {}
    for name, value in members.items():
        if fold(name) == name:
            result[name] = value
        else:
            result.setdefault(fold(name), value)
    return result


def first_object(value: object) -> Members:
    """`value`, or the first element of a list, if it is an object; else no members."""
    return _first_object(value) or {}


def _first_object(value: object) -> Members | None:
    if isinstance(value, list) and value:
        value = value[0]
    return value if isinstance(value, dict) else None


def _parse(text: str) -> object:
    for candidate in (text, _TRAILING_COMMA.sub(r"\1", text)):
        try:
            return _DECODER.raw_decode(candidate)[0]
        except RecursionError:
            return None
        except ValueError:
            continue
    return None


def _read_form(text: str) -> Members | None:
    try:
        members = dict(parse_qsl(text, max_num_fields=_MAX_FIELDS))
    except ValueError:
        return None
    # Plain text and HTML read as a form too, with names that nobody uses.
    return members if {"access_token", "error", "errcode", "error_code"} & members.keys() else None
