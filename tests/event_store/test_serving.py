"""Events go through the real stream and the real subscriber into the real ledger."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from nats.aio.client import Client
from nats.js import JetStreamContext
from psycopg import AsyncConnection

from authpulse_contract.subjects import ADVANCED
from support.events import event, publish
from support.progress import settled, versions
from support.waiting import eventually

Running = Callable[[], AbstractAsyncContextManager[None]]


async def test_a_published_event_is_in_the_ledger_and_its_position_is_announced(
    running: Running, client: Client, js: JetStreamContext, ledger: AsyncConnection
) -> None:
    ticks = await client.subscribe(ADVANCED)
    async with running():
        await publish(js, [event(version=1), event(version=2)])
        tick = await ticks.next_msg(timeout=10)
        while tick.data != b"2":
            tick = await ticks.next_msg(timeout=10)
    assert await versions(ledger) == [1, 2]


async def test_what_was_published_before_the_start_is_taken_and_settled(
    running: Running, js: JetStreamContext, ledger: AsyncConnection
) -> None:
    await publish(js, [event(version=version) for version in range(1, 1201)])
    async with running():
        await eventually(lambda: versions(ledger), list(range(1, 1201)))
        await eventually(lambda: settled(js), True)
