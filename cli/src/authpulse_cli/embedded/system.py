"""Everything on one machine: from an empty folder to a console that can be opened, until asked to stop."""

import asyncio
import signal
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import psycopg
from msgspec import Struct
from nats.aio.client import Client

from authpulse_cli.bus import connected
from authpulse_cli.embedded.crew import Crew
from authpulse_cli.embedded.databases import LEDGER, VAULT, create_databases
from authpulse_cli.embedded.demonstration import declare_demo, demo_wanted, end_demo
from authpulse_cli.embedded.leftovers import stop_leftovers
from authpulse_cli.embedded.lock import only_one
from authpulse_cli.embedded.ports import taken
from authpulse_cli.embedded.programs import demo_program, nats_program, postgres_program, service_programs
from authpulse_cli.embedded.site import Site, make_site, prepare_folder
from authpulse_cli.errors import CommandError
from authpulse_cli.instance import Instance
from authpulse_cli.registry import Change, Manner, describe, register, summary
from authpulse_contract.connections import Declaration
from authpulse_contract.secret import Secret

Say = Callable[[str], None]

ACTOR: Final = "system:authpulse-up"


class Wishes(Struct, frozen=True, kw_only=True):
    """What the operator asked for. `declarations`: those of `--connections`; `demo` None: only if there are none."""

    data: Path
    host: str
    port: int
    declarations: tuple[Declaration, ...] = ()
    demo: bool | None = None


async def run(wishes: Wishes, say: Say) -> None:
    """Start everything, say how to get in, and serve until SIGTERM or SIGINT. Raises `CommandError`."""
    data = prepare_folder(wishes.data)
    with only_one(data):
        for name in await asyncio.to_thread(stop_leftovers, data):
            say(f"{name} was left over from the last run and has been stopped")
        if reason := taken(wishes.host, wishes.port):
            raise CommandError(
                f"Nobody can listen at {wishes.host} port {wishes.port}: {reason}. Choose another: --http HOST:PORT."
            )
        serving = asyncio.create_task(_serve(make_site(data, wishes.host, wishes.port), wishes, say))
        _stop_once_asked(serving, say)
        await asyncio.wait([serving])
        if not serving.cancelled():
            serving.result()
        say("stopped")


def _stop_once_asked(serving: asyncio.Task[None], say: Say) -> None:
    def stop() -> None:
        # A second Ctrl-C must not break off the stopping and leave the database to itself.
        if not serving.cancelling():
            say("stopping")
            serving.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)


async def _serve(site: Site, wishes: Wishes, say: Say) -> None:
    began = time.monotonic()
    say(f"starting in {site.data}")
    crew = Crew(site.data, site.logs, _instance(site), say)
    if not (site.data / "postgres").exists():
        say("making the databases: once, some seconds")
    database = await asyncio.to_thread(postgres_program, site)
    async with crew.running(nats_program(site), database):
        await asyncio.to_thread(_create_databases, site)
        async with crew.running(*service_programs(site)), AsyncExitStack() as demonstration:
            async with connected(site.bus()) as client:
                await _declare(client, wishes.declarations, say)
                if await demo_wanted(client, site, wishes.demo):
                    await demonstration.enter_async_context(crew.running(demo_program(site)))
                    shown = await declare_demo(client, site)
                    say(f"demonstration: {shown} connections at an identity provider of its own, on this machine")
                elif gone := await end_demo(client, site, wishes.declarations):
                    say(f"the demonstration's {gone} connections have been removed")
            say(f"authpulse is up after {time.monotonic() - began:.1f} s")
            say(f"  console: {site.url}")
            say(f"  sign in: {site.sign_in_link}")
            await asyncio.Event().wait()


async def _declare(client: Client, declarations: tuple[Declaration, ...], say: Say) -> None:
    changes: list[Change] = []
    await register(client, declarations, Manner(actor=ACTOR), changes.append)
    for change in changes:
        if change.action != "unchanged":
            say(describe(change))
    if declarations:
        say(summary(changes))


def _create_databases(site: Site) -> None:
    superuser, ledger = site.database_url("postgres", "postgres"), site.database_url("postgres", LEDGER)
    try:
        create_databases(superuser, ledger, site.passwords)
    except psycopg.Error as failure:
        raise CommandError(f"The databases in {site.data / 'postgres'} cannot be made: {failure}") from None


def _instance(site: Site) -> Instance:
    return Instance(
        url=site.url,
        admin_token=Secret(site.admin_token),
        nats_url=Secret(site.nats_url("operator")),
        vault_url=Secret(site.database_url(VAULT, VAULT)),
        ledger_url=Secret(site.database_url(LEDGER, LEDGER)),
        pids={},
    )
