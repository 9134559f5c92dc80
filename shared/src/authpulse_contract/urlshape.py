"""Whether a text holds anything that a reader or a program could take for a URL."""

import re
from html import unescape
from typing import Final
from unicodedata import normalize
from urllib.parse import unquote

# Each branch begins at one character and runs over a class that does not hold it: the search stays linear, so that no
# hostile text can make it slow.
_SHAPES: Final = re.compile(
    r"""
      : \s* [/\\] \s* [/\\]                        # any scheme, known or made up: https://, hxxp://, https:/ /
    | [/\\]{2} [^\s/\\]                            # without a scheme: //host, \\host
    | \b (?: https? | hxxps? | ftps? | wss? | file | javascript | vbscript | mailto | blob | intent | view-source )
      \s? : \s? \S                                 # no slashes needed: javascript:alert(1), https:host
    | \b data : [\w.+-]* [/;,]                     # data:text/html,...
    | \b www \d? \. \S
    | : [^\s/@:]+ @ [\w\[]                         # user:password@host
    | [\w-] \. [\w-]+ (?: :\d{1,5} )? [/?\\#] \S   # idp.example/path
    | [\w-] : \d{2,5} [/?\\#] \S                   # localhost:8080/path
    | \] (?: :\d{1,5} )? / \S                      # [::1]/path
    | \? [\w.~%\[\]-]+ = \S                        # ?code=...
    """,
    re.VERBOSE | re.IGNORECASE,
)
_ROUNDS: Final = 3
"""Times that an encoding is undone: what is encoded more often is no URL to anybody."""
_SLASHES: Final = str.maketrans("\u2044\u2215\u29f8\u29f9\u2571\u2572\ua789\u2236", "///\\/\\::")


def is_url_shaped(text: str) -> bool:
    """With or without a scheme; also percent-encoded, as HTML entities, in full-width or look-alike characters."""
    for _ in range(_ROUNDS):
        if _SHAPES.search(text):
            return True
        decoded = normalize("NFKC", unescape(unquote(text, errors="replace"))).translate(_SLASHES)
        if decoded == text:
            return False
        text = decoded
    return _SHAPES.search(text) is not None
