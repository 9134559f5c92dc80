"""Wires the refresher: waits for its database, then refreshes, relays and answers commands until asked to stop."""

import asyncio
import contextlib
import logging
from datetime import timedelta
from pathlib import Path

import nats.errors
import psycopg
from faststream.nats import NatsBroker
from psycopg_pool import AsyncConnectionPool

from authpulse_chassis.bus import access_of
from authpulse_chassis.fitness import Pulse, database_answers, fitness_pages
from authpulse_chassis.logs import configure_logs
from authpulse_chassis.metrics import metrics_page
from authpulse_chassis.migrate import migrate
from authpulse_chassis.patience import persist, unless_stopped
from authpulse_chassis.probes import answering
from authpulse_chassis.run import run
from authpulse_chassis.settings import SettingsError, read_settings
from authpulse_refresher.adopt import Heirs, adopt
from authpulse_refresher.bus import Bus, connect_facts, new_bus
from authpulse_refresher.commanding.commands import answer_commands
from authpulse_refresher.connecting.finish import Finish
from authpulse_refresher.decision.traits import BUILT_IN, Known, TraitsError, read_traits
from authpulse_refresher.housekeeping import keep_house
from authpulse_refresher.metrics import sampled, watch
from authpulse_refresher.provider.wire import Wires
from authpulse_refresher.refreshing.attempt import Attempts
from authpulse_refresher.refreshing.refresh import Refresher
from authpulse_refresher.refreshing.tokens import TokenDesk
from authpulse_refresher.relay import relay
from authpulse_refresher.settings import Settings
from authpulse_refresher.spill.journal import Journal
from authpulse_refresher.storage.seal import KeyRing, KeyRingError, read_key_ring
from authpulse_refresher.storage.vault import Vault, new_pool

_log = logging.getLogger(__name__)


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    run("refresher", serve)


async def serve(stop: asyncio.Event) -> None:
    """Run until `stop` is set; then every answer that was asked for is stored before this returns."""
    settings = read_settings(Settings)
    ring, traits = _key_ring(settings), _traits(settings)
    journal = _journal(settings, ring)
    configure_logs("refresher", settings.log_level)
    pool = new_pool(settings.database_url, size=settings.database_connections)
    pulse, bus = Pulse(), new_bus(access_of(settings), settings)
    needs = {"database": database_answers(pool), "nats": bus.connected}
    pages = fitness_pages(needs, pulse) | metrics_page(sampled(pool))
    async with answering(settings.probe, pages):
        if await unless_stopped(stop, _prepare(settings, pool)):
            vault = Vault(pool=pool, ring=ring, outgoing=asyncio.Event())
            try:
                await _work(settings, vault, traits, journal, pulse, bus, stop)
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


async def _work(  # noqa: PLR0913, PLR0917 -- this is where everything comes together
    settings: Settings,
    vault: Vault,
    traits: Known,
    journal: Journal | None,
    pulse: Pulse,
    bus: Bus,
    stop: asyncio.Event,
) -> None:
    wires, relayed = (
        Wires(allow_link_local=settings.allow_link_local, traced=settings.idp_traceparent),
        asyncio.Event(),
    )
    attempts = Attempts(
        vault=vault,
        wires=wires,
        deadline=settings.idp_deadline,
        keep_for=timedelta(days=settings.keep_refused_days),
        traits=traits,
        hold=settings.unknown_hold,
        journal=journal,
    )
    refresher = Refresher(
        attempts,
        in_flight=settings.in_flight,
        per_host=settings.in_flight_per_host,
        rate=settings.rate_per_host,
        poll_interval=settings.poll_interval,
        pulse=pulse,
    )
    watch(refresher.under_way, settings.in_flight)
    finish = Finish(vault, journal)
    answer_commands(bus.commands, finish, wires, refresher, TokenDesk(vault, refresher, patience=settings.idp_deadline))
    async with asyncio.TaskGroup() as services:
        services.create_task(_take_commands(bus.commands, stop))
        services.create_task(_relay(bus, vault, relayed))
        services.create_task(keep_house(vault, stop))
        if journal:
            services.create_task(adopt(journal.folder, vault, Heirs(attempts, finish, refresher), stop))
        _log.info("refreshing")
        await refresher.run(stop)
        relayed.set()
    await wires.close()
    if journal:
        journal.close()


async def _take_commands(broker: NatsBroker, stop: asyncio.Event) -> None:
    try:
        await unless_stopped(stop, broker.start())
        await stop.wait()
    finally:
        with contextlib.suppress(nats.errors.Error):
            await broker.stop()


async def _relay(bus: Bus, vault: Vault, stop: asyncio.Event) -> None:
    try:
        await unless_stopped(stop, connect_facts(bus))
        await relay(vault, bus.facts, stop)
    finally:
        await bus.facts.close()


def _journal(settings: Settings, ring: KeyRing) -> Journal | None:
    if settings.spill_dir is None:
        _log.warning("AUTHPULSE_SPILL_DIR is not set: a crash at the wrong moment can lose a token")
        return None
    try:
        return Journal(Path(settings.spill_dir), ring)
    except OSError as failure:
        raise SettingsError(
            f"AUTHPULSE_SPILL_DIR cannot be used: {failure.strerror}. It should be a folder that can be written."
        ) from None


def _traits(settings: Settings) -> Known:
    try:
        return (*read_traits(settings.idp_traits or ""), *BUILT_IN)
    except TraitsError as failure:
        raise SettingsError(f"AUTHPULSE_IDP_TRAITS cannot be used: {failure}.") from None


def _key_ring(settings: Settings) -> KeyRing:
    try:
        return read_key_ring(settings.sealing_keys)
    except KeyRingError as failure:
        raise SettingsError(f"AUTHPULSE_SEALING_KEYS cannot be used: {failure}.") from None
