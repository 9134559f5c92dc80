"""Wires the refresher: waits for its database, then refreshes, relays and answers commands until asked to stop."""

import asyncio
import contextlib
import logging

import nats.errors
import psycopg
from faststream.nats import NatsBroker
from nats.aio.client import Client
from psycopg_pool import AsyncConnectionPool

from authpulse_chassis.logs import configure_logs
from authpulse_chassis.migrate import migrate
from authpulse_chassis.patience import persist, unless_stopped
from authpulse_chassis.run import run
from authpulse_chassis.settings import SettingsError, read_settings
from authpulse_refresher.attempt import Attempts
from authpulse_refresher.commands import answer_commands
from authpulse_refresher.refresh import STORE_MARGIN, Refresher
from authpulse_refresher.relay import relay
from authpulse_refresher.seal import KeyRing, KeyRingError, read_key_ring
from authpulse_refresher.settings import Settings
from authpulse_refresher.tokens import TokenDesk
from authpulse_refresher.vault import Vault, new_pool
from authpulse_refresher.wire import Wires

_log = logging.getLogger(__name__)


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    run(serve)


async def serve(stop: asyncio.Event) -> None:
    """Run until `stop` is set; then every answer that was asked for is stored before this returns."""
    settings = read_settings(Settings)
    ring = _key_ring(settings)
    configure_logs("refresher", settings.log_level)
    pool = new_pool(settings.database_url, size=settings.database_connections)
    if await unless_stopped(stop, _prepare(settings, pool)):
        vault = Vault(pool=pool, ring=ring, outgoing=asyncio.Event())
        try:
            await _work(settings, vault, stop)
        finally:
            await pool.close()


async def _prepare(settings: Settings, pool: AsyncConnectionPool) -> bool:
    if settings.migrate:
        await persist(
            "migrating the vault",
            lambda: migrate(settings.database_url.reveal(), "authpulse_refresher"),
            outages=(psycopg.OperationalError,),
        )
    await pool.open()
    return True


async def _work(settings: Settings, vault: Vault, stop: asyncio.Event) -> None:
    wires, relayed = Wires(), asyncio.Event()
    refresher = Refresher(
        Attempts(vault=vault, wires=wires, deadline=settings.idp_deadline),
        in_flight=settings.in_flight,
        per_host=settings.in_flight_per_host,
        poll_interval=settings.poll_interval,
    )
    async with asyncio.TaskGroup() as services:
        services.create_task(_take_commands(settings, vault, refresher, stop))
        services.create_task(_relay(settings, vault, relayed))
        _log.info("refreshing")
        await refresher.run(stop)
        relayed.set()
    await wires.close()


async def _take_commands(settings: Settings, vault: Vault, refresher: Refresher, stop: asyncio.Event) -> None:
    broker = NatsBroker(
        settings.nats_url.reveal().split(","),
        name="authpulse-refresher-commands",
        max_reconnect_attempts=-1,
        reconnect_time_wait=1,
        # The longest command is a refresh.
        graceful_timeout=settings.idp_deadline + STORE_MARGIN,
        apply_types=False,
        logger=_log,
        log_level=logging.DEBUG,
    )
    desk = TokenDesk(vault, refresher, patience=settings.idp_deadline)
    answer_commands(broker, vault, refresher, desk)
    try:
        await unless_stopped(stop, broker.start())
        await stop.wait()
    finally:
        with contextlib.suppress(nats.errors.Error):
            await broker.stop()


async def _relay(settings: Settings, vault: Vault, stop: asyncio.Event) -> None:
    # A connection of its own: an outbox full of events must not make commands wait.
    bus = Client()
    connecting = bus.connect(
        settings.nats_url.reveal().split(","),
        name="authpulse-refresher-relay",
        max_reconnect_attempts=-1,
        reconnect_time_wait=1,
        error_cb=_note,
    )
    try:
        await unless_stopped(stop, connecting)
        await relay(vault, bus, stop)
    finally:
        await bus.close()


async def _note(failure: Exception) -> None:
    _log.debug("NATS: %s", type(failure).__name__)


def _key_ring(settings: Settings) -> KeyRing:
    try:
        return read_key_ring(settings.sealing_keys)
    except KeyRingError as failure:
        raise SettingsError(f"AUTHPULSE_SEALING_KEYS cannot be used: {failure}.") from None
