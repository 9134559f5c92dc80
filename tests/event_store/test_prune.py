"""Old events go, but never the newest of a connection."""

from datetime import UTC, datetime, timedelta

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from authpulse_contract.codec import to_json
from authpulse_event_store.prune import CHUNK, prune
from authpulse_event_store.replay import rebuild
from authpulse_event_store.store import Fact, append
from support.events import event

NOW = datetime.now(UTC)


async def fill(pool: AsyncConnectionPool, *ages_in_days: int, name: str = "crm") -> None:
    batch = [
        event(connection_name=name, version=version, occurred_at=NOW - timedelta(days=age))
        for version, age in enumerate(ages_in_days, start=1)
    ]
    async with pool.connection() as db:
        await append(db, [Fact(one, to_json(one).decode()) for one in batch])


async def kept(ledger: AsyncConnection) -> list[tuple[object, ...]]:
    query = "select connection_name, version from ledger.events order by connection_name, version"
    return await (await ledger.execute(query)).fetchall()


async def test_what_is_older_than_the_retention_goes_and_the_newest_of_each_connection_stays(
    pool: AsyncConnectionPool, ledger: AsyncConnection
) -> None:
    await fill(pool, 100, 91, 89, 1)
    await fill(pool, 200, 150, name="quiet")
    assert await prune(pool, 90) == 3
    assert await kept(ledger) == [("crm", 3), ("crm", 4), ("quiet", 2)]


async def test_pruning_leaves_health_as_the_events_that_are_left_would_build_it(
    pool: AsyncConnectionPool,
) -> None:
    await fill(pool, 100, 99, 98)
    await prune(pool, 90)
    async with pool.connection() as db:
        assert await rebuild(db) == 0


async def test_more_than_one_chunk_is_pruned_in_one_go(pool: AsyncConnectionPool, ledger: AsyncConnection) -> None:
    await fill(pool, *([100] * (CHUNK + 10)))
    assert await prune(pool, 90) == CHUNK + 9
    assert await kept(ledger) == [("crm", CHUNK + 10)]


async def test_quarantined_messages_go_by_the_day_they_came(pool: AsyncConnectionPool, ledger: AsyncConnection) -> None:
    await ledger.execute("""
        insert into ledger.quarantine (stream_sequence, subject, reason, headers, body, recorded_at)
        select days, 's', 'r', '{}', '', now() - make_interval(days => days) from unnest(array[1, 100]) days""")
    await prune(pool, 90)
    assert await (await ledger.execute("select stream_sequence from ledger.quarantine")).fetchall() == [(1,)]
