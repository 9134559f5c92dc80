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
from httpx_aiohttp import AiohttpTransport
from token_endpoint import HOSTS, token_endpoint
from vaults import RING, fill, vault_database

from authpulse_chassis.fitness import Pulse
from authpulse_contract.secret import Secret
from authpulse_refresher.provider.wire import Wires
from authpulse_refresher.refreshing.attempt import Attempts
from authpulse_refresher.refreshing.refresh import Refresher
from authpulse_refresher.spill.journal import Journal
from authpulse_refresher.storage.lease import lease_due
from authpulse_refresher.storage.vault import Vault, new_pool

IN_FLIGHT = (16, 64, 256)
PAUSES = (0, 50)
FASTEST = 2_500
"""Refreshes a second, more than which nobody expects: so many connections are due at the start for each second."""
DUE = 100
SIZES = (1_000, 100_000, 1_000_000)
URLS = [f"http://{host}/token" for host in HOSTS]
FORM = {"grant_type": "refresh_token", "refresh_token": "rt"}


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
        await fill(vault, [url] * len(HOSTS), round(FASTEST * seconds), "-1")
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


async def due_among(database: str, connections: int) -> float:
    """Milliseconds to lease `DUE` of 500 that are due among so many, the best of five."""
    async with new_pool(Secret(database), size=2) as pool:
        vault = Vault(pool=pool, ring=RING, outgoing=asyncio.Event())
        due = f"case when number <= {5 * DUE} then -1 else 3600 * (1 + random()) end"
        await fill(vault, URLS, connections, due, grants=False)
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
    async with token_endpoint() as port, vault_database() as database:
        load = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
        sys.stdout.write(f"{load}, {seconds:g} s each; refreshes (of the loops: POSTs) a second\n\n")
        await rates(port, database, seconds)
        table("connections", f"ms to lease {DUE} that are due", "peak MiB")
        for size in (size for size in SIZES if size <= largest):
            row(f"{size:,}", f"{await due_among(database, size):.1f}", memory())


if __name__ == "__main__":
    given = dict(enumerate(sys.argv[1:]))
    asyncio.run(main(float(given.get(0, "4")), int(given.get(1, "1000000"))))
