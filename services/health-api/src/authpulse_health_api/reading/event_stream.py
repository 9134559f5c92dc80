"""An answer that goes on: server-sent events until there are no more, or until the reader leaves or stops reading."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from litestar.response.base import ASGIResponse
from litestar.types import Receive, Send

MEDIA_TYPE: Final = "text/event-stream"
SLOWEST: Final = 10.0
"""Seconds that a reader may take for one message. Nothing is queued for it: what it misses, it gets as one message."""

_log = logging.getLogger(__name__)


class EventStream(ASGIResponse):
    """Sends `messages` as they come."""

    _should_set_content_length = False

    def __init__(self, messages: AsyncGenerator[bytes], headers: dict[str, str]) -> None:
        # X-Accel-Buffering: nginx would else hold messages back until it has a buffer full of them.
        fixed = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(headers={**headers, **fixed}, media_type=MEDIA_TYPE)
        self._messages = messages

    async def send_body(self, send: Send, receive: Receive) -> None:
        sending = asyncio.create_task(self._send_all(send))
        leaving = asyncio.create_task(_until_left(receive))
        try:
            ended, _ = await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sending.cancel()
            leaving.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)
        for task in ended:
            task.result()

    async def _send_all(self, send: Send) -> None:
        async with aclosing(self._messages) as messages:
            async for message in messages:
                try:
                    async with asyncio.timeout(SLOWEST):
                        await send({"type": "http.response.body", "body": message, "more_body": True})
                except TimeoutError:
                    _log.info("a reader of the stream has stopped reading; it may come again and resume")
                    return
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _until_left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue
