"""Each command over NATS gets a value for an answer, whatever is wrong with it or with the world."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import nats
import pytest
from faststream.nats import NatsBroker

from authpulse_chassis.fitness import Pulse
from authpulse_contract.codec import from_json, to_json
from authpulse_contract.commands import (
    ConnectionPage,
    Done,
    ForgetToken,
    ListConnections,
    NeedsReauth,
    RefreshNow,
    Refused,
    Register,
    Remove,
    Reply,
    TryLater,
)
from authpulse_contract.connections import Declaration
from authpulse_contract.secret import Secret
from authpulse_contract.subjects import command_subject
from authpulse_refresher.commanding.commands import answer_commands
from authpulse_refresher.connecting.finish import Finish
from authpulse_refresher.provider.wire import Wires
from authpulse_refresher.refreshing.attempt import Attempts
from authpulse_refresher.refreshing.refresh import Refresher
from authpulse_refresher.refreshing.tokens import TokenDesk
from authpulse_refresher.storage.vault import Vault
from support.idp import Answer, Hang, Idp
from support.vault import declared, outbox, rows, stored

Ask = Callable[[str, object], Coroutine[Any, Any, Reply]]
ME = {"kind": "api", "name": "crm", "actor": "me"}
UNKNOWN = Refused(slug="unknown_connection", detail="No such connection is registered.")


@pytest.fixture
async def ask(vault: Vault, nats_url: str) -> AsyncIterator[Ask]:
    """Two refreshers that share the commands; sends a Struct, or bytes as they are."""
    brokers, wires = [NatsBroker(nats_url, apply_types=False, logger=None) for _ in range(2)], Wires()
    for broker in brokers:
        attempts = Attempts(vault=vault, wires=wires, deadline=1.0)
        refresher = Refresher(attempts, in_flight=10, per_host=10, poll_interval=1.0, pulse=Pulse())
        answer_commands(broker, Finish(vault), wires, refresher, TokenDesk(vault, refresher, patience=1.0))
        await broker.start()
    bus = await nats.connect(nats_url)

    async def send(verb: str, command: object) -> Reply:
        body = command if isinstance(command, bytes) else to_json(command)
        reply = await bus.request(command_subject(verb), body, timeout=10)
        return from_json(reply.data, Reply)  # type: ignore[arg-type]  # a union is a type to msgspec

    yield send
    await bus.close()
    for broker in brokers:
        await broker.stop()
    await wires.close()


def register(declaration: Declaration, *, dry_run: bool = False) -> Register:
    return Register(declaration=declaration, declared_by="file", actor="me", dry_run=dry_run)


async def test_a_connection_is_made_changed_and_removed_and_each_says_what_it_did(ask: Ask, idp: Idp) -> None:
    declaration = declared(idp.client("crm", secret="s3cret"))
    assert await ask("register", register(declaration)) == Done(action="created", version=1)
    assert await ask("register", register(declaration)) == Done(action="unchanged", version=1)
    changed = msgspec.structs.replace(declaration, client_secret=Secret("another"))
    assert await ask("register", register(changed)) == Done(action="changed", changed=("client_secret",), version=2)
    remove = Remove(kind="api", name="crm", actor="me", declared_by="file")
    assert await ask("remove", remove) == Done(action="removed", tokens_forgotten=True, version=3)
    assert await ask("remove", remove) == UNKNOWN
    created = await ask("register", register(declaration))
    assert isinstance(created, Done)
    assert (created.action, created.version) == ("created", 4)


async def test_a_dry_run_says_the_same_and_does_nothing(ask: Ask, vault: Vault, idp: Idp) -> None:
    declaration = declared(idp.client("crm", secret="s3cret"))
    assert await ask("register", register(declaration, dry_run=True)) == Done(action="created", version=1)
    assert await outbox(vault) == []
    await ask("register", register(declaration))
    remove = Remove(kind="api", name="crm", actor="me", declared_by="file", dry_run=True)
    assert await ask("remove", remove) == Done(action="removed", tokens_forgotten=True, version=2)
    assert (await stored(vault)).version == 1


async def test_a_declaration_that_cannot_be_is_refused_by_member_and_without_its_secret(ask: Ask, idp: Idp) -> None:
    crm = idp.client("crm", secret="s3cret")
    reply = await ask("register", register(declared(crm, token_url="http://idp.example/token")))
    assert isinstance(reply, Refused)
    assert (reply.slug, reply.member) == ("invalid", "token_url")
    signing = declared(crm, client_auth="private_key_jwt")
    signing = msgspec.structs.replace(signing, client_secret=None, client_key=Secret("s3cret"))
    reply = await ask("register", register(signing))
    assert isinstance(reply, Refused)
    assert (reply.slug, reply.member) == ("invalid", "client_key")
    assert "s3cret" not in repr(reply)


@pytest.mark.parametrize("body", [b"", b"nonsense", b"3", b"{}", b"\xff", b'{"kind":1}', json.dumps(ME).encode()[:-1]])
async def test_a_body_that_is_no_command_is_refused_and_not_left_without_an_answer(ask: Ask, body: bytes) -> None:
    for verb in ("register", "remove", "refresh", "forget"):
        reply = await ask(verb, body)
        assert isinstance(reply, Refused)
        assert reply.slug == "invalid"


async def test_the_list_is_paged(ask: Ask) -> None:
    for name in ("b", "a", "c"):
        await ask("register", register(Declaration(kind="api", name=name)))
    first = await ask("list", ListConnections(limit=2))
    assert isinstance(first, ConnectionPage)
    assert [one.name for one in first.connections] == ["a", "b"]
    rest = await ask("list", ListConnections(after_kind="api", after_name="b", limit=-7))
    assert isinstance(rest, ConnectionPage)
    assert [one.name for one in rest.connections] == ["c"]


async def test_refresh_now_says_what_came_of_it(ask: Ask, idp: Idp) -> None:
    crm = idp.client("crm", secret="s3cret")
    await ask("register", register(declared(crm)))
    assert await ask("refresh", RefreshNow(**ME)) == Done(action="refreshed", version=2)
    crm.next(Answer.error(429, "slow_down"))
    assert await ask("refresh", RefreshNow(**ME)) == TryLater(idp_error_code="slow_down", http_status=429)
    crm.next(Answer.error(400, "invalid_grant"))
    assert await ask("refresh", RefreshNow(**ME)) == NeedsReauth(idp_error_code="invalid_grant")
    assert await ask("refresh", RefreshNow(**ME)) == NeedsReauth()
    assert len(crm.posts) == 3


async def test_refresh_now_of_what_cannot_be_refreshed_asks_nobody(ask: Ask) -> None:
    assert await ask("refresh", RefreshNow(**ME)) == UNKNOWN
    await ask("register", register(Declaration(kind="api", name="crm")))
    reply = await ask("refresh", RefreshNow(**ME))
    assert isinstance(reply, Refused)
    assert reply.slug == "not_oauth"


async def test_many_who_refresh_at_once_make_one_post_and_none_waits_for_another(ask: Ask, idp: Idp) -> None:
    crm, hr = idp.client("crm", secret="s3cret"), idp.client("hr", secret="s3cret")
    await ask("register", register(declared(crm)))
    await ask("register", register(declared(hr, name="hr")))
    crm.always(Hang())
    slow = [asyncio.create_task(ask("refresh", RefreshNow(**ME))) for _ in range(10)]
    began = datetime.now(UTC)
    assert await ask("refresh", RefreshNow(kind="api", name="hr", actor="me")) == Done(action="refreshed", version=2)
    assert datetime.now(UTC) - began < timedelta(seconds=0.9)
    assert await asyncio.gather(*slow) == [TryLater()] * 10
    assert len(crm.posts) == 1


async def test_forgetting_deletes_the_tokens_once(ask: Ask, vault: Vault, idp: Idp) -> None:
    await ask("register", register(declared(idp.client("crm", secret="s3cret"))))
    assert await ask("forget", ForgetToken(**ME)) == Done(action="forgotten", tokens_forgotten=True, version=2)
    assert await ask("forget", ForgetToken(**ME)) == Done(action="unchanged", version=2)
    assert await rows(vault, "select * from vault.tokens") == []
    assert (await outbox(vault))[-1].actor == "me"


async def test_a_bug_is_an_answer_and_its_text_is_in_no_log(
    ask: Ask, vault: Vault, idp: Idp, caplog: pytest.LogCaptureFixture
) -> None:
    """A broken table stands in for a bug: its error repeats the values of the row."""
    await rows(vault, "alter table vault.connections add constraint broken check (name <> 'crm')")
    with caplog.at_level(logging.INFO):
        reply = await ask("register", register(declared(idp.client("crm", secret="s3cret"))))
    assert reply == Refused(slug="unavailable", detail="The refresher failed; its log says how.")
    assert "CheckViolation" in caplog.text
    assert "Failing row" not in caplog.text


async def test_a_pool_without_its_database_is_an_answer(ask: Ask, vault: Vault) -> None:
    await vault.pool.close()
    reply = await ask("list", ListConnections())
    assert isinstance(reply, Refused)
    assert reply.slug == "unavailable"
