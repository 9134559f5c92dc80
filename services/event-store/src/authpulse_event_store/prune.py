"""Forgets events and quarantined messages that are older than the retention."""

from typing import Final

from psycopg_pool import AsyncConnectionPool

CHUNK: Final = 5_000
"""Events deleted in one statement, so that no lock is held for long."""

_PRUNE_EVENTS: Final = """
    delete from ledger.events where position in (
        select e.position
        from ledger.events e
        join ledger.connection_health h on (h.kind, h.name) = (e.connection_kind, e.connection_name)
        where e.occurred_at < now() - make_interval(days => %s)
            -- The newest decides health, for ever.
            and e.version < h.version
        limit %s
        for update of e skip locked
    )"""
_PRUNE_QUARANTINE: Final = "delete from ledger.quarantine where recorded_at < now() - make_interval(days => %s)"


async def prune(pool: AsyncConnectionPool, retention_days: int) -> int:
    """Delete what is older than `retention_days` by the database's clock, but never the newest of a connection.

    Returns the number of events deleted. Raises `psycopg.Error`; then some may be deleted already.
    """
    async with pool.connection() as db:
        await db.execute(_PRUNE_QUARANTINE, (retention_days,))
    pruned = 0
    while True:
        async with pool.connection() as db:
            chunk = (await db.execute(_PRUNE_EVENTS, (retention_days, CHUNK))).rowcount
        pruned += chunk
        if chunk < CHUNK:
            return pruned
