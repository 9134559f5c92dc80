"""Listens on NATS for word that the ledger advanced."""

import asyncio
import logging
from collections.abc import Callable

import nats
from nats.aio.msg import Msg

from authpulse_chassis.bus import Access, connecting
from authpulse_contract.subjects import ADVANCED
from authpulse_health_api.upstream.shown import Shown

_log = logging.getLogger(__name__)


async def listen(access: Access, advanced: Callable[[], None], shown: Shown) -> None:
    """Call `advanced` at each tick, and when NATS is back after an absence; until cancelled.

    Waits for NATS for as long as it takes. A lost tick is made good by the next poll. `shown` hears of traced events.
    """

    async def on_tick(tick: Msg) -> None:
        if tick.headers and tick.data.isdigit():
            shown.told(int(tick.data), tick.headers)
        advanced()

    async def lost() -> None:
        _log.warning("NATS is away; the ledger is polled meanwhile")

    async def found() -> None:
        _log.info("NATS is back")
        advanced()

    async def failed(failure: Exception) -> None:
        _log.debug("NATS: %s", failure)

    client = await nats.connect(
        name="authpulse-health-api",
        max_reconnect_attempts=-1,
        reconnect_time_wait=1,
        disconnected_cb=lost,
        reconnected_cb=found,
        error_cb=failed,
        **connecting(access, "health-api"),
    )
    try:
        await client.subscribe(ADVANCED, cb=on_tick)
        await asyncio.Event().wait()
    finally:
        await client.close()
