"""A sign-in whose refresher dies while its code is exchanged: what the IdP issued is stored, or else it is told of."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import nats
import nats.errors
import pytest
from msgspec import structs
from nats.aio.client import Client as Bus

from authpulse_contract.codec import from_json, to_json
from authpulse_contract.commands import Remove
from authpulse_contract.connecting import COMPLETE, STATUS, ConnectReply, SignedIn, StatusOf
from authpulse_contract.events import ConnectCompleted, ConnectFailed, type_of
from authpulse_contract.subjects import command_subject
from authpulse_refresher.commanding.registry import remove
from authpulse_refresher.housekeeping import tidy
from authpulse_refresher.model import Connection
from authpulse_refresher.provider.wire import Wires
from authpulse_refresher.storage.vault import Vault
from support.idp import Client, Delay, Idp, Sent, Slow
from support.idp.manners import Scripted
from support.outages import DatabaseOutage
from support.refreshers import Refreshers, row_locked
from support.signing_in import Person, connecting
from support.vault import outbox, registered, rows, stored
from support.waiting import eventually

SOON = Delay(seconds=0.5)


@pytest.fixture
async def bus(nats_url: str) -> AsyncIterator[Bus]:
    connected = await nats.connect(nats_url, allow_reconnect=False)
    yield connected
    await connected.close()


@pytest.fixture
async def refreshers(vault: Vault, vault_url: str, nats_url: str, tmp_path: Path) -> AsyncIterator[Refreshers]:
    """They answer commands; what they would publish stays in the outbox, where the tests read it."""
    await rows(vault, "update vault.relay set held_until = clock_timestamp() + interval '1 hour'")
    running = Refreshers(vault_url, tmp_path, nats_url)
    try:
        yield running
    finally:
        running.kill()


class Signing:
    """Ada, who has connected `api/crm` once and comes back from the IdP a second time."""

    def __init__(self, vault: Vault, bus: Bus, crm: Client, person: Person) -> None:
        self.vault, self.crm, self.person = vault, crm, person
        self._bus = bus

    async def once(self) -> Connection:
        """The grant of the first time, which is not due for long."""
        await registered(self.vault, connecting(self.crm))
        assert isinstance(await self.person.sign_in(), SignedIn)
        await self.forget_told()
        return await stored(self.vault)

    async def forget_told(self) -> None:
        await rows(self.vault, "delete from vault.outbox")

    @asynccontextmanager
    async def again(self, manner: Scripted = SOON) -> AsyncIterator[asyncio.Task[ConnectReply]]:
        """The code is with the IdP, which has not answered yet; the reply to come, of which nobody may hear."""
        await eventually(self._answered, wanted=True)
        back = await self.person.visit((await self.person.start()).authorization_url)
        await self.forget_told()
        self.crm.next(manner)
        asked = len(self.crm.posts)
        replying = asyncio.create_task(self._reply(to_json(back)))
        try:
            await eventually(self._posts, asked + 1)
            yield replying
        finally:
            replying.cancel()
            await asyncio.wait({replying})

    async def _answered(self) -> bool:
        try:
            await self._bus.request(command_subject(STATUS), to_json(StatusOf(kind="api", name="crm")), timeout=1)
        except nats.errors.Error:
            return False
        return True

    async def _reply(self, body: bytes) -> ConnectReply:
        reply = await self._bus.request(command_subject(COMPLETE), body, timeout=30)
        return from_json(reply.data, ConnectReply)  # type: ignore[arg-type]  # a union

    async def _posts(self) -> int:
        return len(self.crm.posts)

    async def told(self) -> list[str]:
        return [type_of(event) for event in await outbox(self.vault)]


@pytest.fixture
async def signing(vault: Vault, bus: Bus, idp: Idp) -> AsyncIterator[Signing]:
    client, wires = idp.client("crm", secret="s3cret"), Wires()
    client.subject = "ada@idp"
    yield Signing(vault, bus, client, Person(vault, wires))
    await wires.close()


def echo_late(sent: Sent) -> Slow:
    said = json.dumps({"error": f"no {sent.form['code']} and no {sent.form['code_verifier']}"})
    return Slow(chunk=said.encode(), pause=0.5, times=1)


async def assert_connected(signing: Signing, before: Connection) -> None:
    """The new grant is the stored one, told of once."""
    await eventually(signing.told, ["connect_completed"])
    (event,) = await outbox(signing.vault)
    assert isinstance(event, ConnectCompleted)
    after = await stored(signing.vault)
    assert after.tokens
    assert after.tokens.refresh_token
    assert signing.crm.families[-1].live == {after.tokens.refresh_token.reveal()}
    assert (after.version, after.generation) == (event.version, before.generation + 1)
    assert (after.account, after.authenticated_by, after.needs_reauth) == (before.account, "ada", False)
    assert after.account is not None


async def test_what_a_sign_in_brought_is_stored_although_its_refresher_is_killed_before_the_commit(
    vault_url: str, signing: Signing, refreshers: Refreshers
) -> None:
    before = await signing.once()
    first = refreshers.start()
    async with signing.again(), row_locked(vault_url):
        await eventually(refreshers.answers, 1)
        first.kill()
        refreshers.start()
    await assert_connected(signing, before)
    await eventually(refreshers.answers, 0)


async def test_what_a_sign_in_brought_while_the_database_was_away_outlives_its_refresher(
    vault_url: str, signing: Signing, refreshers: Refreshers
) -> None:
    before, outage = await signing.once(), DatabaseOutage(vault_url)
    first = refreshers.start()
    async with signing.again():
        outage.begin()
        await eventually(refreshers.answers, 1)
        first.kill()
        outage.end()
        refreshers.start()
    await assert_connected(signing, before)


async def test_a_sign_in_that_finds_the_database_away_is_stored_once_it_is_back(
    vault_url: str, signing: Signing, refreshers: Refreshers
) -> None:
    before, outage = await signing.once(), DatabaseOutage(vault_url)
    refreshers.start()
    async with signing.again() as replying:
        outage.begin()
        await eventually(refreshers.answers, 1)
        outage.end()
        assert isinstance(await replying, SignedIn)
    await assert_connected(signing, before)
    await eventually(refreshers.answers, 0)


async def test_a_refresher_that_is_asked_to_stop_stores_the_sign_in_first(
    signing: Signing, refreshers: Refreshers
) -> None:
    before = await signing.once()
    first = refreshers.start()
    async with signing.again() as replying:
        first.terminate()
        assert isinstance(await replying, SignedIn)
        assert await asyncio.to_thread(first.wait) == 0
    await assert_connected(signing, before)
    assert list(refreshers.spill.iterdir()) == []


async def test_a_sign_in_killed_before_the_idp_answered_is_told_of_and_leaves_the_old_grant(
    signing: Signing, refreshers: Refreshers
) -> None:
    before = await signing.once()
    first = refreshers.start()
    async with signing.again(Delay(seconds=30.0)):
        first.kill()
        refreshers.start()
        await eventually(signing.told, ["connect_failed"])
    (event,) = await outbox(signing.vault)
    assert isinstance(event, ConnectFailed)
    assert event.detail.cause == "interrupted"
    after = await stored(signing.vault)
    assert structs.replace(after, version=before.version, due_at=before.due_at) == before


async def test_a_refusal_that_a_dead_refresher_heard_is_told_and_repeats_no_code(
    vault_url: str, signing: Signing, refreshers: Refreshers
) -> None:
    before = await signing.once()
    first = refreshers.start()
    async with signing.again(echo_late), row_locked(vault_url):
        await eventually(refreshers.answers, 1)
        first.kill()
        refreshers.start()
    await eventually(signing.told, ["connect_failed"])
    (event,) = await outbox(signing.vault)
    assert isinstance(event, ConnectFailed)
    assert (event.detail.cause, event.detail.idp_error_code) == ("code_refused", "no *** and no ***")
    assert (await stored(signing.vault)).tokens == before.tokens


async def test_what_is_adopted_for_a_connection_that_is_gone_is_not_stored(
    vault: Vault, vault_url: str, signing: Signing, refreshers: Refreshers
) -> None:
    await signing.once()
    first = refreshers.start()
    async with signing.again(), row_locked(vault_url):
        await eventually(refreshers.answers, 1)
        first.kill()
    await remove(vault, Remove(kind="api", name="crm", actor="ada", declared_by="file"))
    anew = await registered(vault, connecting(signing.crm))
    refreshers.start()
    await eventually(refreshers.answers, 0)
    assert await signing.told() == ["connection_removed", "connection_registered", "connect_failed"]
    after = await stored(vault)
    assert structs.replace(after, version=anew.version) == anew
    assert await rows(vault, "table vault.tokens") == []


async def test_a_sign_in_is_kept_until_its_outcome_has_been_told(vault: Vault, signing: Signing) -> None:
    await signing.once()
    state = (await signing.person.start()).state
    spent = "update vault.sign_ins set spent_at = now() where state_hash = sha256(%(state)s::bytea)"
    await rows(vault, spent, state=state.reveal())
    assert (await rows(vault, "select count(*) from vault.sign_ins")) == [{"count": 2}]
    for days, left in ((2, [{"told": None}]), (31, [])):
        await rows(vault, "update vault.sign_ins set expires_at = now() - make_interval(days => %(days)s)", days=days)
        async with vault.pool.connection() as db:
            await tidy(db)
        assert await rows(vault, "select told from vault.sign_ins") == left
