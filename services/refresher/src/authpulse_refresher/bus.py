"""The refresher's two connections to NATS: one answers commands and hands out tokens, the other carries events out."""

import logging

from faststream.nats import NatsBroker
from msgspec import Struct
from nats.aio.client import Client

from authpulse_chassis.broker import new_broker
from authpulse_chassis.bus import Access, connecting
from authpulse_refresher.refreshing.refresh import STORE_MARGIN
from authpulse_refresher.settings import Settings

_log = logging.getLogger(__name__)


class Bus(Struct, frozen=True):
    """`commands` are answered on one and `facts` leave on the other: a full outbox must not make commands wait."""

    access: Access
    commands: NatsBroker
    facts: Client

    async def connected(self) -> bool:
        """Whether both are connected now."""
        return self.facts.is_connected and await self.commands.ping(0.1)


def new_bus(access: Access, settings: Settings) -> Bus:
    """Not connected yet."""
    commands = new_broker(
        access,
        "refresher",
        name="authpulse-refresher-commands",
        logger=_log,
        # The longest command is a refresh.
        graceful_timeout=settings.idp_deadline + STORE_MARGIN,
    )
    return Bus(access, commands, Client())


async def connect_facts(bus: Bus) -> None:
    """Connect, however long it takes."""
    await bus.facts.connect(
        name="authpulse-refresher-relay",
        max_reconnect_attempts=-1,
        reconnect_time_wait=1,
        error_cb=_note,
        **connecting(bus.access, "refresher"),
    )


async def _note(failure: Exception) -> None:
    _log.debug("NATS: %s", type(failure).__name__)
