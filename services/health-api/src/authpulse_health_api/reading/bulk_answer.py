"""The bulk answer to one request: which bytes, under which entity tag, and whether the client has them already."""

import asyncio
from typing import Final

from msgspec import Struct

from authpulse_health_api.health.coding import WORTHWHILE, choose
from authpulse_health_api.health.conditional import is_current
from authpulse_health_api.health.freshness import Freshness
from authpulse_health_api.health.page import Page

_packing: Final = asyncio.Lock()


class Answer(Struct, frozen=True, kw_only=True):
    """A status, headers in lower case, and a body."""

    status: int
    headers: dict[str, str]
    body: bytes


async def answer(page: Page, freshness: Freshness, accept_encoding: str | None, if_none_match: str | None) -> Answer:
    """`page` as it goes out. Built and packed once a page, however many ask at once."""
    coding = choose(accept_encoding) if len(page.body) >= WORTHWHILE else "identity"
    etag = page.etag(coding)
    headers = freshness.headers | {
        "etag": etag,
        "cache-control": "private, no-cache",
        "vary": "Accept-Encoding, Authorization, Cookie",
    }
    if is_current(if_none_match, etag):
        return Answer(status=304, headers=headers, body=b"")
    if coding == "identity":
        return Answer(status=200, headers=headers, body=page.body)
    async with _packing:
        if coding not in page.packed:
            page.packed[coding] = await asyncio.to_thread(page.pack, coding)
    return Answer(status=200, headers={**headers, "content-encoding": coding}, body=page.packed[coding])
