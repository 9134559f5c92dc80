"""Nothing is sent once the deadline no longer fits in the lease, and a silent holder is not robbed of its answer."""

import asyncio
import signal
import sys
from datetime import UTC, datetime, timedelta

from msgspec import structs

from authpulse_contract.events import BACKGROUND, RefreshFailedRevoked, RefreshFailedTransient, type_of
from authpulse_refresher.decision.traits import AtHosts, Known
from authpulse_refresher.provider.idp import TOO_LATE, ask
from authpulse_refresher.provider.wire import Wires
from authpulse_refresher.refreshing.attempt import Attempts
from authpulse_refresher.storage.lease import Lease, awake_clock
from authpulse_refresher.storage.store import load
from authpulse_refresher.storage.vault import Vault
from authpulse_refresher.storage.vault_rows import Row
from support.idp import Delay, Idp, Reset
from support.vault import declared, leased, outbox, registered, rows, stored

GRACE: Known = (AtHosts(hosts=("127.0.0.1",), grace=120.0),)


async def taken(vault: Vault, *, seconds: float = 60.0) -> tuple[Lease, Row]:
    (lease,) = await leased(vault, seconds=seconds)
    async with vault.pool.connection() as db:
        return lease, (await load(db, vault.ring, [lease.connection_id]))[lease.connection_id]


async def test_nothing_is_sent_once_the_deadline_does_not_fit_in_the_lease(
    vault: Vault, wires: Wires, idp: Idp
) -> None:
    client = idp.client("crm", secret="s")
    await registered(vault, declared(client))
    attempts = Attempts(vault=vault, wires=wires, deadline=5.0)
    lease, row = await taken(vault)
    woken_late = structs.replace(lease, ends_at=awake_clock() + 4.0)
    assert await attempts.run(woken_late, row, BACKGROUND) is None
    assert client.posts == []
    assert [type_of(event) for event in await outbox(vault)] == ["connection_registered"]
    again, row = await taken(vault)
    assert not again.abandoned, "the lease was given back"
    assert await attempts.run(again, row, BACKGROUND)
    assert [post.outcome for post in client.posts] == ["issued"]


async def test_the_last_look_at_the_clock_is_after_connecting(wires: Wires, vault: Vault, idp: Idp) -> None:
    client = idp.client("crm", secret="s")
    crm = await registered(vault, declared(client))
    looks: list[bool] = []

    def may_go() -> bool:
        looks.append(True)
        return False

    assert (await ask(wires, crm, deadline=5.0, may_go=may_go))[0] is TOO_LATE
    assert client.posts == []
    assert looks == [True]


_TIMED = """
from authpulse_refresher.storage.lease import awake_clock
began = awake_clock()
print(flush=True)
input()
print(awake_clock() - began)
"""


async def test_the_clock_goes_on_while_the_process_is_stopped() -> None:
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", _TIMED, stdin=pipe, stdout=pipe)
    assert child.stdout
    await child.stdout.readline()
    child.send_signal(signal.SIGSTOP)
    await asyncio.sleep(0.3)
    child.send_signal(signal.SIGCONT)
    printed, _ = await child.communicate(b"\n")
    assert float(printed) > 0.3


async def test_a_holder_that_fell_silent_is_waited_for_before_its_token_is_sent_again(
    vault: Vault, wires: Wires, idp: Idp
) -> None:
    client = idp.client("crm", secret="s")
    await registered(vault, declared(client))
    paused, asked_with = await taken(vault, seconds=0.05)
    await asyncio.sleep(0.1)
    lease, row = await taken(vault)
    assert lease.before == "silent"
    attempts = Attempts(vault=vault, wires=wires, deadline=5.0, hold=200.0)
    decision = await attempts.run(lease, row, BACKGROUND)
    assert decision
    assert isinstance(decision.event, RefreshFailedTransient)
    assert (decision.event.detail.outcome, decision.event.detail.cause) == ("unknown", "lease_expired")
    assert client.posts == []
    after = await stored(vault)
    assert after.due_at
    assert after.due_at - datetime.now(UTC) > timedelta(seconds=190)
    assert after.unknown_since == lease.attempted_at
    assert await leased(vault) == []
    awake = structs.replace(paused, ends_at=awake_clock() + 60)
    assert await attempts.run(awake, asked_with, BACKGROUND), "its answer is stored although its lease is over"
    assert (await stored(vault)).generation == after.generation + 1


async def test_within_the_grace_a_silent_holder_is_not_waited_for(vault: Vault, wires: Wires, idp: Idp) -> None:
    client = idp.client("crm", secret="s")
    await registered(vault, declared(client))
    await taken(vault, seconds=0.05)
    await asyncio.sleep(0.1)
    lease, row = await taken(vault)
    decision = await Attempts(vault=vault, wires=wires, deadline=5.0, traits=GRACE).run(lease, row, BACKGROUND)
    assert decision
    assert decision.after.due_at
    assert decision.after.due_at < datetime.now(UTC) + timedelta(seconds=0.3)


async def test_a_holder_known_to_be_dead_is_not_waited_for(vault: Vault, wires: Wires, idp: Idp) -> None:
    client = idp.client("crm", secret="s")
    await registered(vault, declared(client))
    await taken(vault)
    await rows(vault, "update vault.due set leased_until = null, due_at = now()")
    lease, row = await taken(vault)
    assert lease.before == "dead"
    decision = await Attempts(vault=vault, wires=wires, deadline=5.0).run(lease, row, BACKGROUND)
    assert decision
    assert isinstance(decision.event, RefreshFailedTransient)
    assert decision.event.detail.cause == "crash"
    assert decision.after.due_at
    assert decision.after.due_at < datetime.now(UTC) + timedelta(seconds=0.3)


async def test_a_rotation_whose_answer_was_lost_says_so_when_it_is_refused(
    vault: Vault, wires: Wires, idp: Idp
) -> None:
    client = idp.client("crm", secret="s")
    client.next(Reset(obey=True), Delay(seconds=0.0))
    await registered(vault, declared(client))
    attempts = Attempts(vault=vault, wires=wires, deadline=5.0)
    first = await attempts.run(*await taken(vault), BACKGROUND)
    assert first
    assert first.after.due_at
    assert first.after.due_at < datetime.now(UTC) + timedelta(seconds=0.3)
    await rows(vault, "update vault.due set due_at = now()")
    second = await attempts.run(*await taken(vault), BACKGROUND)
    assert second
    assert isinstance(second.event, RefreshFailedRevoked)
    assert second.event.detail.cause == "lost_rotation"
    assert len({post.refresh_token for post in client.posts}) == 1, "never an older token"
