"""Wires the health-api together and runs it."""

import asyncio
import logging
import os

from authpulse_chassis.address import host_and_port
from authpulse_chassis.bus import access_of
from authpulse_chassis.fitness import fitness_pages
from authpulse_chassis.logs import configure_logs
from authpulse_chassis.metrics import metrics_page
from authpulse_chassis.patience import end
from authpulse_chassis.probes import answering
from authpulse_chassis.run import run
from authpulse_health_api.acting.addresses import Addresses
from authpulse_health_api.acting.audit import audited
from authpulse_health_api.admission.attempts import Attempts
from authpulse_health_api.admission.door import Door
from authpulse_health_api.admission.jwks import Jwks
from authpulse_health_api.api import Parts, make_api, make_routes
from authpulse_health_api.edge import edge
from authpulse_health_api.metrics import Measures
from authpulse_health_api.reading.broadcast import Broadcast
from authpulse_health_api.reading.quick import quick
from authpulse_health_api.server import free_address, serve
from authpulse_health_api.settings import Settings, issuer_of, keys_of, public_origin_of, read
from authpulse_health_api.traced import traced
from authpulse_health_api.upstream.commands import Commands
from authpulse_health_api.upstream.ledger import pool
from authpulse_health_api.upstream.progress import keep_asking
from authpulse_health_api.upstream.shown import Shown
from authpulse_health_api.upstream.ticks import listen
from authpulse_health_api.upstream.watch import Watch


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    run("health-api", _serve)
    # A thread of granian's may still be letting go of Python objects; if the interpreter went down under it, it would
    # abort the process (SIGABRT). All that had to be closed is closed.
    logging.shutdown()
    os._exit(0)


def door_of(settings: Settings) -> Door:
    """Who is let in, as the settings say. Raises `SettingsError`."""
    issuer = issuer_of(settings)
    return Door(
        token=settings.admin_token,
        keys=keys_of(settings),
        attempts=Attempts(settings.failed_sign_ins),
        issuer=issuer,
        issuer_keys=Jwks(issuer.issuer, settings.oidc_jwks_url) if issuer else None,
        public_origin=public_origin_of(settings),
        proxies=settings.proxies,
    )


async def _serve(stop: asyncio.Event) -> None:
    settings = read()
    configure_logs("health-api", settings.log_level)
    host, port = host_and_port(settings.http)
    address, access = free_address(host, port), access_of(settings)
    async with pool(settings.database_url.reveal()) as ledger:
        shown, woken = Shown(), asyncio.Event()
        watch = Watch(ledger, swapped=shown.swapped)
        broadcast = Broadcast(watch)
        door, commands = door_of(settings), Commands(access)
        parts = Parts(
            watch=watch,
            broadcast=broadcast,
            ledger=ledger,
            commands=commands,
            addresses=Addresses(settings.public_url, settings.http),
            door=door,
        )
        app = edge(quick(traced(audited(make_api(make_routes(parts)))), watch, door))

        async def has_rows() -> bool:
            return watch.board is not None

        pages = fitness_pages({"ledger": has_rows}) | metrics_page(Measures(watch, broadcast.readers))
        async with answering(settings.probe, pages), asyncio.TaskGroup() as together:
            following = together.create_task(watch.follow(woken, settings.poll_interval))
            together.create_task(broadcast.run(stop))
            listening = together.create_task(listen(access, woken.set, shown))
            commanding = together.create_task(commands.run())
            asking = together.create_task(keep_asking(commands, watch.signs))
            await serve(app, address, port, stop)
            await end(following, listening, commanding, asking)
