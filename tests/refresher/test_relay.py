"""What is in the outbox reaches the stream: all of it, in order, however long NATS is away."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import nats
import nats.errors
import pytest
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from authpulse_chassis.streams import ensure_stream
from authpulse_contract.cloudevents import read
from authpulse_contract.connections import Declaration
from authpulse_contract.events import Event
from authpulse_contract.subjects import STREAM, event_subject
from authpulse_refresher.relay import relay
from authpulse_refresher.storage.outbox import next_batch
from authpulse_refresher.storage.vault import Vault
from support.servers import NatsServer
from support.vault import outbox, registered, rows
from support.waiting import eventually


@pytest.fixture
async def bus(nats_url: str) -> AsyncIterator[Client]:
    client = await nats.connect(nats_url, max_reconnect_attempts=-1, reconnect_time_wait=0)
    yield client
    await client.close()


@asynccontextmanager
async def relaying(*relays: tuple[Vault, Client]) -> AsyncIterator[None]:
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for vault, bus in relays:
            tasks.create_task(relay(vault, bus, stop))
        try:
            yield
        finally:
            stop.set()


async def fill(vault: Vault, count: int) -> list[Event]:
    """Registers `count` connections: one event each, in this order."""
    for number in range(count):
        await registered(vault, Declaration(kind="api", name=f"c{number}"))
    return await outbox(vault)


async def until_left(vault: Vault, events: list[Event]) -> None:
    await eventually(lambda: outbox(vault), events)


async def on_the_stream(bus: Client) -> list[tuple[str, Event]]:
    """Subject and event of each message, in the stream's order."""
    js = bus.jetstream()
    state = (await js.stream_info(STREAM)).state
    found = []
    for sequence in range(state.first_seq, state.last_seq + 1):
        message = await js.get_msg(STREAM, sequence)
        assert message.data is not None
        found.append((message.subject or "", read(message.headers or {}, message.data)))
    return found


async def test_events_reach_the_stream_in_order_and_leave_the_outbox(vault: Vault, bus: Client) -> None:
    events = await fill(vault, 5)
    async with relaying((vault, bus)):
        await until_left(vault, [])
    assert await on_the_stream(bus) == [
        (event_subject("api", event.connection_name, "connection_registered"), event) for event in events
    ]


async def test_many_relays_at_once_publish_each_event_once_and_in_order(
    vault: Vault, bus: Client, nats_url: str
) -> None:
    second = await nats.connect(nats_url)
    async with relaying((vault, bus), (vault, second), (vault, bus)):
        for number in range(40):
            await registered(vault, Declaration(kind="api", name=f"d{number}"))
            vault.outgoing.set()
        await until_left(vault, [])
    await second.close()
    names = [event.connection_name for _, event in await on_the_stream(bus)]
    assert names == [f"d{number}" for number in range(40)]


async def test_while_one_relay_has_the_turn_no_other_gets_a_batch(vault: Vault) -> None:
    await fill(vault, 1)
    ours, theirs = uuid4(), uuid4()
    async with vault.pool.connection() as db:
        assert len(await next_batch(db, ours, 10)) == 1
        assert await next_batch(db, theirs, 10) == []
        assert len(await next_batch(db, ours, 10)) == 1


async def test_an_event_stays_until_it_was_acknowledged(vault: Vault, bus: Client) -> None:
    """The stream is full and refuses: nothing is lost, and all of it comes once there is room."""
    js = bus.jetstream()
    await ensure_stream(js)
    config = (await js.stream_info(STREAM)).config
    await js.update_stream(config.evolve(max_msgs=3))
    events = await fill(vault, 6)
    async with relaying((vault, bus)):
        await until_left(vault, events[3:])
        await js.update_stream(config.evolve(max_msgs=-1))
        await until_left(vault, [])
    assert [event for _, event in await on_the_stream(bus)] == events


async def test_an_event_that_was_published_but_not_deleted_is_on_the_stream_once(vault: Vault, bus: Client) -> None:
    events = await fill(vault, 3)
    (copy,) = await rows(vault, "select body from vault.outbox order by outbox_id limit 1")
    async with relaying((vault, bus)):
        await until_left(vault, [])
        await rows(vault, "insert into vault.outbox (body) values (%(body)s)", **copy)
        await until_left(vault, [])
    assert [event for _, event in await on_the_stream(bus)] == events


async def test_a_stop_publishes_what_is_left(vault: Vault, bus: Client) -> None:
    events = await fill(vault, 3)
    stop = asyncio.Event()
    stop.set()
    await relay(vault, bus, stop)
    assert [event for _, event in await on_the_stream(bus)] == events
    assert await outbox(vault) == []


async def test_a_stop_does_not_wait_for_nats_to_come_back(vault: Vault) -> None:
    events = await fill(vault, 1)
    stop = asyncio.Event()
    stop.set()
    async with asyncio.timeout(5):
        await relay(vault, Client(), stop)
    assert await outbox(vault) == events


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[NatsServer]:
    server = NatsServer(tmp_path / "nats")
    server.start()
    yield server
    server.stop()


async def test_events_outlive_a_killed_nats_and_a_lost_stream(vault: Vault, own_server: NatsServer) -> None:
    """Invariant 9."""
    quiet: list[Exception] = []

    async def note(failure: Exception) -> None:
        quiet.append(failure)

    bus = await nats.connect(own_server.url, max_reconnect_attempts=-1, reconnect_time_wait=0, error_cb=note)
    async with relaying((vault, bus)):
        await fill(vault, 2)
        await until_left(vault, [])
        own_server.kill()
        await registered(vault, Declaration(kind="api", name="meanwhile"))
        await asyncio.sleep(0.5)
        assert len(await outbox(vault)) == 1
        own_server.start()
        await until_left(vault, [])
        assert [event.connection_name for _, event in await on_the_stream(bus)] == ["c0", "c1", "meanwhile"]
        await bus.jetstream().delete_stream(STREAM)
        with pytest.raises(NotFoundError):
            await bus.jetstream().stream_info(STREAM)
        await registered(vault, Declaration(kind="api", name="afterwards"))
        vault.outgoing.set()
        await until_left(vault, [])
        assert [event.connection_name for _, event in await on_the_stream(bus)] == ["afterwards"]
    await bus.close()
