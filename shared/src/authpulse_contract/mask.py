"""Replaces secrets in a text, also where somebody has encoded them or broken them over lines."""

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator
from html import escape, unescape
from typing import Final
from unicodedata import normalize
from urllib.parse import quote, quote_plus, unquote, unquote_plus

MASK: Final = "***"
SHORTEST: Final = 4
"""Characters of a secret worth masking: shorter ones stand in every word, and their absence would tell them."""
_SHORTEST_BASE64: Final = 8


def mask(text: str, secrets: Iterable[str]) -> str:
    """`text` with each secret replaced by `***`, however blanks are strewn into it; where one is encoded in a way that
    cannot be located, `***` alone."""
    packed = {secret: "".join(secret.split()) for secret in secrets}
    plain = {secret: bare for secret, bare in packed.items() if len(bare) >= SHORTEST and bare.strip("*…")}
    if not plain:
        return text
    # With its blanks too: what was encoded was the secret as it is.
    forms = {form for secret, bare in plain.items() for form in (*_forms(bare), *_forms(secret))}
    while (masked := _replace(text, forms)) != text:
        text = masked
    return MASK if any(secret in decoded for decoded in _decoded(text) for secret in plain.values()) else text


def _forms(secret: str) -> set[str]:
    try:
        data = secret.encode()
    except UnicodeEncodeError:
        return {secret}
    quoted = {quote(secret), quote(secret, safe=""), quote_plus(secret)}
    # RFC 6749 2.3.1 has a client secret form-encoded first and base64-encoded then.
    base64 = {form for each in (secret, *quoted) for form in _base64_forms(each.encode())}
    quoted |= {form.replace("%", "%25") for form in quoted}
    escaped = {json.dumps(secret)[1:-1], escape(secret), data.hex(), data.hex().upper()}
    escaped |= {form.replace("/", "\\/") for form in escaped}
    return {secret, *quoted, *escaped, *base64}


def _base64_forms(data: bytes) -> set[str]:
    """The characters that are the same whatever stands around `data`, for each of its three alignments."""
    if len(data) < _SHORTEST_BASE64:
        return set()
    forms = set()
    for shift in range(3):
        whole = b64encode(bytes(shift) + data).decode().rstrip("=")
        first = -(-shift * 8 // 6)
        last = (shift + len(data)) * 8 // 6
        forms |= {whole[first:last], whole[first:last].replace("+", "-").replace("/", "_")}
    return forms


def _replace(text: str, forms: set[str]) -> str:
    places = [index for index, char in enumerate(text) if not char.isspace()]
    packed = "".join(text[index] for index in places)
    pieces, shown_to = [], 0
    for first, last in _joined(span for form in forms for span in _spans(packed, form)):
        pieces += [text[shown_to : places[first]], MASK]
        shown_to = places[last] + 1
    return "".join(pieces) + text[shown_to:]


def _spans(packed: str, form: str) -> Iterator[tuple[int, int]]:
    at = packed.find(form)
    while at >= 0:
        yield at, at + len(form) - 1
        at = packed.find(form, at + 1)


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The first and last places of what overlaps or touches, in order."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined


def _decoded(text: str) -> Iterable[str]:
    """`text` with each usual encoding undone, blanks left out."""
    for decoded in (unquote(text), unquote_plus(text), unquote(unquote(text)), unescape(text), normalize("NFKC", text)):
        yield "".join(decoded.split())
    try:
        yield "".join(str(json.loads(f'"{text}"')).split())
    except ValueError:
        return
