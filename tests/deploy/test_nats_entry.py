"""Who gets into NATS and who does not: by password, by NKey, by a signed JWT, and never by way of somebody between."""

import asyncio
import contextlib
import json
import ssl
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import nats.errors
import pytest
from msgspec.structs import replace
from nats.aio.client import Client

from authpulse_chassis.bus import BusSettings, access_of, connecting
from authpulse_contract.secret import Secret
from support.authority import Authority
from support.nats_site import Manner, Site, connected, running
from support.nkeys import ACCOUNT, OPERATOR, credentials, new_seed, public_key, signed
from support.servers import free_port
from support.waiting import eventually

UNLIMITED = dict.fromkeys(("subs", "data", "payload", "conn", "leaf", "imports", "exports"), -1) | {"wildcards": True}


@pytest.fixture(scope="module")
def with_passwords(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from started(tmp_path_factory.mktemp("passwords"), "passwords")


@pytest.fixture(scope="module")
def with_nkeys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from started(tmp_path_factory.mktemp("nkeys"), "nkeys")


def started(folder: Path, manner: Manner) -> Iterator[Site]:
    site = Site(folder, manner)
    with running(site.configuration, site.port, greeting=b"INFO " if manner == "passwords" else b""):
        yield site


async def refused(settings: BusSettings) -> str:
    """What the server, or whoever checks it, has against a connection with `settings`."""
    with pytest.raises((nats.errors.Error, OSError)) as refusal:
        async with connected(settings, "refresher", allow_reconnect=False, connect_timeout=5):
            pass
    return str(refusal.value)


@pytest.mark.parametrize("said", ["{}", '{"user":"refresher","pass":"guessed"}', '{"user":"nobody","pass":""}'])
async def test_whoever_has_no_password_is_not_let_in(with_passwords: Site, said: str) -> None:
    # By hand, because nats-py leaves the connection open.
    answer = await in_the_open(with_passwords.port, said)
    assert b"-ERR 'Authorization Violation'" in answer
    assert b"PONG" not in answer


async def in_the_open(port: int, connect: str) -> bytes:
    """What the server answers to somebody who speaks no TLS."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"CONNECT {connect}\r\nPING\r\n".encode())
    try:
        return await asyncio.wait_for(reader.read(), 5)
    finally:
        writer.close()


class Way:
    """The way to a server: once it is `open` what comes is passed on, before that it is answered without any sense."""

    def __init__(self, port: int) -> None:
        self.open, self._port = False, port
        self._writers: list[asyncio.StreamWriter] = []

    async def pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.open:
            writer.write(b"-ERR 'no TLS here'\r\n")
            writer.close()
            return
        onward, back = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers += [writer, back]
        await asyncio.gather(self._copy(reader, back), self._copy(onward, writer), return_exceptions=True)

    async def _copy(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while some := await source.read(65536):
            sink.write(some)

    def close(self) -> None:
        for writer in self._writers:
            writer.close()


async def test_with_tls_nothing_is_said_in_the_open(with_nkeys: Site) -> None:
    answer = await in_the_open(with_nkeys.port, '{"user":"refresher","pass":"?"}')
    assert b"INFO" not in answer
    assert b"PONG" not in answer


async def test_another_key_a_password_or_no_key_is_refused(with_nkeys: Site) -> None:
    own = with_nkeys.settings("refresher")
    other = replace(own, nats_nkey_seed=Secret(new_seed()))
    password = replace(own, nats_nkey_seed=None, nats_url=Secret(f"tls://refresher:x@localhost:{with_nkeys.port}"))
    for stranger in (other, password, replace(own, nats_nkey_seed=None)):
        assert "authorization violation" in (await refused(stranger)).lower()


async def test_without_a_certificate_of_the_authority_nobody_gets_as_far_as_that(
    with_nkeys: Site, tmp_path: Path
) -> None:
    own = with_nkeys.settings("refresher")
    stranger = Authority().vouch(tmp_path / "stranger.pem")
    for settings in (replace(own, nats_client_cert_file=None), replace(own, nats_client_cert_file=str(stranger))):
        assert "authorization" not in (await refused(settings)).lower()


async def test_a_server_that_another_authority_vouches_for_is_not_talked_to(with_nkeys: Site, tmp_path: Path) -> None:
    (tmp_path / "other.pem").write_bytes(Authority().pem)
    refusal = await refused(replace(with_nkeys.settings("refresher"), nats_ca_file=str(tmp_path / "other.pem")))
    assert "CERTIFICATE_VERIFY_FAILED" in refusal


async def test_whoever_stands_between_cannot_talk_a_client_out_of_tls() -> None:
    """They say in the server's place that there is no TLS; nats-py by itself would send them the password then."""
    heard: list[bytes] = []

    async def pretend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'INFO {"version":"2.15.0","headers":true,"max_payload":1048576,"auth_required":true}\r\n')
        heard.append(await reader.read(65536))
        writer.close()

    async with await asyncio.start_server(pretend, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        settings = BusSettings(nats_url=Secret(f"tls://refresher:s3cret@127.0.0.1:{port}"))
        await refused(settings)
        assert heard[0].startswith(b"\x16\x03"), "a TLS handshake"
        assert b"s3cret" not in b"".join(heard)
        heard.clear()
        with contextlib.suppress(nats.errors.Error, OSError):
            async with connected(replace(settings, nats_tls_first=False), "refresher", allow_reconnect=False):
                pass
        assert b"s3cret" in b"".join(heard), "else this proves nothing"


async def test_a_client_whose_handshake_failed_tries_again_until_the_server_is_as_it_should_be(
    with_nkeys: Site,
) -> None:
    """nats-py by itself never does."""
    own, failures, failed_twice = with_nkeys.settings("refresher"), count(1), asyncio.Event()
    way = Way(with_nkeys.port)

    async def note(_: Exception) -> None:
        if next(failures) > 1:
            failed_twice.set()

    async with await asyncio.start_server(way.pass_on, "127.0.0.1", 0) as server:
        url = f"tls://localhost:{server.sockets[0].getsockname()[1]}"
        access = access_of(replace(own, nats_url=Secret(url)))
        client = Client()
        connecting_on = asyncio.create_task(
            client.connect(**connecting(access, "refresher"), error_cb=note, max_reconnect_attempts=-1)
        )
        try:
            async with asyncio.timeout(20):
                await failed_twice.wait()
                way.open = True
                await connecting_on
            assert client.is_connected
        finally:
            connecting_on.cancel()
            await asyncio.wait_for(client.close(), 5)
            way.close()


async def test_a_jwt_that_the_account_has_signed_gets_in_with_what_it_allows(tmp_path: Path) -> None:
    """Credentials as `nsc` makes them: the server knows the operator's and the account's public keys alone."""
    operator, account, user, port = new_seed(OPERATOR), new_seed(ACCOUNT), new_seed(), free_port()
    owner = public_key(account)
    configuration = tmp_path / "nats-server.conf"
    accounts = {owner: signed(operator, owner, "account", limits=UNLIMITED)}
    trusted = signed(operator, public_key(operator), "operator")
    server = {"listen": f"127.0.0.1:{port}", "operator": trusted, "resolver": "MEMORY", "resolver_preload": accounts}
    configuration.write_text(json.dumps(server))
    may = {"pub": {"allow": ["auth.events.>"]}, "sub": {"allow": ["auth.inbox.refresher.>"]}, "subs": -1, "data": -1}
    issued = credentials(signed(account, public_key(user), "user", payload=-1, **may), user)
    settings = BusSettings(nats_url=Secret(f"nats://localhost:{port}"), nats_credentials=Secret(issued))
    with running(configuration, port):
        async with connected(settings, "refresher") as (client, complaints):
            await client.publish("auth.events.api.crm.refresh_succeeded", b"")
            await client.publish("auth.commands.reseal", b"")
            await client.flush()

            async def said() -> list[str]:
                return [complaint.rpartition(" to ")[2] for complaint in complaints]

            await eventually(said, ['"auth.commands.reseal"'], seconds=5)
        forged = credentials(signed(new_seed(ACCOUNT), public_key(user), "user", payload=-1, **may), user)
        assert "authorization violation" in (await refused(replace(settings, nats_credentials=Secret(forged)))).lower()


def test_the_server_speaks_no_tls_older_than_1_3(with_nkeys: Site) -> None:
    context = ssl.create_default_context(cafile=str(with_nkeys.folder / "ca.pem"))
    context.maximum_version = ssl.TLSVersion.TLSv1_2

    async def connect() -> None:
        await asyncio.open_connection("localhost", with_nkeys.port, ssl=context)

    with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
        asyncio.run(connect())
