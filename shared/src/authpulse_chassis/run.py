"""Runs a service until it is asked to stop."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable

from authpulse_chassis.collector import collecting
from authpulse_chassis.settings import SettingsError


def run(service: str, serve: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Run `serve(stop)`; SIGTERM and SIGINT set `stop`, upon which it should finish what it has begun and return.

    Its traces, if they are to be collected, are those of `service`.

    Settings that cannot be used end the process with status 1 and one line on standard error.
    """
    try:
        with collecting(service):
            asyncio.run(_serve(serve))
    except SettingsError as error:
        sys.exit(f"authpulse: {error}")


async def _serve(serve: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await serve(stop)
