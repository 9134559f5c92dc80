"""The event stream over real processes: snapshot, changes, resuming, and readers who do not read."""

import asyncio
import re
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC
from pathlib import Path

import nats
import psycopg
import pytest
from nats.aio.client import Client

from authpulse_contract.codec import to_builtins
from authpulse_contract.events import ConnectionRemoved, RefreshFailedRevoked
from authpulse_contract.subjects import ADVANCED
from support.events import DEAD, event
from support.ledger import BULK, Api, attended, record, running_api
from support.stream import Board, Reader, board_of, reading
from support.waiting import eventually

STREAM = f"{BULK}/stream"


@pytest.fixture
async def bus(nats_url: str) -> AsyncIterator[Client]:
    """As the event-store does, tests tell of what they have recorded."""
    client = await nats.connect(nats_url)
    yield client
    await client.close()


async def test_first_the_whole_board_comes_and_then_each_change(api: Api, bus: Client, kind: str) -> None:
    await record(api.ledger_url, event(connection_kind=kind), event(connection_kind=kind, connection_name="gone"))
    async with reading(api) as reader:
        assert reader.status == 200
        assert reader.headers["content-type"].startswith("text/event-stream")
        assert reader.headers["cache-control"] == "no-store"
        await record(
            api.ledger_url,
            event(RefreshFailedRevoked, connection_kind=kind, version=2, state=DEAD),
            event(ConnectionRemoved, connection_kind=kind, connection_name="gone", version=2),
        )
        await bus.publish(ADVANCED, b"")
        async with asyncio.timeout(10):
            while not reader.board.get((kind, "crm"), {}).get("needs_reauth"):
                await reader.step()
        assert reader.events[0][0] == "snapshot"
        assert (kind, "gone") not in reader.board
        assert reader.board == await board_of(api)


async def test_a_reader_who_comes_again_gets_what_it_missed_and_no_more(api: Api, kind: str) -> None:
    await record(api.ledger_url, event(connection_kind=kind, connection_name="same"), event(connection_kind=kind))
    async with reading(api) as reader:
        await reader.until(await with_kind(api, kind, 2))
    await record(
        api.ledger_url,
        event(ConnectionRemoved, connection_kind=kind, version=2),
        event(connection_kind=kind, connection_name="new"),
    )
    wanted = await with_kind(api, kind, 2, "new")
    async with reading(api, reader.position) as again:
        again.board = reader.board
        await again.until(wanted)
    assert [name for name, _ in again.events] == ["changed"]
    told = again.events[0][1]
    assert [row["name"] for row in told["changed"]] == ["new"]
    assert told["removed"] == [{"kind": kind, "name": "crm"}]


async def with_kind(api: Api, kind: str, number: int, name: str | None = None) -> Board:
    """The bulk answer's board once it has `number` connections of `kind`, one of them `name`."""
    async with asyncio.timeout(10):
        while True:
            board = await board_of(api)
            if sum(key[0] == kind for key in board) == number and (name is None or (kind, name) in board):
                return board
            await asyncio.sleep(0.02)


async def test_another_replica_resumes_though_it_began_later(tmp_path: Path, ledger_url: str, nats_url: str) -> None:
    await record(ledger_url, event(), event(connection_name="two"))
    with running_api(tmp_path, ledger_url, nats_url) as first:
        async with reading(first) as reader:
            await reader.step()
        await record(ledger_url, event(ConnectionRemoved, version=2))
        first.process.kill()
        with socket.create_server(("127.0.0.1", first.port)):
            """Nobody is left behind who holds the port."""
        # It has never seen the board that the reader has.
        first.start()
        async with reading(first, reader.position) as again:
            again.board = reader.board
            await again.until({key: row for key, row in reader.board.items() if key[1] == "two"})
        assert [name for name, _ in again.events] == ["changed"]
        async with reading(first, 10_000) as lost:
            await lost.step()
        assert [name for name, _ in lost.events] == ["snapshot"], "of a position that is nobody's, nothing is believed"


async def test_a_resumed_stream_says_something_at_once_even_if_nothing_changed(api: Api) -> None:
    async with reading(api) as reader:
        await reader.step()
    async with reading(api, reader.position) as again:
        await again.step()
    assert again.events[0][0] == "changed"


@pytest.mark.parametrize("known", ["", "x", "-1", "1.5", "99999999999999999999999"])
async def test_an_id_that_is_not_ours_gives_the_whole_board(api: Api, known: str) -> None:
    async with api.client() as client, client.stream("GET", STREAM, headers={b"Last-Event-ID": known.encode()}) as told:
        async for line in told.aiter_lines():
            if line.startswith("event"):
                assert line == "event: snapshot"
                break


async def test_without_a_token_there_is_no_stream(api: Api) -> None:
    async with api.stranger() as client:
        assert (await client.get(STREAM)).status_code == 401


async def test_the_head_of_a_stream_can_be_asked_for(api: Api) -> None:
    async with api.client() as client:
        answer = await client.head(STREAM)
    assert (answer.status_code, answer.content) == (200, b"")


async def test_the_end_of_the_process_ends_the_streams_at_once(tmp_path: Path, ledger_url: str, nats_url: str) -> None:
    with running_api(tmp_path, ledger_url, nats_url) as api:
        async with reading(api) as reader:
            await reader.step()
            begun = time.monotonic()
            api.process.terminate()
            async with asyncio.timeout(5):
                await reader.read()
            assert api.process.wait(seconds=5) == 0
            assert time.monotonic() - begun < 4


async def test_many_readers_miss_no_change_and_others_are_answered(
    tmp_path: Path, ledger_url: str, nats_url: str, bus: Client
) -> None:
    with attended(ledger_url, nats_url), running_api(tmp_path, ledger_url, nats_url) as api:
        await crowd(api, bus, readers=200, seconds=2)


@pytest.mark.soak
@pytest.mark.timeout(600)
async def test_a_thousand_readers_miss_no_change_for_a_minute(
    tmp_path: Path, ledger_url: str, nats_url: str, bus: Client
) -> None:
    with attended(ledger_url, nats_url), running_api(tmp_path, ledger_url, nats_url) as api:
        await crowd(api, bus, readers=1000, seconds=60)


async def crowd(api: Api, bus: Client, *, readers: int, seconds: int) -> None:
    """50 changes a second among 100 connections, told to many; one more reader never reads."""
    await record(api.ledger_url, *(event(connection_name=str(number)) for number in range(100)))
    async with AsyncExitStack() as everybody:
        await everybody.enter_async_context(reading(api))
        crowd = [await everybody.enter_async_context(reading(api)) for _ in range(readers)]
        following = [asyncio.create_task(reader.read()) for reader in crowd]
        held = resident(api)
        slowest = 0.0
        async with api.client() as client:
            for tick in range(seconds * 10):
                begun = time.monotonic()
                numbers = range(5 * tick, 5 * tick + 5)
                await record(
                    api.ledger_url,
                    *(event(connection_name=str(number % 100), version=2 + number // 100) for number in numbers),
                )
                await bus.publish(ADVANCED, b"")
                asked = time.monotonic()
                assert (await client.get(BULK)).status_code == 200
                slowest = max(slowest, time.monotonic() - asked)
                await asyncio.sleep(max(0.0, begun + 0.1 - time.monotonic()))
        recorded = await in_the_ledger(api)
        await eventually(lambda: behind(crowd, recorded), 0, seconds=20)
        assert slowest < 3, "the API goes on answering"
        assert resident(api) - held < 64, "nothing piles up, not even for the one who does not read"
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)


def resident(api: Api) -> int:
    """Megabytes of memory that the process holds."""
    status = Path(f"/proc/{api.process.pid}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0]) // 1024


async def in_the_ledger(api: Api) -> dict[str, str]:
    """When each connection last changed, by name."""
    async with await psycopg.AsyncConnection.connect(api.ledger_url) as db:
        found = await (await db.execute("select name, changed_at from ledger.connection_health")).fetchall()
    return {name: to_builtins(changed_at.astimezone(UTC)) for name, changed_at in found}


async def behind(crowd: list[Reader], recorded: dict[str, str]) -> int:
    """How many have not been told all that was recorded."""
    boards = ({name: row["changed_at"] for (_, name), row in reader.board.items()} for reader in crowd)
    return sum(board != recorded for board in boards)
