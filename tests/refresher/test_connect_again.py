"""What becomes of a grant after its sign-in: another account, a mended client, a disconnect, a removal, a link."""

import asyncio
import random
from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs

from authpulse_chassis.fitness import Pulse
from authpulse_contract.commands import Done, ForgetToken, Refused, Register, Remove
from authpulse_contract.connecting import (
    FindLink,
    LinkFound,
    LinkMade,
    MakeLink,
    SignedIn,
    SignInRefused,
    SignInStarted,
    StartByLink,
)
from authpulse_contract.events import (
    ConnectCompleted,
    RefreshFailedRevoked,
    RefreshSucceeded,
    TokenDeletedAdmin,
    TokenDeletedDetail,
    type_of,
)
from authpulse_contract.secret import Secret
from authpulse_refresher.commanding.disconnect import Disconnect
from authpulse_refresher.commanding.registry import register, remove
from authpulse_refresher.connecting.links import find_link, make_link
from authpulse_refresher.housekeeping import tidy
from authpulse_refresher.provider.wire import Wires
from authpulse_refresher.refreshing.attempt import Attempts
from authpulse_refresher.refreshing.refresh import Refresher
from authpulse_refresher.storage.vault import Vault
from support.idp import Answer, Client, Delay, Idp
from support.signing_in import BROWSER, CALLBACK, Person, connecting
from support.vault import declared, outbox, registered, rows, stored
from support.waiting import eventually


@pytest.fixture
def person(vault: Vault, wires: Wires) -> Person:
    return Person(vault, wires)


@pytest.fixture
def crm(idp: Idp) -> Client:
    return idp.client("crm", secret="s3cret")


def refreshing(vault: Vault, wires: Wires, *, keep_days: float = 7.0) -> Refresher:
    attempts = Attempts(vault=vault, wires=wires, deadline=5.0, keep_for=timedelta(days=keep_days))
    return Refresher(attempts, in_flight=1, per_host=1, poll_interval=1.0, pulse=Pulse())


async def newest(vault: Vault) -> Any:
    return (await outbox(vault))[-1]


async def test_another_account_is_refused_unless_it_is_meant(vault: Vault, person: Person, crm: Client) -> None:
    await registered(vault, connecting(crm))
    crm.subject = "ada"
    assert isinstance(await person.sign_in(), SignedIn)
    before = await stored(vault)
    assert isinstance(await person.sign_in(), SignedIn)
    crm.subject = "somebody@idp"
    refused = await person.sign_in()
    assert isinstance(refused, SignInRefused)
    assert refused.fault == "other_account"
    assert (await newest(vault)).detail.cause == "other_account"
    assert (await stored(vault)).account == before.account
    assert isinstance(await person.sign_in(other_account=True), SignedIn)
    assert (await newest(vault)).detail.account_changed
    crm.id_claims = {"aud": "somebody-else"}
    refused = await person.sign_in(other_account=True)
    assert isinstance(refused, SignInRefused)
    assert refused.fault == "bad_id_token"
    assert "somebody@idp" not in str(await rows(vault, "table vault.connections")) + str(await outbox(vault))


async def test_scopes_that_are_gone_are_named(vault: Vault, person: Person, crm: Client) -> None:
    await registered(vault, connecting(crm, scopes=("read", "write")))
    crm.scope = "read extra"
    await person.sign_in()
    assert (await newest(vault)).detail.missing_scopes == ("write",)
    crm.scope = "read"
    await person.sign_in()
    completed = await newest(vault)
    assert isinstance(completed, ConnectCompleted)
    assert completed.detail.missing_scopes == ("write", "extra")


async def test_a_mended_secret_brings_the_grant_back_without_anybody_signing_in(
    vault: Vault, wires: Wires, crm: Client
) -> None:
    brought = declared(crm)
    known = await registered(vault, brought)
    refresher = refreshing(vault, wires)
    crm.secret = "rotated"
    refused = await refresher.refresh_now(known.connection_id, "system")
    assert refused is not None
    assert isinstance(refused.event, RefreshFailedRevoked)
    assert refused.event.detail.kept_until is not None
    assert refused.event.state.needs_reauth
    assert await rows(vault, "table vault.tokens") == []
    kept = (await stored(vault)).kept
    assert kept is not None
    again = await refresher.refresh_now(known.connection_id, "system")
    assert again is not None
    assert (await stored(vault)).kept == kept
    mended = await registered(vault, structs.replace(brought, client_secret=Secret("rotated")))
    assert mended.needs_reauth
    assert mended.due_at is not None
    recovered = await refresher.refresh_now(known.connection_id, "system")
    assert recovered is not None
    assert isinstance(recovered.event, RefreshSucceeded)
    assert recovered.event.detail.cause == "recovered"
    after = await stored(vault)
    assert (after.needs_reauth, after.kept) == (False, None)
    assert await rows(vault, "table vault.kept_tokens") == []


@pytest.mark.parametrize(
    ("keep_days", "answer"), [(0.0, Answer.error(401, "invalid_client")), (7.0, Answer.error(400, "invalid_grant"))]
)
async def test_nothing_is_kept_where_that_is_off_or_the_grant_itself_is_dead(
    vault: Vault, wires: Wires, crm: Client, keep_days: float, answer: Answer
) -> None:
    known = await registered(vault, declared(crm))
    crm.next(answer)
    await refreshing(vault, wires, keep_days=keep_days).refresh_now(known.connection_id, "system")
    assert (await stored(vault)).kept is None
    assert await rows(vault, "table vault.kept_tokens") == []


async def test_what_is_kept_is_gone_when_its_time_has_come(vault: Vault, wires: Wires, crm: Client) -> None:
    known = await registered(vault, declared(crm))
    crm.next(Answer.error(400, "unauthorized_client"))
    await refreshing(vault, wires).refresh_now(known.connection_id, "system")
    await rows(vault, "update vault.kept_tokens set kept_until = clock_timestamp()")
    assert (await stored(vault)).kept is None
    async with vault.pool.connection() as db:
        await tidy(db)
    assert await rows(vault, "table vault.kept_tokens") == []


@pytest.mark.parametrize(
    ("endpoint", "detail"),
    [
        ("declared", TokenDeletedDetail(revoked_at_idp=True)),
        ("published", TokenDeletedDetail(revoked_at_idp=True)),
        ("refusing", TokenDeletedDetail(revoked_at_idp=False, cause="unsupported_token_type")),
        ("down", TokenDeletedDetail(revoked_at_idp=False, cause="connect")),
        ("none", TokenDeletedDetail(cause="no_revocation_endpoint")),
    ],
)
async def test_a_disconnect_revokes_where_it_can_and_says_what_came_of_it(
    vault: Vault, wires: Wires, crm: Client, endpoint: str, detail: TokenDeletedDetail
) -> None:
    members = {"issuer": crm.issuer} if endpoint == "published" else {"revocation_url": crm.revocation_url}
    members = {"revocation_url": "http://127.0.0.1:9/revoke"} if endpoint == "down" else members
    known = await registered(vault, declared(crm, **({} if endpoint == "none" else members)))
    assert known.tokens is not None
    assert known.tokens.refresh_token is not None
    crm.refuses_revocation = endpoint == "refusing"
    disconnect = Disconnect(vault=vault, wires=wires, deadline=2.0)
    reply = await disconnect.forget(ForgetToken(kind="api", name="crm", actor="ada"))
    assert isinstance(reply, Done)
    event = await newest(vault)
    assert isinstance(event, TokenDeletedAdmin)
    assert event.detail == detail
    assert crm.revoked == ([known.tokens.refresh_token.reveal()] if detail.revoked_at_idp else [])
    assert await rows(vault, "table vault.tokens") == []
    assert await disconnect.forget(ForgetToken(kind="api", name="crm", actor="ada")) == Done(
        action="unchanged", version=event.version
    )


async def test_a_removal_while_a_refresh_is_under_way_leaves_no_orphan_and_no_ghost(
    vault: Vault, wires: Wires, crm: Client
) -> None:
    known = await registered(vault, declared(crm))
    crm.next(Delay(seconds=0.5))
    under_way = asyncio.create_task(refreshing(vault, wires).refresh_now(known.connection_id, "system"))

    async def posts() -> int:
        return len(crm.posts)

    await eventually(posts, 1)
    await remove(vault, Remove(kind="api", name="crm", actor="ada", declared_by="file"))
    anew = await registered(vault, connecting(crm))
    assert await under_way is None
    after = await stored(vault)
    assert (after.connection_id, after.tokens, after.needs_reauth) == (known.connection_id, None, True)
    assert (after.version, after.generation) == (anew.version, anew.generation)
    assert await rows(vault, "table vault.tokens") == []
    assert [event.version for event in await outbox(vault)] == [1, 2, 3]


async def test_many_removed_and_registered_anew_in_mid_refresh_keep_counting_and_keep_no_token(
    vault: Vault, wires: Wires, idp: Idp
) -> None:
    refresher, chance = refreshing(vault, wires), random.Random(4)  # noqa: S311 -- who is first

    async def live(name: str) -> None:
        client = idp.client(name, secret="s3cret")
        client.always(Delay(seconds=chance.random() / 5))
        known = await registered(vault, declared(client, name=name))
        under_way = asyncio.create_task(refresher.refresh_now(known.connection_id, "system"))
        await asyncio.sleep(chance.random() / 5)
        await remove(vault, Remove(kind="api", name=name, actor="ada", declared_by="file"))
        await registered(vault, structs.replace(connecting(client), name=name))
        await under_way

    names = [f"c{number}" for number in range(20)]
    await asyncio.gather(*map(live, names))
    assert await rows(vault, "table vault.tokens") == []
    assert await rows(vault, "select name from vault.connections where not needs_reauth") == []
    versions: dict[str, list[int]] = {name: [] for name in names}
    for event in await outbox(vault):
        versions[event.connection_name].append(event.version)
    assert all(each == list(range(1, len(each) + 1)) for each in versions.values())
    assert {len(each) for each in versions.values()} == {3, 4}, "some refreshes were in time, and some came too late"


async def test_a_removal_ends_sign_ins_and_links(vault: Vault, person: Person, crm: Client) -> None:
    await registered(vault, connecting(crm))
    made = await make_link(vault, MakeLink(kind="api", name="crm", actor="ada"))
    assert isinstance(made, LinkMade)
    back = await person.visit((await person.start()).authorization_url)
    await remove(vault, Remove(kind="api", name="crm", actor="ada", declared_by="file"))
    events = len(await outbox(vault))
    gone = await person.finish.complete(back)
    assert isinstance(gone, SignInRefused)
    assert gone.fault == "connection_changed"
    assert len(await outbox(vault)) == events
    await registered(vault, connecting(crm))
    assert isinstance(await find_link(vault, FindLink(link=made.link)), Refused)
    assert crm.posts == []


async def test_a_link_lets_its_holder_sign_in_once(vault: Vault, person: Person, crm: Client) -> None:
    await registered(vault, connecting(crm))
    made = await make_link(vault, MakeLink(kind="api", name="crm", actor="ada", valid_for=60.0))
    assert isinstance(made, LinkMade)
    assert made.link.reveal() not in str(await rows(vault, "table vault.owner_links"))
    found = await find_link(vault, FindLink(link=made.link))
    assert isinstance(found, LinkFound)
    assert (found.kind, found.name, found.expires_at) == ("api", "crm", made.expires_at)
    use = StartByLink(link=made.link, browser=BROWSER, redirect_uri=CALLBACK)
    first, second = await person.begin.start_by_link(use), await person.begin.start_by_link(use)
    assert isinstance(first, SignInStarted)
    assert isinstance(second, SignInStarted)
    voided = await person.finish.complete(await person.visit(first.authorization_url))
    assert isinstance(voided, SignInRefused)
    done = await person.finish.complete(await person.visit(second.authorization_url))
    assert isinstance(done, SignedIn)
    assert done.return_to == ""
    assert (await newest(vault)).actor == "link:ada"
    assert isinstance(await person.begin.start_by_link(use), Refused)
    for valid_for in (0.0, 31 * 86_400.0):
        refused = await make_link(vault, MakeLink(kind="api", name="crm", actor="ada", valid_for=valid_for))
        assert isinstance(refused, Refused)
        assert refused.member == "valid_for"


async def test_an_expired_link_opens_nothing(vault: Vault, person: Person, crm: Client) -> None:
    await registered(vault, connecting(crm))
    made = await make_link(vault, MakeLink(kind="api", name="crm", actor="ada"))
    assert isinstance(made, LinkMade)
    await rows(vault, "update vault.owner_links set expires_at = clock_timestamp()")
    use = StartByLink(link=made.link, browser=BROWSER, redirect_uri=CALLBACK)
    assert isinstance(await person.begin.start_by_link(use), Refused)
    assert isinstance(await find_link(vault, FindLink(link=made.link)), Refused)


async def test_an_issuer_fills_the_endpoints_that_are_not_declared(
    vault: Vault, wires: Wires, person: Person, crm: Client
) -> None:
    crm.iss = True
    config = {"token_url": "", "authorization_url": None, "issuer": crm.issuer}
    known = await registered(vault, connecting(crm, **config))
    assert known.oauth is not None
    assert known.oauth.token_url == crm.token_url
    assert isinstance(await person.sign_in(), SignedIn)
    command = Register(declaration=connecting(crm, **config), declared_by="file", actor="ada")
    unchanged = await register(vault, wires, command)
    assert isinstance(unchanged, Done)
    assert unchanged.action == "unchanged"
    for issuer in (crm.issuer + "/", "http://127.0.0.1:9", "http://169.254.169.254"):
        bad = structs.replace(connecting(crm, **(config | {"issuer": issuer, "allow_http": True})), name="bad")
        reply = await register(vault, wires, Register(declaration=bad, declared_by="file", actor="ada"))
        assert isinstance(reply, Refused)
        assert reply.member == "issuer"
    assert [type_of(event) for event in await outbox(vault)][-1] == "connect_completed"


async def test_a_metadata_address_is_refused_at_registration(vault: Vault, wires: Wires, crm: Client) -> None:
    bad = connecting(crm, token_url="https://169.254.169.254/latest")
    reply = await register(vault, wires, Register(declaration=bad, declared_by="file", actor="ada"))
    assert isinstance(reply, Refused)
    assert reply.member == "token_url"
