"""Makes a string that a stranger sent safe to show, log and store (semantics 3)."""

import re
from collections.abc import Iterable
from typing import Final
from unicodedata import category

from authpulse_contract.mask import MASK, mask
from authpulse_contract.secret import Secret
from authpulse_contract.urlshape import is_url_shaped

REDACTED: Final = "(redacted: URL-shaped content)"
LIMIT: Final = 200
_ELLIPSIS: Final = "…"
_LINE_BREAK: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_WINDOW: Final = 16_384
"""Characters looked at: far more than are shown, far fewer than a hostile megabyte costs to search."""
# Drawn as nothing without being of a category that goes: joiners, fillers and variation selectors.
_INVISIBLE: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_REMOVED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def sanitise(text: str, secrets: Iterable[Secret] = (), limit: int = LIMIT) -> str:
    """`text` in at most `limit` characters (not fewer than 40), the ellipsis included; never raises.

    With anything like a URL in it, it is replaced whole. Control, bidi and invisible characters go, a line break
    becomes a space, each of `secrets` becomes `***`, also where it is encoded or was split. Applied again it changes
    nothing.
    """
    needles = tuple(secret.reveal() for secret in secrets)
    while (safe := _once(text, needles, limit)) != text:
        # A cut or a mask can bring forth what the next round finds. Each round consumes characters that are neither
        # asterisk nor ellipsis, or ends at the fixed text, so that the rounds are finite.
        text = safe
    return safe


def _once(text: str, needles: tuple[str, ...], limit: int) -> str:
    if text == REDACTED:
        return text
    text = _LINE_BREAK.sub(" ", text)
    if not text.isascii() or not text.isprintable():
        text = _INVISIBLE.sub("", "".join(char for char in text if category(char) not in _REMOVED))
    overlong = len(text) > _WINDOW
    text = text[:_WINDOW]
    if is_url_shaped(text):
        return REDACTED
    masked = mask(text, needles)
    if overlong and masked != MASK:
        # The window may have cut a secret in two, of which the mask knows only the whole.
        masked = masked[: -max(map(len, needles), default=0) or None]
    text = masked.strip()
    return text if len(text) <= limit and not overlong else text[: limit - 1].rstrip() + _ELLIPSIS
