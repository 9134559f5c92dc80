"""Row, tokens, schedule and event change together or not at all, and nobody's change is lost."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest

from authpulse_contract.connections import Declaration
from authpulse_contract.events import BACKGROUND, type_of
from authpulse_contract.secret import Secret
from authpulse_refresher.decision.decide import decide
from authpulse_refresher.decision.lifecycle import forget, remove
from authpulse_refresher.model import Connection, Decision, Issued, Terminal, Transient, Verdict
from authpulse_refresher.storage.lease import lease_due, lease_one, lock_held, release
from authpulse_refresher.storage.seal import KeyRing
from authpulse_refresher.storage.store import find, list_page, load, put
from authpulse_refresher.storage.vault import Vault
from support.idp import Idp
from support.vault import declared, leased, outbox, registered, rows, stored

ISSUED = Issued(access_token=Secret("at-1"), refresh_token=Secret("rt-1"), expires_in=3600.0, scope="read")


def decided(connection: Connection, verdict: Verdict) -> Decision:
    return decide(
        connection,
        verdict,
        now=datetime.now(UTC),
        event_id=uuid4(),
        actor=BACKGROUND,
        duration_ms=1,
        jitter=0.5,
    )


async def put_now(vault: Vault, before: Connection | None, decision: Decision, attempt_id: UUID | None = None) -> bool:
    async with vault.pool.connection() as db:
        return await put(db, vault.ring, before, decision, attempt_id=attempt_id)


async def test_what_was_stored_is_read_back_whole(vault: Vault, idp: Idp) -> None:
    crm = await registered(vault, declared(idp.client("crm", secret="s3cret"), scopes=("read",)))
    decision = decided(crm, ISSUED)
    assert await put_now(vault, crm, decision)
    assert await stored(vault) == decision.after
    assert [type_of(event) for event in await outbox(vault)] == ["connection_registered", "refresh_succeeded"]
    assert (await outbox(vault))[1] == decision.event


async def test_no_secret_stands_in_the_tables_as_it_is(vault: Vault, idp: Idp) -> None:
    crm = await registered(vault, declared(idp.client("crm", secret="s3cret"), refresh_token="rt-0"))
    await put_now(vault, crm, decided(crm, ISSUED))
    for query in (
        "select c.*, encode(client_secret, 'escape') from vault.connections c",
        "select t.*, encode(access_token, 'escape'), encode(refresh_token, 'escape') from vault.tokens t",
        "select * from vault.due",
        "select * from vault.outbox",
    ):
        text = str(await rows(vault, query))
        for secret in ("s3cret", "rt-0", "rt-1", "at-1"):
            assert secret not in text


async def test_whoever_comes_second_stores_nothing(vault: Vault, idp: Idp) -> None:
    """Invariant 2: losing the compare-and-set never destroys the winner."""
    crm = await registered(vault, declared(idp.client("crm", secret="s3cret")))
    winner, loser = decided(crm, ISSUED), decided(crm, Terminal(code="invalid_grant", http_status=400))
    assert await put_now(vault, crm, winner)
    assert not await put_now(vault, crm, loser)
    assert await stored(vault) == winner.after
    assert (await outbox(vault))[1:] == [winner.event]


async def test_of_many_at_once_exactly_one_stores(vault: Vault, idp: Idp) -> None:
    crm = await registered(vault, declared(idp.client("crm", secret="s3cret")))
    decisions = [decided(crm, ISSUED) for _ in range(8)]
    stored_by = await asyncio.gather(*(put_now(vault, crm, decision) for decision in decisions))
    assert stored_by.count(True) == 1
    assert (await outbox(vault))[1:] == [decisions[stored_by.index(True)].event]


async def test_two_who_register_the_same_name_make_one_connection(vault: Vault) -> None:
    declaration = Declaration(kind="api", name="crm")
    await asyncio.gather(*(registered(vault, declaration) for _ in range(8)))
    assert [type_of(event) for event in await outbox(vault)] == ["connection_registered"]


async def test_a_failure_halfway_leaves_everything_as_it_was(vault: Vault, idp: Idp) -> None:
    """Invariant 1: no event without the change, no change without the event."""
    crm = await registered(vault, declared(idp.client("crm", secret="s3cret")))
    await rows(vault, "alter table vault.outbox add constraint broken check (body not like '%%refresh_succeeded%%')")
    with pytest.raises(psycopg.errors.CheckViolation):
        await put_now(vault, crm, decided(crm, ISSUED))
    assert await stored(vault) == crm
    assert len(await outbox(vault)) == 1


async def test_a_refusal_deletes_the_tokens_in_the_same_transaction(vault: Vault, idp: Idp) -> None:
    crm = await registered(vault, declared(idp.client("crm", secret="s3cret")))
    assert await put_now(vault, crm, decided(crm, Terminal(code="invalid_grant", http_status=400)))
    assert await rows(vault, "select * from vault.tokens") == []
    assert (await stored(vault)).tokens is None
    assert (await rows(vault, "select due_at from vault.due")) == [{"due_at": None}]


async def test_a_lease_is_given_once_and_again_when_it_has_run_out(vault: Vault, idp: Idp) -> None:
    await registered(vault, declared(idp.client("crm", secret="s3cret")))
    (first,) = await leased(vault, seconds=0.2)
    assert not first.abandoned
    assert await leased(vault) == []
    await asyncio.sleep(0.25)
    (second,) = await leased(vault)
    assert second.abandoned
    assert second.attempt_id != first.attempt_id


async def test_leasing_at_once_gives_each_connection_to_one(vault: Vault, idp: Idp) -> None:
    for number in range(30):
        await registered(vault, declared(idp.client(f"c{number}", secret="s"), name=f"c{number}"))
    batches = await asyncio.gather(*(leased(vault, limit=10) for _ in range(6)))
    taken = [lease.connection_id for batch in batches for lease in batch]
    assert len(taken) == len(set(taken))
    rest = await leased(vault)
    assert len(taken) + len(rest) == 30


async def test_a_lease_records_which_token_it_may_spend_before_anything_is_sent(vault: Vault, idp: Idp) -> None:
    crm = await registered(vault, declared(idp.client("crm", secret="s3cret"), refresh_token="rt-0"))
    (lease,) = await leased(vault)
    (attempt,) = await rows(vault, "select attempt_id, attempt_generation, attempt_token_hash from vault.due")
    assert attempt == {
        "attempt_id": lease.attempt_id,
        "attempt_generation": crm.generation,
        "attempt_token_hash": vault.ring.fingerprint(Secret("rt-0")),
    }


async def test_storing_the_outcome_ends_the_lease(vault: Vault, idp: Idp) -> None:
    crm = await registered(vault, declared(idp.client("crm", secret="s3cret")))
    (lease,) = await leased(vault)
    decision = decided(crm, Transient(http_status=503))
    assert await put_now(vault, crm, decision, lease.attempt_id)
    (due,) = await rows(vault, "select attempt_id, leased_until, due_at from vault.due")
    assert due == {"attempt_id": None, "leased_until": None, "due_at": decision.after.due_at}


async def test_a_change_during_an_attempt_does_not_offer_the_connection_to_a_second_one(vault: Vault, idp: Idp) -> None:
    client = idp.client("crm", secret="s3cret")
    declaration = declared(client)
    crm = await registered(vault, declaration)
    (lease,) = await leased(vault)
    changed = msgspec.structs.replace(declaration, client_secret=Secret("another"))
    after = await registered(vault, changed)
    assert after.due_at is not None
    assert after.due_at <= datetime.now(UTC)
    assert await leased(vault) == []
    async with vault.pool.connection() as db:
        assert await lease_one(db, crm.connection_id, seconds=60) is None
        assert await lock_held(db, [lease]) == {lease.attempt_id}
        await release(db, lease)
    assert [again.abandoned for again in await leased(vault)] == [False]


async def test_an_abandoned_attempt_is_forgotten_with_the_grant_that_it_was_for(vault: Vault, idp: Idp) -> None:
    crm = await registered(vault, declared(idp.client("crm", secret="s3cret")))
    await leased(vault, seconds=0.05)
    assert await put_now(vault, crm, decided(crm, ISSUED))
    await asyncio.sleep(0.1)
    async with vault.pool.connection() as db:
        lease = await lease_one(db, crm.connection_id, seconds=60)
    assert lease
    assert not lease.abandoned


async def test_leasing_is_earliest_first_and_within_each_hosts_budget(vault: Vault) -> None:
    async with vault.pool.connection() as db:
        await db.execute(
            """with made as (
                 insert into vault.connections (connection_id, kind, name, version, generation, last_event_id,
                     declared_by, idp_host, needs_reauth, due_at, attempt, outcome_unknown)
                 select gen_random_uuid(), 'api', host || n, 1, 1, gen_random_uuid(), 'file', host, false,
                        now() - make_interval(secs => late - n), 0, false
                   from (values ('a', 100), ('b', 300), ('c', 200)) hosts(host, late), generate_series(1, 5) n
                 returning connection_id, idp_host, due_at)
               insert into vault.due (connection_id, idp_host, due_at) select * from made"""
        )
    async with vault.pool.connection() as db:
        leases = await lease_due(db, limit=6, seconds=60, budget=3, budgets={"b": 2, "a": 0})
        names = await load(db, vault.ring, [lease.connection_id for lease in leases])
    assert sorted(row.connection.name for row in names.values()) == ["b1", "b2", "c1", "c2", "c3"]


async def test_finding_what_is_due_reads_the_index_alone_among_many_that_are_not(vault: Vault) -> None:
    async with vault.pool.connection() as db:
        await db.execute(
            """with made as (
                 insert into vault.connections (connection_id, kind, name, version, generation, last_event_id,
                     declared_by, idp_host, needs_reauth, due_at, attempt, outcome_unknown)
                 select gen_random_uuid(), 'api', n::text, 1, 1, gen_random_uuid(), 'file', 'idp' || n %% 20, false,
                        now() + make_interval(secs => case when n <= 10 then -n else 3600 + n end), 0, false
                   from generate_series(1, 20000) n
                 returning connection_id, idp_host, due_at)
               insert into vault.due (connection_id, idp_host, due_at) select * from made""",
            (),
        )
        await db.execute("analyze vault.due")
    async with vault.pool.connection() as db:
        before = await _reads(db)
        leases = await lease_due(db, limit=100, seconds=60, budget=100, budgets={})
        assert len(leases) == 10
        assert await _reads(db) - before < 500


async def _reads(db: psycopg.AsyncConnection) -> int:
    row = await (
        await db.execute(
            """select sum(pg_stat_get_xact_tuples_returned(c) + pg_stat_get_xact_tuples_fetched(c))::bigint
                 from unnest(array['vault.due'::regclass, 'vault.due_by_host'::regclass]) c"""
        )
    ).fetchone()
    assert row
    return int(row[0])


async def test_one_unreadable_row_is_unconfigured_and_keeps_what_is_sealed(vault: Vault, idp: Idp) -> None:
    crm = await registered(vault, declared(idp.client("crm", secret="s3cret")))
    await put_now(vault, crm, decided(crm, ISSUED))
    before = await rows(
        vault, "select t.*, client_secret from vault.tokens t join vault.connections using (connection_id)"
    )
    blind = msgspec.structs.replace(vault, ring=KeyRing({"other": b"x" * 32}))
    unread = await stored(blind)
    assert (unread.configured, unread.tokens, unread.client_secret) == (False, None, None)
    assert await put_now(blind, unread, decided(unread, Transient(cause="unreadable")))
    after = await rows(
        vault, "select t.*, client_secret from vault.tokens t join vault.connections using (connection_id)"
    )
    assert after == before
    assert (await stored(vault)).configured


async def test_a_configuration_that_no_longer_fits_is_a_fault_that_names_the_member(vault: Vault, idp: Idp) -> None:
    crm = await registered(vault, declared(idp.client("crm", secret="s3cret")))
    await rows(vault, """update vault.connections set config = config || '{"grant": "password"}'""")
    async with vault.pool.connection() as db:
        row = await find(db, vault.ring, "api", "crm")
    assert row
    assert row.fault
    assert "$.grant" in row.fault
    assert not row.connection.configured
    assert row.connection.version == crm.version


async def test_a_removed_connection_leaves_the_list_and_goes_on_counting(vault: Vault, idp: Idp) -> None:
    declaration = declared(idp.client("crm", secret="s3cret"))
    crm = await registered(vault, declaration)
    gone = remove(crm, declared_by="file", now=datetime.now(UTC), event_id=uuid4(), actor="test")
    assert isinstance(gone, Decision)
    assert await put_now(vault, crm, gone)
    async with vault.pool.connection() as db:
        assert await list_page(db, "", "", 10) == ()
    assert await rows(vault, "select * from vault.tokens") == []
    again = await registered(vault, declaration)
    assert again.connection_id == crm.connection_id
    assert again.version == 3
    assert again.generation > crm.generation


async def test_a_forgotten_token_is_gone_from_the_table(vault: Vault, idp: Idp) -> None:
    crm = await registered(vault, declared(idp.client("crm", secret="s3cret")))
    decision = forget(crm, revoked_at_idp=None, now=datetime.now(UTC), event_id=uuid4(), actor="test")
    assert isinstance(decision, Decision)
    assert await put_now(vault, crm, decision)
    assert await rows(vault, "select * from vault.tokens") == []


async def test_pages_of_the_list_join_up_in_order(vault: Vault) -> None:
    names = ["a", "B", "ä", "b", "a.b"]
    for name in names:
        await registered(vault, Declaration(kind="api", name=name))
    found: list[str] = []
    while True:
        async with vault.pool.connection() as db:
            page = await list_page(db, "api", found[-1] if found else "", 2)
        found += [one.name for one in page]
        if len(page) < 2:
            break
    assert found == sorted(names)


async def test_times_come_back_in_utc_whatever_the_server_says(vault: Vault, idp: Idp) -> None:
    crm = await registered(vault, declared(idp.client("crm", secret="s3cret")))
    assert crm.due_at is not None
    assert crm.due_at.utcoffset() == timedelta(0)
