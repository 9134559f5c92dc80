"""Where a browser may be sent after a sign-in: a path of this very site and nothing that could be taken for another."""

import re
from typing import Final
from urllib.parse import unquote

LONGEST: Final = 2048
_PLAIN: Final = re.compile(r"/[A-Za-z0-9\-._~%!$&'()*+,;=:@/?]*")
"""RFC 3986 3.3 and 3.4: a path and a query; no backslash, blank, control or other character that a browser mends."""
_DOTS: Final = re.compile(r"/\.{1,2}(?=[/?]|$)")
_ROUNDS: Final = 3


def is_local(path: str) -> bool:
    """Whether `path` stays here, also once somebody on the way has decoded it."""
    if len(path) > LONGEST:
        return False
    for _ in range(_ROUNDS):
        if path.startswith("//") or _DOTS.search(path) or not path.startswith("/") or "\\" in path:
            return False
        if any(not character.isprintable() for character in path):
            return False
        decoded = unquote(path)
        if decoded == path:
            break
        path = decoded
    return True


def is_return_path(path: str) -> bool:
    """Whether a browser may be sent to `path`."""
    return _PLAIN.fullmatch(path) is not None and is_local(path)
