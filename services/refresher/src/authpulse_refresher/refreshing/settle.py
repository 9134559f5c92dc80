"""Stores what attempts came to, if it still counts: together in one transaction, or one alone."""

import logging
from collections.abc import Callable, Sequence
from uuid import UUID

from msgspec import Struct, field

from authpulse_chassis.tracing import carried, within
from authpulse_contract.trace import Trace
from authpulse_refresher.decision.unknown import counts
from authpulse_refresher.model import Connection, Decision
from authpulse_refresher.storage.lease import Lease, lock_held, release
from authpulse_refresher.storage.put_many import Change, put_many
from authpulse_refresher.storage.store import load, put
from authpulse_refresher.storage.vault import Vault

_log = logging.getLogger(__name__)


class Outcome(Struct, frozen=True, kw_only=True):
    """What an attempt came to, not stored yet.

    `connection` is as it was when the attempt began. `deciding` says what follows for it as it stands by now, each time
    with the event id `event_id`. `issued`: the answer brought tokens. `trace`: where it was come to, as far as that is
    traced; storing it is the work of another task.
    """

    lease: Lease
    connection: Connection
    event_id: UUID
    deciding: Callable[[Connection], Decision]
    issued: bool
    trace: Trace | None = field(default_factory=carried)


async def settle_together(vault: Vault, outcomes: Sequence[Outcome]) -> dict[UUID, Decision]:
    """Store all those whose connection is still as it was; what was stored, by event id."""
    async with vault.pool.connection() as db:
        held = await lock_held(db, [outcome.lease for outcome in outcomes])
        decided = {
            outcome.event_id: Change(
                before=outcome.connection,
                decision=outcome.deciding(outcome.connection),
                attempt_id=outcome.lease.attempt_id,
                trace=outcome.trace,
            )
            for outcome in outcomes
            if outcome.issued or outcome.lease.attempt_id in held
        }
        # What moves a token aside, or back, is rare; it is stored alone.
        plain = [each for each in decided.values() if each.before.kept == each.decision.after.kept]
        stored = await put_many(db, vault.ring, plain)
    return {event_id: decided[event_id].decision for event_id in stored}


async def settle(vault: Vault, outcome: Outcome) -> Decision | None:
    """Store one, upon its connection as it stands by now; None: it was stale and was dropped."""
    lease, generation = outcome.lease, outcome.connection.generation
    async with vault.pool.connection() as db:
        held = lease.attempt_id in await lock_held(db, [lease])
        row = (await load(db, vault.ring, [lease.connection_id]))[lease.connection_id]
        if row.last_event_id == outcome.event_id:
            # The commit went through the last time; only its acknowledgement was lost.
            return outcome.deciding(outcome.connection)
        if counts(row.connection, generation, held=held, issued=outcome.issued):
            decision = outcome.deciding(row.connection)
            with within(outcome.trace):
                stored = await put(db, vault.ring, row.connection, decision, attempt_id=lease.attempt_id)
            if stored:
                return decision
        await release(db, lease)
    _log.warning("dropped a stale answer", extra=named(row.connection))
    return None


def named(connection: Connection) -> dict[str, str]:
    """Which connection a line of the log is about."""
    return {"connection_kind": connection.kind, "connection_name": connection.name}
