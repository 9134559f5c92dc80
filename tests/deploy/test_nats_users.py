"""Each service's NATS user may do what that service does, and is refused everything else: attempts at a real server.

Twice: with passwords, as compose.yaml has it, and with NKeys over TLS with certificates, as nkeys.conf has it.
"""

import asyncio
import re
from collections.abc import Iterator
from typing import Final, get_args

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from authpulse_chassis.streams import ensure_stream
from support.nats_site import USERS, Manner, Site, running
from support.waiting import eventually

JS: Final = "$JS.API"

# Whom each subject may be published by, and heard by; everybody else is refused.
PUBLISH: Final = {
    "auth.events.api.crm.refresh_succeeded": {"refresher"},
    "auth.commands.register": {"health-api", "operator"},
    "auth.commands.refresh": {"health-api", "operator"},
    "auth.commands.reseal": {"operator"},
    "auth.tokens.get": {"token-client"},
    "auth.health.advanced": {"event-store"},
    "auth.inbox.refresher.forged": set[str](),
    "auth.inbox.health-api.forged": set[str](),
    "auth.inbox.token-client.forged": set[str](),
    f"{JS}.STREAM.CREATE.AUTH_EVENTS": {"refresher", "event-store"},
    f"{JS}.STREAM.CREATE.ANOTHER": set[str](),
    f"{JS}.STREAM.DELETE.AUTH_EVENTS": set[str](),
    f"{JS}.STREAM.PURGE.AUTH_EVENTS": set[str](),
    f"{JS}.STREAM.MSG.DELETE.AUTH_EVENTS": set[str](),
    f"{JS}.STREAM.MSG.GET.AUTH_EVENTS": set[str](),
    f"{JS}.CONSUMER.CREATE.AUTH_EVENTS": {"operator"},
    f"{JS}.CONSUMER.CREATE.AUTH_EVENTS.event-store.auth.events.>": {"event-store"},
    f"{JS}.CONSUMER.DURABLE.CREATE.AUTH_EVENTS.event-store": {"event-store"},
    f"{JS}.CONSUMER.DURABLE.CREATE.AUTH_EVENTS.another": set[str](),
    f"{JS}.CONSUMER.DELETE.AUTH_EVENTS.event-store": set[str](),
    f"{JS}.CONSUMER.MSG.NEXT.AUTH_EVENTS.event-store": {"event-store"},
    "$JS.ACK.AUTH_EVENTS.event-store.1.1.1.1.0": {"event-store"},
    "$SYS.REQ.SERVER.PING": set[str](),
    "anything": set[str](),
}
HEAR: Final = {
    "auth.events.>": set[str](),
    "auth.commands.*": {"refresher"},
    "auth.commands.register": {"refresher"},
    "auth.tokens.get": {"refresher"},
    "auth.tokens.>": set[str](),
    "auth.health.advanced": {"health-api"},
    **{f"auth.inbox.{user}.>": {user} for user in USERS},
    "auth.inbox.>": set[str](),
    "_INBOX.>": set[str](),
    ">": set[str](),
    "$JS.>": set[str](),
    "$SYS.>": set[str](),
}


@pytest.fixture(scope="module", params=get_args(Manner))
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("site"), request.param)
    with running(made.configuration, made.port, greeting=b"INFO " if made.manner == "passwords" else b""):
        yield made


async def settled(client: Client, complaints: list[str], subjects: set[str]) -> None:
    """Wait until the server has refused just `subjects`; nats-py tells of them in lower case and a little late."""
    await client.flush()
    pattern = re.compile(r'permissions violation for \w+ to "([^"]+)"')

    async def refused() -> set[str]:
        return {found[1] for each in complaints if (found := pattern.search(each))}

    await eventually(refused, {subject.lower() for subject in subjects}, seconds=5)


@pytest.mark.parametrize("user", USERS)
async def test_publishing_is_refused_save_for_what_the_service_is_there_for(site: Site, user: str) -> None:
    async with site.as_user(user) as (client, complaints):
        for subject in PUBLISH:
            await client.publish(subject, b"")
        await settled(client, complaints, {subject for subject, who in PUBLISH.items() if user not in who})


@pytest.mark.parametrize("user", USERS)
async def test_listening_is_refused_save_for_what_the_service_is_there_for(site: Site, user: str) -> None:
    async with site.as_user(user) as (client, complaints):
        for subject in HEAR:
            await client.subscribe(subject)
        await settled(client, complaints, {subject for subject, who in HEAR.items() if user not in who})


async def test_who_is_asked_may_answer_the_asker_once_and_the_others_hear_nothing(site: Site) -> None:
    async with site.as_user("refresher") as (refresher, complaints), site.as_user("token-client") as (caller, _):
        answered: list[str] = []

        async def answer(question: Msg) -> None:
            answered.append(question.reply)
            await question.respond(b"a token")
            await question.respond(b"and another")

        await refresher.subscribe("auth.tokens.get", cb=answer)
        # nats-py's first PING overtakes what waits to be written; the second comes after it.
        await refresher.flush()
        await refresher.flush()
        assert (await caller.request("auth.tokens.get", b"{}", timeout=5)).data == b"a token"
        await settled(refresher, complaints, {answered[0]})


async def test_the_services_users_suffice_for_the_stream(site: Site) -> None:
    for user in ("refresher", "event-store"):
        async with site.as_user(user) as (client, complaints):
            await asyncio.wait_for(ensure_stream(client.jetstream()), 5)
        assert complaints == []
