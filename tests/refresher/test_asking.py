"""An answer that was lost is asked for again while the IdP forgives it, without the vault, and never longer."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from msgspec import structs

from authpulse_contract.events import RefreshFailedTransient, RefreshSucceeded, type_of
from authpulse_refresher.decision.traits import read_traits
from authpulse_refresher.model import Connection
from authpulse_refresher.outages import DATABASE_AWAY
from authpulse_refresher.provider.wire import Wires
from authpulse_refresher.refreshing.asking import Asking
from authpulse_refresher.refreshing.attempt import Attempts
from authpulse_refresher.spill.journal import Sent
from authpulse_refresher.storage.store import load
from authpulse_refresher.storage.vault import Vault
from support.idp import Answer, Client, Delay, Idp, Reset
from support.outages import DatabaseOutage
from support.refreshers import Refreshers, said
from support.vault import declared, leased, outbox, registered, stored
from support.waiting import eventually

FORGIVING = '[[idp]]\nhosts = ["localhost"]\ngrace = 5\n'


@pytest.fixture
def crm(idp: Idp) -> Client:
    """At a host of which a grace of five seconds is known."""
    client = idp.client("crm", secret="s", grace=5.0)
    client.token_url = client.token_url.replace("127.0.0.1", "localhost")
    return client


async def attempt(vault: Vault, wires: Wires) -> None:
    (lease,) = await leased(vault)
    async with vault.pool.connection() as db:
        rows = await load(db, vault.ring, [lease.connection_id])
    attempts = Attempts(vault=vault, wires=wires, deadline=5.0, traits=read_traits(FORGIVING))
    await attempts.run(lease, rows[lease.connection_id], "test")


async def assert_alive(vault: Vault, client: Client) -> None:
    """The stored token is one of those that the IdP takes."""
    tokens = (await stored(vault)).tokens
    assert tokens
    assert tokens.refresh_token
    assert tokens.refresh_token.reveal() in client.families[0].live
    assert client.killed == 0


async def test_an_answer_lost_on_its_way_is_asked_for_again_and_nobody_is_troubled(
    vault: Vault, wires: Wires, crm: Client
) -> None:
    crm.next(Reset(obey=True))
    await registered(vault, declared(crm))
    await attempt(vault, wires)
    assert [post.obeyed for post in crm.posts] == [True, True]
    _, succeeded = await outbox(vault)
    assert isinstance(succeeded, RefreshSucceeded)
    assert (succeeded.detail.cause, succeeded.detail.rotated_refresh) == ("asked_again", True)
    await assert_alive(vault, crm)


async def test_a_refusal_of_the_second_request_is_not_taken_for_the_first_ones_answer(
    vault: Vault, wires: Wires, crm: Client
) -> None:
    crm.next(Reset(obey=True), Answer.error(400, "invalid_grant"))
    await registered(vault, declared(crm))
    await attempt(vault, wires)
    _, failed = await outbox(vault)
    assert isinstance(failed, RefreshFailedTransient)
    assert (failed.detail.outcome, failed.detail.cause, failed.detail.idp_error_code) == ("unknown", "reset", None)
    assert len(crm.posts) == 2


async def test_what_a_killed_refresher_was_waiting_for_is_asked_for_within_the_grace_while_the_database_is_away(
    vault: Vault, vault_url: str, crm: Client, refreshers: Refreshers
) -> None:
    async def asked() -> int:
        return len(crm.posts)

    outage = DatabaseOutage(vault_url)
    crm.next(Delay(seconds=30.0))
    await registered(vault, declared(crm))
    first = refreshers.start(AUTHPULSE_IDP_TRAITS=FORGIVING)
    await eventually(asked, 1)
    # The grace is counted from here on: the heir has to be there already, as a replica is.
    second = refreshers.start(AUTHPULSE_IDP_TRAITS=FORGIVING)
    await eventually(lambda: said(second, "refreshing"), wanted=True)
    outage.begin()
    first.kill()
    await eventually(asked, 2, seconds=5)
    assert [post.obeyed for post in crm.posts] == [True, True]
    outage.end()
    await eventually(lambda: history_if_there(vault), ["refresh_succeeded"])
    await assert_alive(vault, crm)


async def history_if_there(vault: Vault) -> list[str]:
    """The types of the events after the registration; none while the database is away."""
    with suppress(*DATABASE_AWAY):
        return [type_of(event) for event in await outbox(vault)][1:]
    return []


def sent(connection: Connection, *, ago: float, lease: float = 60.0) -> Sent:
    assert connection.oauth
    assert connection.tokens
    assert connection.tokens.refresh_token
    now = datetime.now(UTC)
    return Sent(
        connection_id=connection.connection_id,
        generation=connection.generation,
        actor="test",
        at=now - timedelta(seconds=ago),
        lease_ends=now + timedelta(seconds=lease),
        oauth=connection.oauth,
        client_secret=connection.client_secret,
        refresh_token=connection.tokens.refresh_token,
    )


async def test_nothing_is_sent_for_the_dead_once_the_grace_or_the_lease_is_over(
    vault: Vault, wires: Wires, crm: Client
) -> None:
    connection = await registered(vault, declared(crm))
    asking = Asking(wires=wires, traits=read_traits(FORGIVING), deadline=5.0, journal=None)
    for late in (sent(connection, ago=5.0), sent(connection, ago=-1.0), sent(connection, ago=0.0, lease=4.9)):
        assert await asking.ask_for_the_dead(uuid4(), late) is None
    assert crm.posts == []
    answered = await asking.ask_for_the_dead(uuid4(), sent(connection, ago=1.0))
    assert answered
    assert structs.replace(answered.answer, headers={}, body=b"").status == 200
