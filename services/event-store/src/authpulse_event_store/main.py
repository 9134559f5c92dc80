"""Wires the event-store: waits for its database and for NATS, then takes events until asked to stop."""

import asyncio
import contextlib
import logging
from typing import Final

import nats.errors
import psycopg
from faststream.nats import NatsBroker
from psycopg_pool import AsyncConnectionPool

from authpulse_chassis.broker import new_broker
from authpulse_chassis.bus import access_of
from authpulse_chassis.fitness import Pulse, database_answers, fitness_pages
from authpulse_chassis.logs import configure_logs
from authpulse_chassis.metrics import metrics_page
from authpulse_chassis.migrate import migrate
from authpulse_chassis.patience import persist, unless_stopped
from authpulse_chassis.probes import answering
from authpulse_chassis.run import run
from authpulse_chassis.settings import read_settings
from authpulse_event_store.heartbeat import keep_beating
from authpulse_event_store.metrics import sampled
from authpulse_event_store.prune import prune
from authpulse_event_store.settings import Settings
from authpulse_event_store.subscriber import subscribe

DAY: Final = 86400.0
PRUNE_EVERY: Final = 3600.0

_log = logging.getLogger(__name__)


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    run("event-store", serve)


async def serve(stop: asyncio.Event) -> None:
    """Run until `stop` is set; what was begun is committed and acknowledged before this returns."""
    settings = read_settings(Settings)
    configure_logs("event-store", settings.log_level)
    url = settings.database_url.reveal()
    broker = new_broker(
        access_of(settings), "event-store", name="authpulse-event-store", logger=_log, error_cb=_log_outage
    )
    pool = AsyncConnectionPool(
        url,
        min_size=1,
        max_size=3,
        timeout=2.0,
        open=False,
        check=AsyncConnectionPool.check_connection,
        # A plan made for a young, small table would be kept long after the table has grown.
        kwargs={"prepare_threshold": None},
    )
    pulse = Pulse()
    max_age = None if settings.stream_days is None else settings.stream_days * DAY
    take_events = subscribe(broker, pool, pulse, max_age=max_age)

    async def start() -> bool:
        if settings.migrate:
            await persist(
                "migrating the ledger",
                lambda: migrate(url, "authpulse_event_store"),
                outages=(psycopg.OperationalError,),
            )
        await pool.open()
        await persist("subscribing to the events", take_events, outages=(nats.errors.Error, OSError))
        return True

    needs = {"database": database_answers(pool), "nats": lambda: broker.ping(0.1)}
    pages = fitness_pages(needs, pulse) | metrics_page(sampled(pool))
    async with answering(settings.probe, pages):
        try:
            if await unless_stopped(stop, start()):
                _log.info("taking events")
                await unless_stopped(stop, _keep_up(pool, broker, settings.retention_days))
        finally:
            # Away or not, the server gets back what was not acknowledged.
            with contextlib.suppress(nats.errors.Error):
                await broker.stop()
            await pool.close()


async def _keep_up(pool: AsyncConnectionPool, broker: NatsBroker, retention_days: int) -> None:
    js = (await broker.connect()).jetstream()
    async with asyncio.TaskGroup() as together:
        together.create_task(keep_beating(pool, js))
        together.create_task(keep_pruned(pool, retention_days))


async def _log_outage(failure: Exception) -> None:
    """FastStream logs nothing before it has been connected for the first time."""
    _log.warning("NATS: %r", failure)


async def keep_pruned(pool: AsyncConnectionPool, retention_days: int) -> None:
    """Prune now and every hour; an outage of the database only puts it off."""
    while True:
        try:
            _log.info("pruned %d events", await prune(pool, retention_days))
        except psycopg.Error as outage:
            _log.warning("not pruned: %s", type(outage).__name__)
        await asyncio.sleep(PRUNE_EVERY)
