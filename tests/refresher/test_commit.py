"""Outcomes are stored together, and none is lost because of another one, of an outage or of who waits for it."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import psycopg
import pytest

from authpulse_contract.events import BACKGROUND
from authpulse_contract.secret import Secret
from authpulse_refresher.decision.decide import decide
from authpulse_refresher.model import Connection, Issued, Terminal, Transient, Verdict
from authpulse_refresher.refreshing.commit import Committer
from authpulse_refresher.refreshing.settle import Outcome, settle
from authpulse_refresher.storage.lease import Lease
from authpulse_refresher.storage.store import load
from authpulse_refresher.storage.vault import Vault
from support.idp import Idp
from support.outages import DatabaseOutage
from support.vault import declared, leased, outbox, registered, rows, stored

ISSUED = Issued(access_token=Secret("at-1"), refresh_token=Secret("rt-1"), expires_in=3600.0)
REFUSED = Terminal(code="invalid_grant", http_status=400, dead_grant=True)
FAILED = Transient(http_status=503, outcome_unknown=True)


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


async def begun(vault: Vault, idp: Idp, count: int) -> list[tuple[Lease, Connection]]:
    """So many connections, leased."""
    for number in range(count):
        await registered(vault, declared(idp.client(f"c{number}", secret="s"), name=f"c{number}"))
    leases = await leased(vault)
    async with vault.pool.connection() as db:
        found = await load(db, vault.ring, [lease.connection_id for lease in leases])
    return [(lease, found[lease.connection_id].connection) for lease in leases]


async def test_outcomes_of_every_kind_are_stored_whole_in_few_transactions(vault: Vault, idp: Idp) -> None:
    verdicts: list[Verdict] = [ISSUED, REFUSED, FAILED] * 10
    outcomes = [outcome(*one, verdict) for one, verdict in zip(await begun(vault, idp, 30), verdicts, strict=True)]
    committer = Committer(vault)
    decisions = await asyncio.gather(*(committer.settle(each) for each in outcomes))
    for each, decision in zip(outcomes, decisions, strict=True):
        assert decision == each.deciding(each.connection)
        assert await stored(vault, each.connection.name) == decision.after
    events = {event.event_id: event for event in await outbox(vault)}
    assert [events[each.event_id] for each in outcomes] == [decision.event for decision in decisions if decision]
    (transactions,) = await rows(vault, "select count(distinct xmin::text) as number from vault.connections")
    assert transactions["number"] == 1
    waiting = await rows(vault, "select 1 from vault.due where attempt_id is not null or leased_until is not null")
    assert waiting == []
    assert len(await rows(vault, "select 1 from vault.tokens")) == 20


async def test_one_that_cannot_be_stored_hurts_nobody_else(vault: Vault, idp: Idp) -> None:
    outcomes = [outcome(*one, ISSUED) for one in await begun(vault, idp, 5)]
    bad = outcomes[2].connection.name
    await rows(vault, f"alter table vault.outbox add constraint bad check (body not like '%%succeeded%%\"{bad}\"%%')")
    committer = Committer(vault)
    results = await asyncio.gather(*(committer.settle(each) for each in outcomes), return_exceptions=True)
    assert isinstance(results[2], psycopg.errors.CheckViolation)
    assert await stored(vault, bad) == outcomes[2].connection
    for each in outcomes[:2] + outcomes[3:]:
        assert await stored(vault, each.connection.name) == each.deciding(each.connection).after


async def test_outcomes_wait_for_a_database_that_is_away_even_if_nobody_waits_for_them(
    vault: Vault, vault_url: str, idp: Idp
) -> None:
    outcomes = [outcome(*one, ISSUED) for one in await begun(vault, idp, 3)]
    committer, outage = Committer(vault), DatabaseOutage(vault_url)
    outage.begin()
    settling = [asyncio.create_task(committer.settle(each)) for each in outcomes]
    await asyncio.sleep(0.3)
    settling[0].cancel()
    outage.end()
    decisions = await asyncio.gather(*settling[1:])
    assert decisions == [each.deciding(each.connection) for each in outcomes[1:]]
    cancelled = outcomes[0]
    assert await stored(vault, cancelled.connection.name) == cancelled.deciding(cancelled.connection).after


async def test_a_change_meanwhile_is_kept_and_the_answer_stored_upon_it(vault: Vault, idp: Idp) -> None:
    ((lease, crm),) = await begun(vault, idp, 1)
    await rows(vault, "update vault.connections set version = version + 1, authenticated_by = 'ada'")
    decision = await Committer(vault).settle(outcome(lease, crm, ISSUED))
    assert decision
    assert (decision.after.version, decision.after.authenticated_by) == (crm.version + 2, "ada")
    assert await stored(vault, "c0") == decision.after


@pytest.mark.parametrize(("verdict", "kept"), [(ISSUED, True), (REFUSED, False), (FAILED, False)])
async def test_after_the_lease_was_taken_over_only_tokens_for_the_same_grant_are_stored(
    vault: Vault, idp: Idp, verdict: Verdict, *, kept: bool
) -> None:
    """What the IdP issued is never thrown away; a refusal may be the other attempt's doing."""
    await registered(vault, declared(idp.client("crm", secret="s3cret")))
    crm = await stored(vault)
    (late,) = await leased(vault, seconds=0.05)
    await asyncio.sleep(0.1)
    (current,) = await leased(vault)
    decision = await Committer(vault).settle(outcome(late, crm, verdict))
    assert (decision is not None) == kept
    assert await leased(vault) == [], "the lease of the other one goes on"
    overtaken = await Committer(vault).settle(outcome(current, crm, ISSUED))
    assert (overtaken is None) == kept


async def test_an_answer_that_comes_late_revives_the_grant_that_was_given_up_for_want_of_it(
    vault: Vault, idp: Idp
) -> None:
    ((late, crm),) = await begun(vault, idp, 1)
    for verdict in (FAILED, REFUSED):
        await rows(vault, "update vault.due set due_at = now(), leased_until = now(), attempt_id = null")
        (lease,) = await leased(vault)
        assert await Committer(vault).settle(outcome(lease, await stored(vault, "c0"), verdict))
    assert (await stored(vault, "c0")).needs_reauth
    revived = await Committer(vault).settle(outcome(late, crm, ISSUED))
    assert revived
    assert await stored(vault, "c0") == revived.after
    assert not revived.after.needs_reauth
    assert revived.after.tokens
    assert revived.after.tokens.refresh_token == Secret("rt-1")


async def test_one_whose_commit_was_not_acknowledged_is_stored_once(vault: Vault, idp: Idp) -> None:
    ((lease, crm),) = await begun(vault, idp, 1)
    again = outcome(lease, crm, FAILED)
    assert await settle(vault, again) == await settle(vault, again) == again.deciding(crm)
    assert len(await outbox(vault)) == 2
