"""Takes out of a line of the log what must not stand there, whoever wrote it: credentials, and what exceptions say."""

import re
import traceback
from collections.abc import Iterator
from typing import Final

_MASK: Final = "***"
# Up to the last @ before the path: a password may have one in it although it should not.
_USERINFO: Final = re.compile(r"(?<=://)[^/?#\s]*@")
_NAMED: Final = re.compile(
    r"""(?ix) \b(passwd|password|client_secret|refresh_token|access_token|id_token|client_assertion|code_verifier
        |authorization) (["']?\s*[=:]\s*["']?) (?:bearer\s+|basic\s+)? [^\s"'&,;]+"""
)


def redact(text: str) -> str:
    """`text` without the user and password of any address in it, and without what is named as a secret."""
    if "://" in text:
        text = _USERINFO.sub(f"{_MASK}@", text)
    return _NAMED.sub(rf"\1\2{_MASK}", text)


def frames(failure: BaseException) -> str:
    """Where `failure` comes from, and what led to it, each by its kind: its text may hold anything."""
    return "\n".join(_frames(failure, set()))


def _frames(failure: BaseException, told: set[int]) -> Iterator[str]:
    told.add(id(failure))
    before = failure.__cause__ or (None if failure.__suppress_context__ else failure.__context__)
    if before is not None and id(before) not in told:
        yield from _frames(before, told)
        yield "which led to:"
    yield from (line.rstrip() for line in traceback.format_tb(failure.__traceback__))
    kind = type(failure)
    yield f"{kind.__module__}.{kind.__qualname__}"
    if isinstance(failure, BaseExceptionGroup):
        for one in failure.exceptions:
            if id(one) not in told:
                yield "among them:"
                yield from _frames(one, told)
