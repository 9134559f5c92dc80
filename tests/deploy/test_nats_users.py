"""Each service's NATS user may do what that service does, and is refused everything else: attempts at a real server."""

import asyncio
import re
import shutil
import subprocess
import sysconfig
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

import nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from authpulse_chassis.streams import ensure_stream
from authpulse_cli.embedded.ports import greets
from authpulse_contract.subjects import inbox
from support.authority import Authority
from support.servers import free_port, until
from support.waiting import eventually

DEPLOY: Final = Path(__file__).resolve().parents[2] / "deploy"
USERS: Final = ("refresher", "event-store", "health-api", "operator", "token-client")
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


class Site:
    """The server with the configuration as it is deployed, save the places of its port and its files."""

    def __init__(self, folder: Path, authority: Authority | None = None) -> None:
        self.port = free_port()
        subprocess.run([DEPLOY / "make-secrets", folder / "secrets"], check=True)
        self._secrets = folder / "secrets"
        shutil.copy(self._secrets / "passwords.conf", folder)
        deployed = (DEPLOY / "nats" / "nats-server.conf").read_text()
        local = deployed.replace("port: 4222", f'listen: "127.0.0.1:{self.port}"').replace(
            '"/data"', f'"{folder}/data"'
        )
        local = re.sub(r"(?m)^http: .*$", "", local)
        if authority:
            tls = (DEPLOY / "nats" / "tls.conf").read_text()
            (folder / "tls.conf").write_text(tls.replace("/etc/nats", str(folder)))
            shutil.copy(authority.vouch(folder / "server.pem"), folder / "server-key.pem")
            local += '\ninclude "tls.conf"\n'
        (folder / "nats-server.conf").write_text(local)
        self.configuration = folder / "nats-server.conf"

    @asynccontextmanager
    async def as_user(self, user: str) -> AsyncIterator[tuple[Client, list[str]]]:
        """A connection of `user`, and what the server says against what it does."""
        complaints: list[str] = []

        async def note(failure: Exception) -> None:
            complaints.append(str(failure))

        password = (self._secrets / f"nats-{user}").read_text()
        client = await nats.connect(
            f"nats://{user}:{password}@localhost:{self.port}", inbox_prefix=inbox(user), error_cb=note
        )
        try:
            yield client, complaints
        finally:
            await client.close()


@contextmanager
def running(site: Site) -> Iterator[Site]:
    binary = shutil.which("nats-server", path=sysconfig.get_path("scripts"))
    assert binary
    process = subprocess.Popen([binary, "-c", site.configuration], stderr=subprocess.DEVNULL)
    try:
        until(lambda: greets(site.port, b"INFO "), what="nats-server")
        yield site
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running(Site(tmp_path_factory.mktemp("site"))) as started:
        yield started


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
        await refresher.flush()
        assert (await caller.request("auth.tokens.get", b"{}", timeout=5)).data == b"a token"
        await settled(refresher, complaints, {answered[0]})


@pytest.mark.parametrize("credentials", ["{}", '{"user":"refresher","pass":"guessed"}', '{"user":"nobody","pass":""}'])
async def test_whoever_has_no_password_is_not_let_in(site: Site, credentials: str) -> None:
    # By hand, because nats-py leaves the connection open.
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(f"CONNECT {credentials}\r\nPING\r\n".encode())
    said = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    assert b"-ERR 'Authorization Violation'" in said
    assert b"PONG" not in said


async def test_the_services_users_suffice_for_the_stream(site: Site) -> None:
    for user in ("refresher", "event-store"):
        async with site.as_user(user) as (client, complaints):
            await asyncio.wait_for(ensure_stream(client.jetstream()), 5)
        assert complaints == []


async def test_with_tls_the_authority_that_was_named_is_trusted_and_nothing_is_said_in_the_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority()
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with running(Site(tmp_path, authority)) as site:
        async with site.as_user("refresher") as (client, _):
            assert client.is_connected
        reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
        writer.write(b'CONNECT {"user":"refresher","pass":"?"}\r\nPING\r\n')
        said = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        assert b"PONG" not in said
