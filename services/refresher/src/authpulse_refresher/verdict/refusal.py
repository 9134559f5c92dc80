"""What a token answer says is wrong: its code, and whatever else bears on whether that will pass."""

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from authpulse_refresher.verdict.quirks import is_empty, is_no_error, is_vague
from authpulse_refresher.verdict.read import Members, first_object, folded

_CODE: Final = re.compile(r"[A-Za-z][\w.:-]{0,99}")
_CAPITALS: Final = re.compile(r"([A-Z][A-Z0-9_]+)(?: : .*)?", re.DOTALL)
_BESIDE: Final = ("errorcode", "code", "status", "type", "error_code", "errcode")
_INSIDE: Final = ("code", "type", "message", "errortype", "error_type", "errorcode", "error_code", "errcode", "error")
_OBJECTS: Final = ("errors", "fault", "data", "body")
_DEEPER: Final = ("meta", "detail", "details", "extensions")
_SENTENCES: Final = ("message", "msg", "errmsg", "error_msg", "error_message", "errormessage", "errorsummary", "title")
_ERRORS: Final = ("error", "errors", "errorcode", "error_code", "errcode", "fault")
_HTTP_STATUSES: Final = range(100, 600)
_SMALL_NUMBERS: Final = range(1000)


class Refusal(Struct, frozen=True, kw_only=True):
    """As sent, not sanitised. `code` is what an operator should see; `others` are further codes.

    `sentences` are prose that is worth reading where the code says nothing. `numbers` are by member, such as
    `("error.code", 190)`. `passing`: the vendor says itself that it will pass. `stated`: there is an error member.
    """

    code: str | None = None
    others: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    numbers: tuple[tuple[str, int], ...] = ()
    passing: bool = False
    stated: bool = False


def states_error(document: Members) -> bool:
    """Whether there is an error member that says that something is wrong."""
    return _stated(folded(document, str.lower))


def read_refusal(document: Members) -> Refusal:
    """The refusal in an answer's members.

    The code is `error` if a string; else `code`, `type` or a `message` in capitals of an error object; else the first
    of `errorCode`, `code`, `status`, `type`, `error_code`, `errcode` that reads like a code; else one further inside.
    """
    members = folded(document, str.lower)
    error = members.get("error")
    inner = folded(first_object(error), str.lower)
    objects = [inner, *(folded(first_object(members.get(name)), str.lower) for name in _OBJECTS)]
    deeper = [folded(first_object(each.get(name)), str.lower) for each in objects for name in _DEEPER]
    codes = [
        *([error.strip()] if isinstance(error, str) and not is_no_error(error) else []),
        *_codes(inner, _INSIDE),
        *_codes(members, _BESIDE),
        *(code for each in (*objects[1:], *deeper) for code in _codes(each, _INSIDE)),
        *(number for number in [_number(error)] if number),
    ]
    return Refusal(
        code=codes[0] if codes else None,
        others=tuple(codes[1:]),
        sentences=tuple(_sentences(members, objects, codes[:1])),
        numbers=tuple(_numbers(members, inner)),
        passing=inner.get("is_transient") is True,
        stated=_stated(members),
    )


def _stated(members: Members) -> bool:
    return any(not is_no_error(members.get(name)) for name in _ERRORS)


def _codes(members: Members, names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        value = members.get(name)
        if name == "message":
            capitals = _CAPITALS.fullmatch(value.strip()) if isinstance(value, str) else None
            code = capitals[1] if capitals else None
        elif isinstance(value, str) and _CODE.fullmatch(value.strip()):
            code = None if is_empty(value) else value.strip()
        else:
            code = _number(value, any_size=name == "errcode") if name not in ("status", "type") else None
        if code is not None:
            yield code


def _number(value: object, *, any_size: bool = False) -> str | None:
    """An integer that is a vendor's own number, and neither an HTTP status nor a count."""
    if isinstance(value, str) and value.strip().removeprefix("-").isdecimal():
        value = value.strip()
        return None if len(value) < len("1000") and not any_size else value
    if isinstance(value, bool) or not isinstance(value, int) or value == 0:
        return None
    return str(value) if any_size or value not in _SMALL_NUMBERS else None


def _numbers(members: Members, inner: Members) -> Iterator[tuple[str, int]]:
    for member, value in (
        ("error.code", inner.get("code")),
        *((name, members.get(name)) for name in ("errcode", "code")),
    ):
        if isinstance(value, int | str) and str(value).isdecimal() and len(str(value)) < len("1000000000"):
            yield member, int(value)


def _sentences(members: Members, objects: list[Members], code: list[str]) -> Iterator[str]:
    yield from (each for each in code if " " in each)
    if code and not is_vague(code[0]):
        return
    for each in (members, *objects):
        yield from (value for name in _SENTENCES if isinstance(value := each.get(name), str))
        if isinstance(each.get("field"), str) and isinstance(each.get("code"), str):
            yield f"{each['code']} {each['field']}"
