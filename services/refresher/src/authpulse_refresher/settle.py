"""Stores the outcome of an attempt, come what may: an answer is worth nothing until it is in the vault."""

import logging
from collections.abc import Callable

from authpulse_chassis.patience import persist
from authpulse_refresher.lease import Lease, holds, release
from authpulse_refresher.model import Connection, Decision
from authpulse_refresher.outages import DATABASE_AWAY
from authpulse_refresher.store import load, put
from authpulse_refresher.vault import Vault

_log = logging.getLogger(__name__)


async def settle(
    vault: Vault, lease: Lease, connection: Connection, deciding: Callable[[Connection], Decision], *, issued: bool
) -> Decision | None:
    """What was stored; None: the answer was stale and was dropped, because somebody else had replaced the grant.

    Waits while the database is away. `deciding` says what follows for a connection as it stands by now, with the same
    event id each time. `issued`: the answer brought tokens; they are stored even if somebody has taken the lease over,
    provided that the grant they descend from is still the stored one. A refusal is not: the other attempt may be what
    made the IdP refuse this one.
    """
    stored = await persist(
        "storing an outcome", lambda: _store(vault, lease, connection, deciding, issued=issued), outages=DATABASE_AWAY
    )
    vault.outgoing.set()
    return stored


async def _store(
    vault: Vault, lease: Lease, connection: Connection, deciding: Callable[[Connection], Decision], *, issued: bool
) -> Decision | None:
    async with vault.pool.connection() as db:
        held, generation = await holds(db, lease), connection.generation
        while (held or issued) and connection.generation == generation:
            decision = deciding(connection)
            if await put(db, vault.ring, connection, decision, attempt_id=lease.attempt_id):
                return decision
            row = (await load(db, vault.ring, [lease.connection_id]))[lease.connection_id]
            if row.last_event_id == decision.event.event_id:
                # The commit went through the last time; only its acknowledgement was lost.
                return decision
            connection = row.connection
        await release(db, lease)
    _log.warning("dropped a stale answer", extra=named(connection))
    return None


def named(connection: Connection) -> dict[str, str]:
    """Which connection a line of the log is about."""
    return {"connection_kind": connection.kind, "connection_name": connection.name}
