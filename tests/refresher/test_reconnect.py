"""A sign-in while a refresh is in flight: the newer grant survives, whichever is stored first; a thousand times."""

import asyncio
import random
from datetime import UTC, datetime
from uuid import uuid4

from authpulse_contract.events import BACKGROUND
from authpulse_contract.secret import Secret
from authpulse_refresher.decision.decide import decide
from authpulse_refresher.decision.signing_in import completed
from authpulse_refresher.model import Connection, Issued, Terminal, Verdict
from authpulse_refresher.refreshing.commit import Committer
from authpulse_refresher.refreshing.settle import Outcome
from authpulse_refresher.storage.lease import Lease
from authpulse_refresher.storage.store import load, put
from authpulse_refresher.storage.vault import Vault
from support.idp import Idp
from support.vault import declared, leased, registered, rows

CONNECTIONS, ROUNDS = 50, 20
VERDICTS: tuple[Verdict, ...] = (
    Issued(access_token=Secret("stale"), refresh_token=Secret("stale"), expires_in=3600.0),
    Terminal(code="invalid_grant", http_status=400, dead_grant=True),
)


def outcome(lease: Lease, connection: Connection, verdict: Verdict) -> Outcome:
    now, event_id = datetime.now(UTC), uuid4()
    return Outcome(
        lease=lease,
        connection=connection,
        event_id=event_id,
        deciding=lambda current: decide(
            current, verdict, now=now, event_id=event_id, actor=BACKGROUND, duration_ms=1, jitter=0.5
        ),
        issued=isinstance(verdict, Issued),
    )


async def signed_in(vault: Vault, connection: Connection, token: str) -> None:
    """Store a new grant as a completed sign-in does."""
    issued = Issued(access_token=Secret(token), refresh_token=Secret(token), expires_in=3600.0)
    while True:
        async with vault.pool.connection() as db:
            current = (await load(db, vault.ring, [connection.connection_id]))[connection.connection_id].connection
            decision = completed(
                current,
                issued,
                account=None,
                other_account=False,
                now=datetime.now(UTC),
                event_id=uuid4(),
                actor="ada",
                jitter=0.5,
            )
            if await put(db, vault.ring, current, decision):
                return


async def test_the_newer_grant_survives_a_thousand_races_with_a_refresh(vault: Vault, idp: Idp) -> None:
    chance = random.Random(7)  # noqa: S311 -- who goes first
    for number in range(CONNECTIONS):
        await registered(vault, declared(idp.client(f"c{number}", secret="s"), name=f"c{number}"))
    committer = Committer(vault)
    for number in range(ROUNDS):
        await rows(vault, "update vault.due set due_at = now(), leased_until = null, attempt_id = null")
        leases = await leased(vault)
        async with vault.pool.connection() as db:
            found = await load(db, vault.ring, [lease.connection_id for lease in leases])
        assert len(found) == CONNECTIONS

        async def race(lease: Lease, connection: Connection, token: str) -> None:
            async def refreshed() -> None:
                await asyncio.sleep(chance.random() / 50)
                await committer.settle(outcome(lease, connection, chance.choice(VERDICTS)))

            async def reconnected() -> None:
                await asyncio.sleep(chance.random() / 50)
                await signed_in(vault, connection, token)

            await asyncio.gather(refreshed(), reconnected())

        token = f"grant-{number}"
        await asyncio.gather(*(race(each, found[each.connection_id].connection, token) for each in leases))
        async with vault.pool.connection() as db:
            kept = [row.connection for row in (await load(db, vault.ring, list(found))).values()]
        assert {(each.tokens and each.tokens.refresh_token, each.needs_reauth) for each in kept} == {
            (Secret(token), False)
        }
