"""The refresher's two connections to NATS: one answers commands and hands out tokens, the other carries events out."""

import logging

from faststream.nats import NatsBroker
from msgspec import Struct
from nats.aio.client import Client

from authpulse_contract.subjects import inbox
from authpulse_refresher.refresh import STORE_MARGIN
from authpulse_refresher.settings import Settings

_log = logging.getLogger(__name__)


class Bus(Struct, frozen=True):
    """`commands` are answered on one and `facts` leave on the other: a full outbox must not make commands wait."""

    commands: NatsBroker
    facts: Client

    async def connected(self) -> bool:
        """Whether both are connected now."""
        return self.facts.is_connected and await self.commands.ping(0.1)


def new_bus(settings: Settings) -> Bus:
    """Not connected yet."""
    commands = NatsBroker(
        settings.nats_url.reveal().split(","),
        name="authpulse-refresher-commands",
        inbox_prefix=inbox("refresher"),
        max_reconnect_attempts=-1,
        reconnect_time_wait=1,
        # The longest command is a refresh.
        graceful_timeout=settings.idp_deadline + STORE_MARGIN,
        apply_types=False,
        logger=_log,
        log_level=logging.DEBUG,
    )
    return Bus(commands, Client())


async def connect_facts(facts: Client, settings: Settings) -> None:
    """Connect, however long it takes."""
    await facts.connect(
        settings.nats_url.reveal().split(","),
        name="authpulse-refresher-relay",
        inbox_prefix=inbox("refresher"),
        max_reconnect_attempts=-1,
        reconnect_time_wait=1,
        error_cb=_note,
    )


async def _note(failure: Exception) -> None:
    _log.debug("NATS: %s", type(failure).__name__)
