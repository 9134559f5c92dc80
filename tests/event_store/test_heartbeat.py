"""The ledger says up to when it is whole, also while nothing happens, and never more than is true."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from nats.js import JetStreamContext
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from authpulse_event_store.consumer import ensure_consumer
from authpulse_event_store.heartbeat import beat, write_beat
from support.events import event, publish
from support.progress import settled
from support.waiting import eventually

Running = Callable[..., AbstractAsyncContextManager[None]]


async def behind(ledger: AsyncConnection) -> float:
    """Seconds."""
    sql = "select extract(epoch from clock_timestamp() - caught_up_at)::float8 from ledger.caught_up"
    found = await (await ledger.execute(sql)).fetchone()
    assert found
    return float(found[0])


async def grow_old(ledger: AsyncConnection) -> None:
    await ledger.execute("update ledger.caught_up set caught_up_at = clock_timestamp() - interval '1 h'")


async def test_a_quiet_event_store_goes_on_saying_that_it_is_there(running: Running, ledger: AsyncConnection) -> None:
    await grow_old(ledger)
    async with running():
        await eventually(lambda: is_fresh(ledger), True)
        await grow_old(ledger)
        await eventually(lambda: is_fresh(ledger), True)


async def is_fresh(ledger: AsyncConnection) -> bool:
    return await behind(ledger) < 3


async def test_with_an_event_that_is_not_in_the_ledger_it_is_not_said_to_be_whole(
    js: JetStreamContext, pool: AsyncConnectionPool, ledger: AsyncConnection, running: Running
) -> None:
    await ensure_consumer(js, max_age=None)
    await grow_old(ledger)
    await publish(js, [event(version=1)])
    marks = await beat(pool, js, ())
    assert [mark.sequence for mark in marks] == [1]
    assert await behind(ledger) > 3000
    async with running():
        await eventually(lambda: settled(js), True)
    await grow_old(ledger)
    assert await beat(pool, js, marks) == ()
    assert await is_fresh(ledger)


async def test_a_late_word_takes_nothing_back(ledger: AsyncConnection) -> None:
    await write_beat(ledger, 0.0)
    await write_beat(ledger, 600.0)
    assert await is_fresh(ledger)
