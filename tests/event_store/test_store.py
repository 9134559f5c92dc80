"""The ledger takes each fact once, keeps health in step and lets positions rise in commit order."""

import asyncio
from uuid import UUID

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from authpulse_contract.codec import to_json
from authpulse_contract.events import Event, RefreshFailedTransient
from authpulse_event_store.store import OTHER_CONTENT, OTHER_EVENT, Appended, Fact, append
from support.events import event


def fact(one: Event) -> Fact:
    return Fact(one, to_json(one).decode())


async def appended(pool: AsyncConnectionPool, *facts: Fact) -> Appended:
    async with pool.connection() as db:
        return await append(db, facts)


async def rows(ledger: AsyncConnection, query: str) -> list[tuple[object, ...]]:
    return await (await ledger.execute(query)).fetchall()


EVENTS = "select position, connection_name, version from ledger.events order by position"
HEALTH = "select name, version, position from ledger.connection_health order by name"


async def test_facts_get_consecutive_positions_and_each_connection_its_newest_row(
    pool: AsyncConnectionPool, ledger: AsyncConnection
) -> None:
    batch = [fact(event(version=2)), fact(event(connection_name="erp")), fact(event(version=1))]
    assert await appended(pool, *batch) == Appended(3, {})
    assert await rows(ledger, EVENTS) == [(1, "crm", 2), (2, "erp", 1), (3, "crm", 1)]
    assert await rows(ledger, HEALTH) == [("crm", 2, 1), ("erp", 1, 2)]
    assert await rows(ledger, "select position from ledger.position") == [(3,)]


async def test_a_fact_stands_in_the_ledger_as_it_was_published(
    pool: AsyncConnectionPool, ledger: AsyncConnection
) -> None:
    one = event()
    body = to_json(one).decode()[:-1] + ',"colour":"red"}'
    await appended(pool, Fact(one, body))
    ((colour, event_type, occurred_at),) = await rows(
        ledger, "select body->>'colour', body->>'event_type', occurred_at from ledger.events"
    )
    assert (colour, event_type, occurred_at) == ("red", "refresh_succeeded", one.occurred_at)


async def test_a_repetition_changes_nothing_in_the_same_batch_or_later(
    pool: AsyncConnectionPool, ledger: AsyncConnection
) -> None:
    one = fact(event())
    assert await appended(pool, one, one) == Appended(1, {})
    before = await rows(ledger, "select * from ledger.connection_health")
    assert await appended(pool, one) == Appended(None, {})
    assert await rows(ledger, "select * from ledger.connection_health") == before
    assert await rows(ledger, EVENTS) == [(1, "crm", 1)]


async def test_an_older_fact_that_comes_late_is_kept_and_changes_no_health(
    pool: AsyncConnectionPool, ledger: AsyncConnection
) -> None:
    await appended(pool, fact(event(version=5)))
    assert await appended(pool, fact(event(RefreshFailedTransient, version=4))) == Appended(2, {})
    assert await rows(ledger, HEALTH) == [("crm", 5, 1)]


async def test_an_id_with_another_content_is_refused_in_the_same_batch_and_later(
    pool: AsyncConnectionPool, ledger: AsyncConnection
) -> None:
    first = event(event_id=UUID(int=1))
    other = fact(event(event_id=UUID(int=1), version=2))
    assert await appended(pool, fact(first), other) == Appended(1, {1: OTHER_CONTENT})
    assert await appended(pool, other, fact(event(version=3))) == Appended(2, {0: OTHER_CONTENT})
    assert await rows(ledger, EVENTS) == [(1, "crm", 1), (2, "crm", 3)]


async def test_a_version_with_another_event_is_refused_in_the_same_batch_and_later(
    pool: AsyncConnectionPool, ledger: AsyncConnection
) -> None:
    assert await appended(pool, fact(event()), fact(event())) == Appended(1, {1: OTHER_EVENT})
    assert await appended(pool, fact(event())) == Appended(None, {0: OTHER_EVENT})
    assert await rows(ledger, HEALTH) == [("crm", 1, 1)]


async def test_the_same_json_written_in_another_way_is_the_same_fact(pool: AsyncConnectionPool) -> None:
    one = fact(event())
    spaced = Fact(one.event, one.body.replace(",", " ,  "))
    assert await appended(pool, one, spaced) == Appended(1, {})
    assert await appended(pool, spaced) == Appended(None, {})


async def test_whoever_sees_a_position_sees_all_before_it_though_two_append_at_once(
    pool: AsyncConnectionPool, ledger: AsyncConnection
) -> None:
    seen: list[list[int]] = []
    done = asyncio.Event()

    async def write(name: str) -> None:
        for version in range(1, 60):
            await appended(pool, fact(event(connection_name=name, version=version)))

    async def watch() -> None:
        while not done.is_set():
            found = await rows(ledger, "select position from ledger.events order by position")
            seen.append([int(str(position)) for (position,) in found])

    watching = asyncio.create_task(watch())
    await asyncio.gather(write("crm"), write("erp"))
    done.set()
    await watching
    assert len(seen[-1]) <= 118
    assert all(positions == list(range(1, len(positions) + 1)) for positions in seen)
