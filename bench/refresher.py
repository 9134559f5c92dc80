"""Refreshes a second of one refresher, next to loops that store nothing; and what it takes to find what is due.

Run it with `PYTHONPATH=tests uv run python bench/refresher.py [SECONDS] [LARGEST]`: seconds for each rate (4), and the
largest vault in connections (1000000). PostgreSQL is its own, with fsync; the IdP is a process of its own.
"""

import asyncio
import itertools
import os
import resource
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import httpx
import psycopg
from httpx_aiohttp import AiohttpTransport

from authpulse_chassis.fitness import Pulse
from authpulse_chassis.migrate import migrate
from authpulse_contract.secret import Secret
from authpulse_refresher.attempt import Attempts
from authpulse_refresher.journal import Journal
from authpulse_refresher.lease import lease_due
from authpulse_refresher.refresh import Refresher
from authpulse_refresher.seal import KeyRing
from authpulse_refresher.vault import Vault, new_pool
from authpulse_refresher.wire import Wires
from support.servers import free_port, postgres

IN_FLIGHT = (16, 64, 256)
PAUSES = (0, 50)
FASTEST = 2_500
"""Refreshes a second, more than which nobody expects: so many connections are due at the start for each second."""
DUE = 100
SIZES = (1_000, 100_000, 1_000_000)
RING = KeyRing({"bench": b"k" * 32})
FORM = {"grant_type": "refresh_token", "refresh_token": "rt"}

# A token endpoint that answers at once or after a pause, and keeps no books.
IDP = """
import asyncio, itertools, sys
from aiohttp import web
numbers = itertools.count()
async def token(request):
    await request.post()
    if pause := int(request.match_info["pause"]):
        await asyncio.sleep(pause / 1000)
    number = next(numbers)
    return web.json_response({"access_token": f"at-{number}", "refresh_token": f"rt-{number}", "expires_in": 3600})
app = web.Application()
app.router.add_post("/{pause}/token", token)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
"""

_FILL = """
    with made as (
        insert into vault.connections (connection_id, kind, name, version, generation, last_event_id, declared_by,
            config, idp_host, needs_reauth, due_at, attempt, outcome_unknown)
        select gen_random_uuid(), 'bench', 'c' || number, 1, 1, gen_random_uuid(), 'file',
            json_build_object('grant', 'authorization_code', 'token_url', %(url)s::text, 'client_id', 'bench',
                'client_auth', 'none'), 'idp' || number %% 10, false, now(), 0, false
        from generate_series(1, %(connections)s) number returning connection_id, idp_host
    )
    insert into vault.due (connection_id, idp_host, due_at)
    select connection_id, idp_host,
        now() + case when row_number() over () <= %(due)s then interval '-1 s' else interval '1 h' * (1 + random()) end
    from made"""


async def idp_at(port: int) -> None:
    while True:
        try:
            socket = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            socket[1].close()
            return


async def rate(post: Callable[[], Awaitable[object]], in_flight: int, seconds: float) -> float:
    """How often a second `post` is done, so many at once."""
    done, end = itertools.count(), time.perf_counter() + seconds

    async def loop() -> None:
        while time.perf_counter() < end:
            await post()
            next(done)

    began = time.perf_counter()
    await asyncio.gather(*(loop() for _ in range(in_flight)))
    return next(done) / (time.perf_counter() - began)


async def stock_httpx(url: str, in_flight: int, seconds: float) -> float:
    limits = httpx.Limits(max_connections=in_flight, max_keepalive_connections=in_flight)
    async with httpx.AsyncClient(limits=limits, timeout=60) as client:
        return await rate(lambda: client.post(url, data=FORM), in_flight, seconds)


async def httpx_aiohttp(url: str, in_flight: int, seconds: float) -> float:
    def session() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))

    async with httpx.AsyncClient(transport=AiohttpTransport(client=session), timeout=60) as client:
        return await rate(lambda: client.post(url, data=FORM), in_flight, seconds)


async def bare_aiohttp(url: str, in_flight: int, seconds: float) -> float:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def post() -> bytes:
            async with session.post(url, data=FORM) as answer:
                return await answer.read()

        return await rate(post, in_flight, seconds)


async def authpulse(url: str, database: str, in_flight: int, seconds: float) -> float:
    """The refresher as it is, journal and all, with more connections due than it can refresh in the time."""
    async with new_pool(Secret(database), size=8) as pool:
        vault = Vault(pool=pool, ring=RING, outgoing=asyncio.Event())
        await fill(vault, url, round(FASTEST * seconds))
        with tempfile.TemporaryDirectory() as spill:
            wires, stop, journal = Wires(), asyncio.Event(), Journal(Path(spill), RING)
            attempts = Attempts(vault=vault, wires=wires, deadline=30.0, journal=journal)
            refresher = Refresher(attempts, in_flight=in_flight, per_host=in_flight, poll_interval=0.05, pulse=Pulse())
            running = asyncio.create_task(refresher.run(stop))
            # The first group under way and stored: from here on it is a steady stream.
            while (before := await refreshed(vault)) < round(FASTEST * seconds) + in_flight:  # noqa: ASYNC110 -- seen in the database alone
                await asyncio.sleep(0.02)
            begun = time.perf_counter()
            await asyncio.sleep(seconds)
            done, took = await refreshed(vault) - before, time.perf_counter() - begun
            stop.set()
            refresher.wake()
            await running
            await wires.close()
            journal.close()
        return done / took


async def refreshed(vault: Vault) -> int:
    async with vault.pool.connection() as db:
        row = await (await db.execute("select sum(generation)::bigint from vault.connections")).fetchone()
    return int(row[0]) if row else 0


async def fill(vault: Vault, url: str, connections: int) -> None:
    """So many connections with a grant each, all due."""
    async with vault.pool.connection() as db:
        await db.execute("truncate vault.connections, vault.tokens, vault.due, vault.outbox cascade")
        await db.execute(_FILL, {"url": url, "connections": connections, "due": connections})
        rows = await (await db.execute("select connection_id from vault.connections")).fetchall()
        async with db.cursor() as cursor:
            await cursor.executemany(
                "insert into vault.tokens (connection_id, refresh_token, refresh_token_hash) values (%s, %s, %s)",
                [
                    (row, RING.seal(Secret("rt"), row, "refresh_token"), RING.fingerprint(Secret("rt")))
                    for (row,) in rows
                ],
            )


async def due_among(database: str, connections: int) -> float:
    """Milliseconds to lease `DUE` of 500 that are due among so many, the best of five."""
    async with new_pool(Secret(database), size=2) as pool:
        async with pool.connection() as db:
            await db.execute("truncate vault.connections, vault.tokens, vault.due, vault.outbox cascade")
            values = {"url": "http://127.0.0.1/token", "connections": connections, "due": 5 * DUE}
            await db.execute(_FILL, values)
        async with await psycopg.AsyncConnection.connect(database, autocommit=True) as db:
            await db.execute("vacuum analyze vault.connections, vault.due")
        times = []
        for _ in range(5):
            async with pool.connection() as db:
                began = time.perf_counter()
                leases = await lease_due(db, limit=DUE, seconds=60, budget=DUE, budgets={})
                times.append((time.perf_counter() - began) * 1000)
            if len(leases) != DUE:
                raise RuntimeError(f"{len(leases)} were due")
        return min(times)


def memory() -> int:
    """MiB that this process has used at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def row(*cells: object) -> None:
    sys.stdout.write(f"| {' | '.join(map(str, cells))} |\n")
    sys.stdout.flush()


def table(*titles: str) -> None:
    row(*titles)
    row(*("---" for _ in titles))


async def rates(port: int, database: str, seconds: float) -> None:
    loops = (stock_httpx, httpx_aiohttp, bare_aiohttp)
    names = ("httpx", "httpx-aiohttp", "aiohttp", "one at a time")
    table("IdP", "in flight", "authpulse", *names, *(f"to {name}" for name in names))
    for pause in PAUSES:
        url = f"http://127.0.0.1:{port}/{pause}/token"
        one = await httpx_aiohttp(url, 1, seconds)
        for in_flight in IN_FLIGHT:
            ours = await authpulse(url, database, in_flight, seconds)
            others = [*[await loop(url, in_flight, seconds) for loop in loops], one]
            shown = (*(f"{each:.0f}" for each in (ours, *others)), *(f"{ours / each:.2f}" for each in others))
            row(f"{pause} ms", in_flight, *shown)
    sys.stdout.write(f"\nPeak memory: {memory()} MiB\n\n")


async def main(seconds: float, largest: int) -> None:
    port = free_port()
    idp = await asyncio.create_subprocess_exec(sys.executable, "-c", IDP, str(port))
    try:
        await idp_at(port)
        with postgres() as server:
            with psycopg.connect(server.url.format(database="postgres"), autocommit=True) as db:
                db.execute("create database vault")
            database = server.url.format(database="vault")
            await migrate(database, "authpulse_refresher")
            load = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
            sys.stdout.write(f"{load}, {seconds:g} s each; refreshes (of the loops: POSTs) a second\n\n")
            await rates(port, database, seconds)
            table("connections", f"ms to lease {DUE} that are due", "peak MiB")
            for size in (size for size in SIZES if size <= largest):
                row(f"{size:,}", f"{await due_among(database, size):.1f}", memory())
    finally:
        idp.terminate()
        await idp.wait()


if __name__ == "__main__":
    given = dict(enumerate(sys.argv[1:]))
    asyncio.run(main(float(given.get(0, "4")), int(given.get(1, "1000000"))))
