"""A due connection is refreshed once, its outcome stored and published, whatever happens meanwhile."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec
import psycopg
import pytest

from authpulse_chassis.fitness import Pulse
from authpulse_contract.connections import BroughtToken
from authpulse_contract.events import (
    BACKGROUND,
    RefreshFailedRevoked,
    RefreshFailedTransient,
    RefreshSkippedExpired,
    RefreshSucceeded,
    type_of,
)
from authpulse_contract.secret import Secret
from authpulse_refresher.decision.decide import decide
from authpulse_refresher.model import Connection, Issued, Terminal, Transient, Verdict
from authpulse_refresher.provider.wire import Wires
from authpulse_refresher.refreshing.attempt import Attempts
from authpulse_refresher.refreshing.refresh import Refresher
from authpulse_refresher.refreshing.settle import Outcome, settle
from authpulse_refresher.storage.lease import Lease
from authpulse_refresher.storage.seal import KeyRing
from authpulse_refresher.storage.vault import Vault, new_pool
from support.idp import Answer, Delay, Hang, Idp, Reset
from support.servers import until
from support.vault import declared, leased, outbox, registered, rows, stored
from support.waiting import eventually


def refresher(
    vault: Vault, wires: Wires, *, in_flight: int = 50, per_host: int = 50, deadline: float = 5.0
) -> Refresher:
    attempts = Attempts(vault=vault, wires=wires, deadline=deadline, hold=0.2)
    return Refresher(attempts, in_flight=in_flight, per_host=per_host, poll_interval=0.05, pulse=Pulse())


@asynccontextmanager
async def running(*refreshers: Refresher) -> AsyncIterator[None]:
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for each in refreshers:
            tasks.create_task(each.run(stop))
        try:
            yield
        finally:
            stop.set()


async def soon(condition: Callable[[], object], *, seconds: float = 15.0) -> None:
    """Until what another thread does has come true."""
    await asyncio.to_thread(until, condition, seconds=seconds)


async def history(vault: Vault, name: str = "crm") -> list[str]:
    return [type_of(event) for event in await outbox(vault) if event.connection_name == name]


async def until_history(vault: Vault, *expected: str, name: str = "crm") -> None:
    """Until these are the events of the connection after its registration."""

    async def since_registered() -> list[str]:
        return (await history(vault, name))[1:]

    await eventually(since_registered, list(expected))


async def test_a_due_connection_is_refreshed_and_comes_due_later(vault: Vault, wires: Wires, idp: Idp) -> None:
    crm = idp.client("crm", secret="s3cret")
    before = await registered(vault, declared(crm))
    async with running(refresher(vault, wires)):
        await until_history(vault, "refresh_succeeded")
        await asyncio.sleep(0.2)
    after = await stored(vault)
    assert len(crm.posts) == 1
    assert after.generation == before.generation + 1
    assert after.due_at is not None
    assert after.due_at > datetime.now(UTC) + timedelta(minutes=40)
    assert after.tokens
    assert after.tokens.access_token
    assert vault.outgoing.is_set()


async def test_two_refreshers_share_the_work_and_never_spend_a_token_twice(
    vault: Vault, wires: Wires, idp: Idp
) -> None:
    """Invariant 2: one refresh per grant generation."""
    clients = [idp.client(f"c{number}", secret="s", access_life=2.0) for number in range(20)]
    for client in clients:
        await registered(vault, declared(client, name=client.client_id))
    async with running(refresher(vault, wires), refresher(vault, wires)):
        await soon(lambda: all(len(client.posts) >= 3 for client in clients))
    assert [post for client in clients for post in client.posts if post.outcome != "issued"] == []
    assert [client.reuses for client in clients] == [[]] * 20


async def test_an_attempt_whose_lease_ran_out_is_told_as_unknown_and_the_next_spends_the_same_token(
    vault: Vault, wires: Wires, idp: Idp
) -> None:
    crm = idp.client("crm", secret="s3cret")
    await registered(vault, declared(crm, refresh_token=(token := crm.issue())))
    await leased(vault, seconds=0.1)
    async with running(refresher(vault, wires)):
        await until_history(vault, "refresh_failed_transient", "refresh_succeeded")
    (_, silence, _) = await outbox(vault)
    assert isinstance(silence, RefreshFailedTransient)
    assert (silence.detail.outcome, silence.detail.cause, silence.detail.duration_ms) == (
        "unknown",
        "lease_expired",
        None,
    )
    assert [post.refresh_token for post in crm.posts] == [token]


async def test_a_refusal_after_a_rotation_that_nobody_saw_says_so(vault: Vault, wires: Wires, idp: Idp) -> None:
    crm = idp.client("crm", secret="s3cret")
    await registered(vault, declared(crm))
    crm.next(Reset(obey=True))
    async with running(refresher(vault, wires)):
        await until_history(vault, "refresh_failed_transient", "refresh_failed_revoked")
    revoked = (await outbox(vault))[-1]
    assert isinstance(revoked, RefreshFailedRevoked)
    assert (revoked.detail.cause, revoked.detail.token_deleted) == ("lost_rotation", True)
    assert (await stored(vault)).tokens is None


async def test_an_answer_that_comes_while_the_database_is_away_is_stored_when_it_is_back(
    vault: Vault, vault_url: str, wires: Wires, idp: Idp, postgres_url: str
) -> None:
    """Invariant 4: what the IdP issued is stored before anything else is done with it."""
    crm = idp.client("crm", secret="s3cret")
    await registered(vault, declared(crm))
    crm.next(Delay(seconds=1.0))
    database = vault_url.rsplit("/", 1)[1].split("?", maxsplit=1)[0]
    async with running(refresher(vault, wires)):
        await soon(lambda: crm.posts)
        async with await psycopg.AsyncConnection.connect(
            postgres_url.format(database="postgres"), autocommit=True
        ) as admin:
            await admin.execute(f'alter database "{database}" allow_connections false'.encode())
            await admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (database,)
            )
            # Longer than anybody waits for a connection of the pool.
            await asyncio.sleep(4)
            await admin.execute(f'alter database "{database}" allow_connections true'.encode())
        await until_history(vault, "refresh_succeeded")
    assert len(crm.posts) == 1
    assert crm.posts[0].obeyed


async def test_a_stop_waits_for_the_answer_and_stores_it(vault: Vault, wires: Wires, idp: Idp) -> None:
    crm = idp.client("crm", secret="s3cret")
    await registered(vault, declared(crm))
    crm.next(Delay(seconds=0.5))
    async with running(refresher(vault, wires)):
        await soon(lambda: crm.posts)
    assert (await history(vault))[1:] == ["refresh_succeeded"]


async def test_whoever_asked_may_go_away_the_attempt_goes_on(vault: Vault, wires: Wires, idp: Idp) -> None:
    crm = idp.client("crm", secret="s3cret")
    connection = await registered(vault, declared(crm))
    crm.next(Delay(seconds=0.3))
    asking = asyncio.create_task(refresher(vault, wires).refresh_now(connection.connection_id, "somebody"))
    await soon(lambda: crm.posts)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await until_history(vault, "refresh_succeeded")
    assert (await outbox(vault))[-1].actor == "somebody"


async def test_no_connection_of_the_pool_is_held_while_an_idp_is_asked(
    vault_url: str, vault: Vault, wires: Wires, idp: Idp
) -> None:
    """Invariant 3."""
    clients = [idp.client(f"c{number}", secret="s") for number in range(10)]
    for client in clients:
        client.always(Hang())
        await registered(vault, declared(client, name=client.client_id))
    async with new_pool(Secret(vault_url), size=1) as pool:
        narrow = msgspec.structs.replace(vault, pool=pool)
        async with running(refresher(narrow, wires, deadline=2.0)):
            await soon(lambda: all(client.posts for client in clients), seconds=1.9)


async def test_a_host_that_hangs_leaves_room_for_the_others(vault: Vault, wires: Wires, idp: Idp) -> None:
    for number in range(6):
        slow = idp.client(f"slow{number}", secret="s")
        slow.always(Hang())
        await registered(vault, declared(slow, name=slow.client_id))
    with Idp() as other:
        quick = other.client("quick", secret="s")
        await registered(vault, declared(quick, name="quick"))
        async with running(refresher(vault, wires, in_flight=4, per_host=2, deadline=1.0)):
            await soon(lambda: quick.posts, seconds=0.9)


async def test_what_waits_to_be_stored_holds_no_place_at_its_idp_but_as_many_at_most(
    vault: Vault, wires: Wires, idp: Idp
) -> None:
    clients = [idp.client(f"c{number}", secret="s") for number in range(4)]
    for client in clients:
        await registered(vault, declared(client, name=client.client_id))

    def asked() -> int:
        return sum(len(client.posts) for client in clients)

    async with running(refresher(vault, wires, in_flight=1)):
        async with vault.pool.connection() as db:
            await db.execute("lock table vault.outbox in share mode")
            await soon(lambda: asked() == 2)
            await asyncio.sleep(0.3)
            assert asked() == 2
        await soon(lambda: asked() == 4)


async def test_a_connection_that_cannot_be_read_is_told_and_does_not_stop_the_others(
    vault: Vault, wires: Wires, idp: Idp
) -> None:
    foreign = msgspec.structs.replace(vault, ring=KeyRing({"other": b"x" * 32}))
    crm, hr = idp.client("crm", secret="s3cret"), idp.client("hr", secret="s3cret")
    await registered(foreign, declared(crm))
    await registered(vault, declared(hr, name="hr"))
    async with running(refresher(vault, wires)):
        await until_history(vault, "refresh_succeeded", name="hr")
        await until_history(vault, "refresh_failed_transient")
    assert crm.posts == []
    told = next(event for event in await outbox(vault) if isinstance(event, RefreshFailedTransient))
    assert (told.detail.cause, told.detail.outcome, told.state.configured) == ("unreadable", "known", False)
    assert (await stored(foreign)).tokens is not None


async def test_a_grant_past_its_deadline_is_not_presented(vault: Vault, wires: Wires, idp: Idp) -> None:
    crm = idp.client("crm", secret="s3cret")
    declaration = declared(crm)
    brought = BroughtToken(refresh_token=Secret(crm.issue()), refresh_expires_in=0.05)
    await registered(vault, msgspec.structs.replace(declaration, token=brought))
    await asyncio.sleep(0.1)
    async with running(refresher(vault, wires)):
        await until_history(vault, "refresh_skipped_expired")
    assert crm.posts == []
    assert isinstance((await outbox(vault))[-1], RefreshSkippedExpired)
    assert (await stored(vault)).needs_reauth


async def test_a_change_of_the_address_during_an_attempt_makes_its_answer_stale(
    vault: Vault, wires: Wires, idp: Idp
) -> None:
    crm, elsewhere = idp.client("crm", secret="s3cret"), idp.client("crm", secret="s3cret")
    declaration = declared(crm)
    await registered(vault, declaration)
    crm.next(Delay(seconds=0.5))
    async with running(refresher(vault, wires)):
        await soon(lambda: crm.posts)
        assert declaration.oauth
        moved = msgspec.structs.replace(
            declaration, oauth=msgspec.structs.replace(declaration.oauth, token_url=elsewhere.token_url)
        )
        changed = await registered(vault, moved)
        await asyncio.sleep(1.0)
    assert await history(vault) == ["connection_registered", "connection_changed"]
    assert (await stored(vault)) == changed
    assert elsewhere.posts == []


async def test_a_harmless_change_during_an_attempt_does_not_lose_its_answer(
    vault: Vault, wires: Wires, idp: Idp
) -> None:
    crm = idp.client("crm", secret="s3cret")
    declaration = declared(crm)
    await registered(vault, declaration)
    crm.next(Delay(seconds=0.5))
    async with running(refresher(vault, wires)):
        await soon(lambda: crm.posts)
        assert declaration.oauth
        await registered(
            vault, msgspec.structs.replace(declaration, oauth=msgspec.structs.replace(declaration.oauth, scopes=("x",)))
        )
        await until_history(vault, "connection_changed", "refresh_succeeded")
    assert crm.reuses == []
    after = await stored(vault)
    assert after.oauth
    assert after.oauth.scopes == ("x",)


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


ISSUED = Issued(access_token=Secret("at-1"), refresh_token=Secret("rt-1"), expires_in=3600.0)


@pytest.mark.parametrize(
    ("verdict", "kept"), [(ISSUED, True), (Terminal(code="invalid_grant"), False), (Transient(http_status=503), False)]
)
async def test_after_the_lease_was_taken_over_only_tokens_for_the_same_grant_are_stored(
    vault: Vault, idp: Idp, verdict: Verdict, kept: bool
) -> None:
    """What the IdP issued is never thrown away; a refusal may be the other attempt's doing."""
    crm = await registered(vault, declared(idp.client("crm", secret="s3cret")))
    (late,) = await leased(vault, seconds=0.05)
    await asyncio.sleep(0.1)
    (current,) = await leased(vault)
    decision = await settle(vault, outcome(late, crm, verdict))
    assert (decision is not None) == kept
    assert (await history(vault))[1:] == (["refresh_succeeded"] if kept else [])
    assert await leased(vault) == [], "the lease of the other one goes on"
    overtaken = await settle(vault, outcome(current, crm, ISSUED))
    assert (overtaken is None) == kept


async def test_an_outcome_whose_commit_was_not_acknowledged_is_stored_once(vault: Vault, idp: Idp) -> None:
    crm = await registered(vault, declared(idp.client("crm", secret="s3cret")))
    (lease,) = await leased(vault)
    same = outcome(lease, crm, ISSUED)
    first, second = await settle(vault, same), await settle(vault, same)
    assert first == second is not None
    assert (await history(vault))[1:] == ["refresh_succeeded"]


async def test_versions_leave_no_gap_and_each_event_says_what_is_true_after_it(
    vault: Vault, wires: Wires, idp: Idp
) -> None:
    crm = idp.client("crm", secret="s3cret", access_life=1.0)
    crm.next(Answer.error(503), Answer.error(429, "slow_down"))
    await registered(vault, declared(crm))
    async with running(refresher(vault, wires)):
        await soon(lambda: len(crm.posts) >= 4)
    events = await outbox(vault)
    assert [event.version for event in events] == list(range(1, len(events) + 1))
    for before, after in itertools.pairwise(event for event in events if isinstance(event, RefreshSucceeded)):
        assert after.detail.before_expires_at == before.state.expires_at


async def test_a_client_that_needs_nobodys_sign_in_gets_its_first_token_at_once(
    vault: Vault, wires: Wires, idp: Idp
) -> None:
    machine = idp.client("machine", secret="s3cret")
    await registered(vault, declared(machine, grant="client_credentials"))
    async with running(refresher(vault, wires)):
        await until_history(vault, "refresh_succeeded")
    assert (await rows(vault, "select refresh_token from vault.tokens")) == [{"refresh_token": None}]
