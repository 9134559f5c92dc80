"""A sign-in from its start to the tokens in the vault, at a real authorization endpoint."""

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from msgspec import structs

from authpulse_chassis.fitness import Pulse
from authpulse_contract.commands import Refused
from authpulse_contract.connecting import (
    CompleteSignIn,
    ConnectReply,
    SignedIn,
    SignInRefused,
    StartByLink,
    StartSignIn,
)
from authpulse_contract.connections import Declaration
from authpulse_contract.events import (
    ConnectCompleted,
    ConnectFailed,
    ConnectionRegistered,
    ConnectStarted,
    Event,
    RefreshSucceeded,
    type_of,
)
from authpulse_contract.secret import Secret
from authpulse_refresher.model import Connection
from authpulse_refresher.provider.wire import Wires
from authpulse_refresher.refreshing.attempt import Attempts
from authpulse_refresher.refreshing.refresh import Refresher
from authpulse_refresher.storage.vault import Vault
from support.idp import Answer, Client, Delay, Idp, Reset
from support.signing_in import BACK, BROWSER, CALLBACK, Person, connecting
from support.vault import declared, outbox, registered, rows, stored
from support.waiting import eventually


@pytest.fixture
def person(vault: Vault, wires: Wires) -> Person:
    return Person(vault, wires)


@pytest.fixture
def crm(idp: Idp) -> Client:
    return idp.client("crm", secret="s3cret")


def refreshing_by_hand(vault: Vault, wires: Wires) -> Refresher:
    """Its loop does not run."""
    attempts = Attempts(vault=vault, wires=wires, deadline=5.0)
    return Refresher(attempts, in_flight=1, per_host=1, poll_interval=1.0, pulse=Pulse())


async def told(vault: Vault) -> list[Event]:
    """The events since the registration."""
    return [event for event in await outbox(vault) if not isinstance(event, ConnectionRegistered)]


async def refused(vault: Vault, reply: ConnectReply, fault: str, *, before: Connection) -> ConnectFailed:
    """`reply` says why, there is one event about it, and what was stored before is untouched."""
    assert isinstance(reply, SignInRefused), reply
    assert reply.fault == fault
    failures = [event for event in await told(vault) if isinstance(event, ConnectFailed)]
    assert [event.detail.cause for event in failures] == [fault]
    assert not [event for event in await told(vault) if isinstance(event, ConnectCompleted)]
    after = await stored(vault)
    assert structs.replace(after, version=before.version, due_at=before.due_at) == before
    return failures[0]


async def test_a_sign_in_gives_a_grant_that_is_refreshed_from_then_on(
    vault: Vault, person: Person, crm: Client, wires: Wires
) -> None:
    before = await registered(vault, connecting(crm, scopes=("read", "write"), authorization_params={"prompt": "x"}))
    assert before.needs_reauth
    started = await person.start()
    query = {name: value for name, (value,) in parse_qs(urlsplit(started.authorization_url).query).items()}
    assert started.authorization_url.startswith(crm.authorization_url + "?")
    assert (started.redirect_uri, query.pop("state")) == (CALLBACK, started.state.reveal())
    assert len(query.pop("code_challenge")) == 43
    assert query == {
        "response_type": "code",
        "client_id": "crm",
        "redirect_uri": CALLBACK,
        "scope": "read write",
        "prompt": "x",
        "code_challenge_method": "S256",
    }
    reply = await person.finish.complete(await person.visit(started.authorization_url))
    after = await stored(vault)
    assert reply == SignedIn(kind="api", name="crm", return_to=BACK, version=after.version)
    assert not after.needs_reauth
    assert after.tokens is not None
    assert after.tokens.scope == "read write"
    assert (after.connection_id, after.authenticated_by) == (before.connection_id, "ada")
    assert [type_of(event) for event in await told(vault)] == ["connect_started", "connect_completed"]
    assert [event.version for event in await outbox(vault)] == [1, 2, 3]
    refresher = refreshing_by_hand(vault, wires)
    decision = await refresher.refresh_now(after.connection_id, "ada")
    assert decision is not None
    assert isinstance(decision.event, RefreshSucceeded)


async def test_the_client_proves_itself_at_the_exchange_as_at_a_refresh(vault: Vault, person: Person, idp: Idp) -> None:
    for auth in ("basic", "basic_raw", "post"):
        client = idp.client("id/with:signs" if auth != "basic_raw" else "id", secret="s+/=%", auth=auth)
        await registered(vault, structs.replace(connecting(client, client_auth=auth), name=auth))
        assert isinstance(await person.sign_in(name=auth), SignedIn)
    wrong = connecting(client, client_auth="basic")
    await registered(vault, wrong)
    reply = await person.sign_in()
    assert isinstance(reply, SignInRefused)
    assert (reply.fault, reply.idp_error_code) == ("code_refused", "invalid_client")


async def test_a_state_is_good_once_and_a_replay_is_told_once(vault: Vault, person: Person, crm: Client) -> None:
    await registered(vault, connecting(crm))
    back = await person.visit((await person.start()).authorization_url)
    assert isinstance(await person.finish.complete(back), SignedIn)
    done = await stored(vault)
    for _ in range(3):
        reply = await person.finish.complete(back)
        assert isinstance(reply, SignInRefused)
        assert reply.fault == "used_state"
    assert [type_of(event) for event in await told(vault)] == ["connect_started", "connect_completed", "connect_failed"]
    assert (await stored(vault)).tokens == done.tokens
    assert len(crm.posts) == 1


async def test_two_callbacks_at_once_exchange_one_code_once(vault: Vault, person: Person, crm: Client) -> None:
    await registered(vault, connecting(crm))
    back = await person.visit((await person.start()).authorization_url)
    replies = await asyncio.gather(*(person.finish.complete(back) for _ in range(5)))
    assert [type(reply) for reply in replies].count(SignedIn) == 1
    assert len(crm.posts) == 1


async def test_an_unknown_state_is_refused_and_touches_nothing(vault: Vault, person: Person, crm: Client) -> None:
    await registered(vault, connecting(crm))
    reply = await person.finish.complete(CompleteSignIn(state=Secret("made-up"), browser=BROWSER, code=Secret("c")))
    assert reply == SignInRefused(fault="unknown_state")
    assert await told(vault) == []


@pytest.mark.parametrize("browser", [None, Secret("another"), Secret("")])
async def test_a_sign_in_begun_in_another_browser_is_refused_and_its_state_spent(
    vault: Vault, person: Person, crm: Client, browser: Secret | None
) -> None:
    """Login CSRF and state fixation: the victim's browser comes with the attacker's state and code."""
    before = await registered(vault, declared(crm, authorization_url=crm.authorization_url))
    back = await person.visit((await person.start()).authorization_url)
    reply = await person.finish.complete(structs.replace(back, browser=browser))
    await refused(vault, reply, "other_browser", before=before)
    again = await person.finish.complete(back)
    assert isinstance(again, SignInRefused)
    assert again.fault == "used_state"
    assert crm.posts == []


async def test_an_expired_state_is_refused(vault: Vault, person: Person, crm: Client) -> None:
    before = await registered(vault, declared(crm, authorization_url=crm.authorization_url))
    back = await person.visit((await person.start()).authorization_url)
    await rows(vault, "update vault.sign_ins set expires_at = clock_timestamp()")
    await refused(vault, await person.finish.complete(back), "expired_state", before=before)
    assert crm.posts == []


async def test_a_code_of_another_sign_in_is_refused_by_its_challenge(vault: Vault, person: Person, crm: Client) -> None:
    """Code injection: PKCE binds the code to the verifier of the sign-in that it was issued for."""
    before = await registered(vault, declared(crm, authorization_url=crm.authorization_url))
    attacker = await person.visit((await person.start()).authorization_url)
    victim = await person.visit((await person.start()).authorization_url)
    reply = await person.finish.complete(structs.replace(victim, code=attacker.code))
    failure = await refused(vault, reply, "code_refused", before=before)
    assert (failure.detail.idp_error_code, failure.detail.http_status) == ("invalid_grant", 400)


@pytest.mark.parametrize(
    ("declares_issuer", "iss"),
    [(True, "https://evil.example"), (True, None), (False, "https://evil.example"), (False, "http://[broken")],
)
async def test_a_callback_of_another_idp_is_refused_before_its_code_goes_anywhere(
    vault: Vault, person: Person, crm: Client, declares_issuer: bool, iss: str | None
) -> None:
    """Mix-up (RFC 9207): the code of an honest IdP must not be handed to another one."""
    crm.iss = True
    issuer = {"issuer": crm.issuer} if declares_issuer else {}
    before = await registered(vault, declared(crm, authorization_url=crm.authorization_url, **issuer))
    back = await person.visit((await person.start()).authorization_url)
    assert back.iss == crm.issuer
    await refused(vault, await person.finish.complete(structs.replace(back, iss=iss)), "wrong_issuer", before=before)
    assert crm.posts == []


@pytest.mark.parametrize("declares_issuer", [True, False])
async def test_the_right_issuer_passes(vault: Vault, person: Person, crm: Client, declares_issuer: bool) -> None:
    crm.iss = True
    await registered(vault, connecting(crm, **({"issuer": crm.issuer} if declares_issuer else {})))
    assert isinstance(await person.sign_in(), SignedIn)


@pytest.mark.parametrize(
    ("sent", "fault", "code"),
    [
        ({"code": "", "error": "access_denied"}, "idp_refused", "access_denied"),
        ({"error": "<script>alert(1)</script>"}, "idp_refused", "<script>alert(1)</script>"),
        ({"error": "see https://evil.example/x"}, "idp_refused", "(redacted: URL-shaped content)"),
        ({"code": ""}, "no_code", None),
    ],
)
async def test_what_the_idp_refuses_is_told_and_changes_nothing(  # noqa: PLR0913, PLR0917 -- fixtures
    vault: Vault, person: Person, crm: Client, sent: dict[str, str], fault: str, code: str | None
) -> None:
    before = await registered(vault, declared(crm, authorization_url=crm.authorization_url))
    crm.answer_authorization = sent
    failure = await refused(vault, await person.sign_in(), fault, before=before)
    assert failure.detail.idp_error_code == code
    assert crm.posts == []


@pytest.mark.parametrize(
    ("manner", "fault"),
    [
        (Answer.error(400, "invalid_grant"), "code_refused"),
        (Answer.error(401, "invalid_client"), "code_refused"),
        (Answer.error(503), "code_refused"),
        (Answer(status=200, body=b"{}"), "code_refused"),
        (Reset(), "no_answer"),
    ],
)
async def test_a_failed_exchange_is_told_and_leaves_the_old_grant(
    vault: Vault, person: Person, crm: Client, manner: Any, fault: str
) -> None:
    before = await registered(vault, declared(crm, authorization_url=crm.authorization_url))
    crm.next(manner)
    await refused(vault, await person.sign_in(), fault, before=before)
    assert len(crm.posts) == 1


async def test_a_vault_that_cannot_store_loses_nothing_that_was_there(
    vault: Vault, person: Person, crm: Client
) -> None:
    before = await registered(vault, declared(crm, authorization_url=crm.authorization_url))
    await rows(
        vault,
        "create function vault.no() returns trigger language plpgsql as $$ begin raise 'no'; end $$;"
        "create trigger no before insert or update on vault.tokens for each row execute function vault.no()",
    )
    await refused(vault, await person.sign_in(), "not_stored", before=before)


async def test_a_completed_sign_in_wins_over_a_refresh_that_began_before_and_ends_after_it(
    vault: Vault, person: Person, crm: Client, wires: Wires
) -> None:
    before = await registered(vault, declared(crm, authorization_url=crm.authorization_url))
    refresher = refreshing_by_hand(vault, wires)
    back = await person.visit((await person.start()).authorization_url)
    crm.next(Delay(seconds=0.5))
    refreshing = asyncio.create_task(refresher.refresh_now(before.connection_id, "system"))
    await eventually(lambda: _count(crm), 1)
    assert isinstance(await person.finish.complete(back), SignedIn)
    connected = await stored(vault)
    assert await refreshing is None
    after = await stored(vault)
    assert (after.tokens, after.version, after.needs_reauth) == (connected.tokens, connected.version, False)
    assert (await rows(vault, "select attempt_id from vault.due")) == [{"attempt_id": None}]


@pytest.mark.parametrize("refusal", [None, Answer.error(400, "invalid_grant")])
async def test_a_completed_sign_in_wins_over_a_refresh_that_ends_while_its_code_is_exchanged(
    vault: Vault, person: Person, crm: Client, wires: Wires, refusal: Answer | None
) -> None:
    before = await registered(vault, declared(crm, authorization_url=crm.authorization_url))
    refresher = refreshing_by_hand(vault, wires)
    back = await person.visit((await person.start()).authorization_url)
    crm.next(Delay(seconds=0.5))
    exchanging = asyncio.create_task(person.finish.complete(back))
    await eventually(lambda: _count(crm), 1)
    if refusal:
        crm.next(refusal)
    assert await refresher.refresh_now(before.connection_id, "system") is not None
    refreshed = await stored(vault)
    assert isinstance(await exchanging, SignedIn)
    after = await stored(vault)
    assert after.generation == refreshed.generation + 1
    assert not after.needs_reauth
    assert after.tokens is not None
    assert [type_of(event) for event in await told(vault)][-1] == "connect_completed"


async def test_a_sign_in_for_what_has_become_another_client_is_refused_and_its_code_goes_nowhere(
    vault: Vault, person: Person, crm: Client, idp: Idp
) -> None:
    """token_url moved: neither the stored tokens nor the code of a sign-in under way are sent to the new host."""
    await registered(vault, declared(crm, authorization_url=crm.authorization_url))
    back = await person.visit((await person.start()).authorization_url)
    evil = idp.client("crm", secret="s3cret")
    moved = await registered(vault, connecting(evil))
    assert (moved.tokens, moved.needs_reauth) == (None, True)
    await refused(vault, await person.finish.complete(back), "connection_changed", before=moved)
    assert (crm.posts, evil.posts) == ([], [])


async def test_a_changed_secret_alone_does_not_end_a_sign_in(vault: Vault, person: Person, crm: Client) -> None:
    await registered(vault, connecting(crm))
    back = await person.visit((await person.start()).authorization_url)
    crm.secret = "new"
    await registered(vault, connecting(crm))
    assert isinstance(await person.finish.complete(back), SignedIn)


async def test_what_has_nobody_to_sign_in_cannot_be_connected(vault: Vault, person: Person, crm: Client) -> None:
    await registered(vault, structs.replace(connecting(crm), name="no-url", oauth=declared(crm).oauth))
    await registered(vault, structs.replace(declared(crm, grant="client_credentials"), name="machine"))
    await registered(vault, Declaration(kind="api", name="plain"))
    slugs = {}
    for name in ("no-url", "machine", "plain", "unknown"):
        command = StartSignIn(
            kind="api", name=name, actor="ada", browser=BROWSER, redirect_uri=CALLBACK, return_to=BACK
        )
        reply = await person.begin.start(command)
        assert isinstance(reply, Refused)
        slugs[name] = reply.slug
    assert slugs == {
        "no-url": "conflict",
        "machine": "not_oauth",
        "plain": "not_oauth",
        "unknown": "unknown_connection",
    }
    reply = await person.begin.start_by_link(
        StartByLink(link=Secret("made-up"), browser=BROWSER, redirect_uri=CALLBACK)
    )
    assert isinstance(reply, Refused)
    assert not [event for event in await told(vault) if isinstance(event, ConnectStarted)]


async def test_neither_state_verifier_code_nor_token_shows_in_events_or_stands_open_in_the_vault(
    vault: Vault, person: Person, crm: Client
) -> None:
    await registered(vault, connecting(crm))
    started = await person.start()
    verifiers = await rows(vault, "select verifier from vault.sign_ins")
    assert len(verifiers[0]["verifier"]) > 86
    back = await person.visit(started.authorization_url)
    assert back.code is not None
    reply = await person.finish.complete(back)
    assert isinstance(reply, SignedIn)
    tokens = (await stored(vault)).tokens
    assert tokens is not None
    assert tokens.access_token is not None
    assert tokens.refresh_token is not None
    secrets = [each.reveal() for each in (back.state, back.code, tokens.access_token, tokens.refresh_token, BROWSER)]
    tables = ("sign_ins", "connections", "tokens", "due", "outbox")
    everything = str([await rows(vault, f"table vault.{table}") for table in tables]) + repr(reply)
    for secret in (*secrets, "s3cret"):
        assert secret not in everything
        assert secret.encode().hex() not in everything
    assert (await rows(vault, "select verifier from vault.sign_ins")) == [{"verifier": None}]


async def _count(client: Client) -> int:
    return len(client.posts)
