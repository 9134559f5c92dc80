"""The loss of NATS, of PostgreSQL or of an event-store loses no fact, doubles none and needs no hand to recover."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path

import nats
import psycopg
import pytest
from nats.js import JetStreamContext
from psycopg import AsyncConnection

from authpulse_chassis.streams import ensure_stream
from authpulse_contract.subjects import STREAM
from support.events import event, publish
from support.progress import settled, versions
from support.servers import NatsServer
from support.waiting import eventually

Running = Callable[..., AbstractAsyncContextManager[None]]


@pytest.fixture
def start(ledger_url: str, nats_url: str) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts event-stores as processes of their own; those that are left are killed."""
    started: list[subprocess.Popen[bytes]] = []

    def one(**environ: str) -> subprocess.Popen[bytes]:
        given = {"AUTHPULSE_DATABASE_URL": ledger_url, "AUTHPULSE_NATS_URL": nats_url}
        command = [sys.executable, "-m", "authpulse_event_store"]
        process = subprocess.Popen(command, env=os.environ | given | environ, stderr=subprocess.PIPE)
        started.append(process)
        return process

    yield one
    for process in started:
        process.kill()
        process.communicate()


Start = Callable[..., subprocess.Popen[bytes]]


async def test_killed_again_and_again_amid_a_flood_nothing_is_lost_or_doubled(
    start: Start, js: JetStreamContext, ledger: AsyncConnection
) -> None:
    wanted = list(range(1, 6001))
    await publish(js, [event(version=version) for version in wanted])
    for least in (1, 1500, 3000):
        process = start()

        async def enough(least: int = least) -> bool:
            return len(await versions(ledger)) >= least

        await eventually(enough, True, seconds=30)
        process.kill()
        process.wait()
    start()
    await eventually(lambda: settled(js), True, seconds=40)
    assert await versions(ledger) == wanted
    found = await (await ledger.execute("select version from ledger.connection_health")).fetchall()
    assert found == [(6000,)]


async def test_two_event_stores_at_once_change_nothing(
    start: Start, js: JetStreamContext, ledger: AsyncConnection
) -> None:
    start()
    start()
    wanted = list(range(1, 3001))
    for first in range(0, 3000, 100):
        await publish(js, [event(version=version) for version in wanted[first : first + 100]])
    await eventually(lambda: versions(ledger), wanted, seconds=30)
    positions = await (await ledger.execute("select min(position), max(position) from ledger.events")).fetchall()
    assert positions == [(1, 3000)]
    await eventually(lambda: settled(js), True, seconds=30)


async def test_asked_to_stop_it_settles_what_it_has_begun_and_ends_with_status_0(
    start: Start, js: JetStreamContext, ledger: AsyncConnection
) -> None:
    process = start()
    await publish(js, [event(version=version) for version in range(1, 501)])

    async def begun() -> bool:
        return bool(await versions(ledger))

    await eventually(begun, True)
    process.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(process.wait, 20) == 0
    recorded = len(await versions(ledger))
    info = await js.consumer_info(STREAM, "event-store")
    assert recorded + (info.num_pending or 0) + (info.num_ack_pending or 0) == 500


@pytest.mark.parametrize("away", ["nats", "postgres"])
async def test_asked_to_stop_while_it_waits_for_a_server_it_ends_with_status_0(start: Start, away: str) -> None:
    nowhere = {
        "nats": {"AUTHPULSE_NATS_URL": "nats://127.0.0.1:1"},
        "postgres": {"AUTHPULSE_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"},
    }
    process = start(**nowhere[away])
    assert process.stderr
    assert b"WARNING" in await asyncio.to_thread(process.stderr.readline)
    process.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(process.wait, 20) == 0


@contextmanager
def closed_to_newcomers(url: str) -> Iterator[None]:
    """The database refuses everybody, as a server that is away or starting up does."""
    name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
    with psycopg.connect(psycopg.conninfo.make_conninfo(url, dbname="postgres"), autocommit=True) as db:
        db.execute(f'alter database "{name}" allow_connections false')
        db.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (name,))
        yield
        db.execute(f'alter database "{name}" allow_connections true')


async def test_what_comes_while_the_ledger_is_away_is_taken_when_it_is_back(
    running: Running, js: JetStreamContext, ledger_url: str
) -> None:
    async with running():
        await publish(js, [event(version=1)])
        await eventually(lambda: settled(js), True)
        with closed_to_newcomers(ledger_url):
            await publish(js, [event(version=version) for version in range(2, 101)])
            await asyncio.sleep(3)
            info = await js.consumer_info(STREAM, "event-store")
            assert not await settled(js)
            # Attempts are paced: a message that cannot be stored is not handed round and round.
            assert info.delivered
            assert info.delivered.consumer_seq <= 1 + 99 * 5
        async with await AsyncConnection.connect(ledger_url, autocommit=True) as ledger:
            await eventually(lambda: versions(ledger), list(range(1, 101)))
        await eventually(lambda: settled(js), True)


@pytest.mark.parametrize("what_is_lost", ["the process", "the process and its disk"])
async def test_it_goes_on_when_nats_is_back(
    running: Running, ledger: AsyncConnection, tmp_path: Path, what_is_lost: str
) -> None:
    server = NatsServer(tmp_path / "nats")
    await asyncio.to_thread(server.start)
    try:
        async with running(AUTHPULSE_NATS_URL=server.url):
            async with await nats.connect(server.url) as client:
                await ensure_stream(client.jetstream())
                await publish(client.jetstream(), [event(version=1)])
                await eventually(lambda: versions(ledger), [1])
            server.kill()
            if what_is_lost == "the process and its disk":
                shutil.rmtree(tmp_path / "nats" / "jetstream")
            await asyncio.sleep(1)
            await asyncio.to_thread(server.start)
            async with await nats.connect(server.url) as client:
                js = client.jetstream()
                await ensure_stream(js)
                await publish(js, [event(version=2)])
                await eventually(lambda: versions(ledger), [1, 2])
                await eventually(lambda: settled(js), True)
    finally:
        await asyncio.to_thread(server.stop)


async def test_asked_to_stop_while_nats_is_away_it_stops(running: Running, tmp_path: Path) -> None:
    server = NatsServer(tmp_path / "nats")
    await asyncio.to_thread(server.start)
    async with running(AUTHPULSE_NATS_URL=server.url), await nats.connect(server.url, error_cb=_ignore) as client:
        js = client.jetstream()
        await ensure_stream(js)
        await eventually(lambda: settled(js), True)
        server.kill()


async def _ignore(_: Exception) -> None:
    """nats-py would log what this test brings about."""


@pytest.mark.parametrize("lost", ["consumer", "stream"])
async def test_a_consumer_or_a_stream_that_somebody_deleted_is_made_again(
    running: Running, js: JetStreamContext, ledger: AsyncConnection, lost: str
) -> None:
    async with running():
        await publish(js, [event(version=1)])
        await eventually(lambda: versions(ledger), [1])
        if lost == "consumer":
            await js.delete_consumer(STREAM, "event-store")
        else:
            await js.delete_stream(STREAM)
            await ensure_stream(js)
        await publish(js, [event(version=2)])
        await eventually(lambda: versions(ledger), [1, 2])
