"""Waits for what is not there yet, and stops waiting when the process is asked to stop."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, TypeVar

T = TypeVar("T")

FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 5.0
_CANCEL_AGAIN: Final = 2.0

_log = logging.getLogger(__name__)


async def persist(what: str, attempt: Callable[[], Awaitable[T]], *, outages: tuple[type[Exception], ...]) -> T:
    """The result of the first `attempt` that does not end in one of `outages`; others are raised.

    Pauses between attempts double from 0.1 s to 5 s. The log names `what` and the kind of the outage, not its text,
    which may repeat a connection string.
    """
    pause = FIRST_PAUSE
    while True:
        try:
            return await attempt()
        except outages as outage:
            _log.warning("%s: %s; trying again in %.1f s", what, type(outage).__name__, pause)
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


async def unless_stopped(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """The result of `work`, or None if `stop` is set first; then `work` was cancelled and has ended."""
    working, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        stopping.cancel()
        await end(working)
        if not working.cancelled():
            working.exception()


async def end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel the tasks and wait until they have ended, however they do.

    Again if need be: Python 3.11's wait_for loses a cancellation that meets the end of what it waits for, and a client
    that reconnects for ever would then do just that.
    """
    while left := {task for task in tasks if not task.done()}:
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=_CANCEL_AGAIN)
