"""Access tokens for other services: one call to the IdP for all who ask, and a distinct answer for each fate."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import nats
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from faststream.nats import NatsBroker
from msgspec import structs
from nats.aio.client import Client as Bus

from authpulse_chassis.fitness import Pulse
from authpulse_contract.commands import NeedsReauth, Refused, TryLater
from authpulse_contract.connections import Declaration
from authpulse_contract.events import LastRevocation
from authpulse_contract.secret import Secret
from authpulse_contract.tokens import AccessToken, GetToken, TokenReply, get_token
from authpulse_refresher.commanding.commands import answer_commands
from authpulse_refresher.connecting.finish import Finish
from authpulse_refresher.model import Connection
from authpulse_refresher.provider.wire import Wires
from authpulse_refresher.refreshing.attempt import Attempts
from authpulse_refresher.refreshing.refresh import Refresher
from authpulse_refresher.refreshing.tokens import TokenDesk, settled, stored
from authpulse_refresher.storage.vault import Vault
from support.connections import NOW, TOKENS, after, connection, machine, tokens
from support.idp import Answer, Delay, Idp
from support.vault import declared, registered, rows

ASKED = GetToken(kind="api", name="crm")
EXAMPLE = Path(__file__).parents[2] / "docs/examples/call_upstream.py"
AT_OLD = Secret("at-old")
ENDED = tokens(expires_at=after(seconds=-1))


@pytest.mark.parametrize(
    ("one", "reply"),
    [
        (connection(), AccessToken(access_token=AT_OLD, expires_at=TOKENS.expires_at, scope="read")),
        (connection(tokens=tokens(expires_at=None)), AccessToken(access_token=AT_OLD, scope="read")),
        (connection(tokens=tokens(expires_at=after(seconds=30))), None),
        (
            connection(tokens=tokens(expires_at=after(seconds=6), lifetime=timedelta(seconds=10))),
            AccessToken(access_token=AT_OLD, expires_at=after(seconds=6), scope="read"),
        ),
        (connection(tokens=ENDED), None),
        (connection(tokens=tokens(access_token=None)), None),
        (machine(tokens=None), None),
        (connection(tokens=ENDED, attempt=1, due_at=after(seconds=-1)), None),
        (connection(tokens=ENDED, attempt=1, due_at=after(seconds=9)), TryLater(retry_after=9.0)),
        (connection(tokens=tokens(expires_at=after(seconds=-1), refresh_token=None), due_at=None), TryLater()),
        (connection(tokens=None, needs_reauth=True), NeedsReauth()),
        (
            connection(
                tokens=None, needs_reauth=True, last_revocation=LastRevocation(occurred_at=NOW, reason="invalid_grant")
            ),
            NeedsReauth(idp_error_code="invalid_grant"),
        ),
        (
            connection(oauth=None, tokens=None),
            Refused(slug="not_oauth", detail="This connection has no OAuth and so no token."),
        ),
    ],
)
def test_what_is_stored_is_handed_out_while_it_lasts_and_the_idp_is_asked_only_when_it_may_be(
    one: Connection, reply: TokenReply | None
) -> None:
    assert stored(one, ASKED, NOW) == reply


def test_a_token_that_still_lives_is_better_than_a_failed_refresh() -> None:
    short = connection(tokens=tokens(expires_at=after(seconds=3)), attempt=2, due_at=after(seconds=9))
    token = AccessToken(access_token=AT_OLD, expires_at=after(seconds=3), scope="read")
    assert stored(short, ASKED, NOW) == settled(short, NOW) == token
    assert settled(structs.replace(short, tokens=ENDED), NOW) == TryLater(retry_after=9.0)


class Replicas:
    """Two refreshers on one vault, answering on one NATS; their loops do not run, so that only callers refresh."""

    def __init__(self, vault: Vault, nats_url: str) -> None:
        self.vault, self._url = vault, nats_url
        self._opened = AsyncExitStack()

    async def __aenter__(self) -> "Replicas":
        for _ in range(2):
            wires = Wires()
            attempts = Attempts(vault=self.vault, wires=wires, deadline=5.0)
            refresher = Refresher(attempts, in_flight=16, per_host=16, poll_interval=1.0, pulse=Pulse())
            broker = NatsBroker(self._url, apply_types=False, logger=None)
            desk = TokenDesk(self.vault, refresher, patience=5.0)
            answer_commands(broker, Finish(self.vault), wires, refresher, desk)
            await broker.start()
            self._opened.push_async_callback(wires.close)
            self._opened.push_async_callback(broker.stop)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._opened.aclose()

    async def service(self) -> Bus:
        """A NATS connection of a service that wants tokens."""
        bus = await nats.connect(self._url)
        self._opened.push_async_callback(bus.close)
        return bus


@pytest.fixture
async def replicas(vault: Vault, nats_url: str) -> AsyncIterator[Replicas]:
    async with Replicas(vault, nats_url) as running:
        yield running


async def test_fifty_callers_of_twenty_services_cost_one_call_to_the_idp(replicas: Replicas, idp: Idp) -> None:
    client = idp.client("crm", secret="s")
    client.always(Delay(seconds=0.3))
    await registered(replicas.vault, declared(client))
    services = [await replicas.service() for _ in range(20)]
    replies = await asyncio.gather(*(get_token(bus, "api", "crm") for bus in services for _ in range(50)))
    assert len(client.posts) == 1
    assert len(replies) == 1000
    assert {type(reply) for reply in replies} == {AccessToken}
    assert len({reply.access_token for reply in replies if isinstance(reply, AccessToken)}) == 1


async def test_a_refused_grant_and_a_passing_failure_are_told_apart_and_not_asked_about_twice(
    replicas: Replicas, idp: Idp
) -> None:
    dead, down = idp.client("dead", secret="s"), idp.client("down", secret="s")
    dead.always(Answer.error(400, "invalid_grant"))
    down.always(Answer.error(400, "temporarily_unavailable"))
    await registered(replicas.vault, declared(dead, name="dead"))
    await registered(replicas.vault, declared(down, name="down"))
    bus = await replicas.service()
    assert [await get_token(bus, "api", "dead") for _ in range(2)] == [NeedsReauth(idp_error_code="invalid_grant")] * 2
    await rows(replicas.vault, "update vault.connections set due_at = now() + interval '9 s' where name = 'down'")
    assert isinstance(await get_token(bus, "api", "down"), TryLater)
    await rows(replicas.vault, "update vault.connections set due_at = now() + interval '9 s' where name = 'down'")
    again = await get_token(bus, "api", "down")
    assert isinstance(again, TryLater)
    assert again.retry_after == pytest.approx(9, abs=3)
    assert (len(dead.posts), len(down.posts)) == (1, 1)


async def test_what_has_no_token_is_refused_with_a_reason(replicas: Replicas) -> None:
    await registered(replicas.vault, Declaration(kind="api", name="plain"))
    bus = await replicas.service()
    slugs = [await get_token(bus, "api", name) for name in ("plain", "unknown")]
    assert [reply.slug for reply in slugs if isinstance(reply, Refused)] == ["not_oauth", "unknown_connection"]


async def test_the_example_calls_upstream_with_the_token(replicas: Replicas, idp: Idp, nats_url: str) -> None:
    client = idp.client("crm", secret="s")
    await registered(replicas.vault, declared(client))
    seen: list[str] = []

    async def upstream(request: web.Request) -> web.Response:
        seen.append(request.headers["authorization"])
        return web.Response(text="forty-two")

    app = web.Application()
    app.router.add_get("/", upstream)
    async with TestServer(app) as server:
        program = await asyncio.create_subprocess_exec(
            *(sys.executable, str(EXAMPLE), "api", "crm", str(server.make_url("/"))),
            env={**os.environ, "AUTHPULSE_NATS_URL": nats_url},
            stdout=asyncio.subprocess.PIPE,
        )
        printed, _ = await program.communicate()
    assert (printed, program.returncode) == (b"forty-two\n", 0)
    assert len(seen) == 1
    assert seen[0].startswith("Bearer at-")


async def test_a_token_request_that_cannot_be_read_is_refused(replicas: Replicas) -> None:
    bus = await replicas.service()
    answer = await bus.request("auth.tokens.get", b"{}", timeout=5)
    assert b'"slug":"invalid"' in answer.data


def test_no_token_shows_in_a_reply_that_is_logged() -> None:
    assert "at-old" not in repr(AccessToken(access_token=AT_OLD))
