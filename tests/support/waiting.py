"""Waiting with a deadline for what happens in another task, process or server."""

import asyncio
import time
from collections.abc import Awaitable, Callable


async def eventually(look: Callable[[], Awaitable[object]], wanted: object, *, seconds: float = 15.0) -> None:
    """Poll `look` until it gives `wanted`; AssertionError, with what it gave last, after `seconds`."""
    deadline = time.monotonic() + seconds
    while (seen := await look()) != wanted:
        assert time.monotonic() < deadline, f"{seen!r} did not become {wanted!r} within {seconds} s"
        await asyncio.sleep(0.02)
