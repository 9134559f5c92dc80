"""The refresher starts with what it needs, or says which variable is missing or wrong, and stops when asked to."""

import asyncio
import base64
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import nats
import nats.errors
import psycopg
import pytest
from nats.aio.client import Client

from authpulse_chassis.settings import SettingsError, read_settings
from authpulse_contract.codec import from_json, to_json
from authpulse_contract.commands import LIST, REGISTER, ConnectionPage, ListConnections, Register, Reply
from authpulse_contract.secret import Secret
from authpulse_contract.subjects import STREAM, command_subject
from authpulse_refresher.settings import Settings
from support.idp import Delay, Idp
from support.servers import free_port
from support.vault import declared

KEY = "a:" + base64.b64encode(b"k" * 32).decode()
NEEDED = {"AUTHPULSE_DATABASE_URL": "postgresql://u:p@localhost/vault", "AUTHPULSE_SEALING_KEYS": KEY}


def test_what_is_needed_is_enough() -> None:
    settings = read_settings(Settings, NEEDED)
    assert settings == Settings(database_url=Secret("postgresql://u:p@localhost/vault"), sealing_keys=Secret(KEY))
    assert KEY not in repr(settings)


@pytest.mark.parametrize("variable", NEEDED)
def test_a_missing_variable_is_named(variable: str) -> None:
    with pytest.raises(SettingsError, match=f"{variable} is not set"):
        read_settings(Settings, {name: value for name, value in NEEDED.items() if name != variable})


@pytest.mark.parametrize("variable", ["IN_FLIGHT", "IN_FLIGHT_PER_HOST", "IDP_DEADLINE", "POLL_INTERVAL"])
def test_nothing_that_would_stand_still_is_accepted(variable: str) -> None:
    with pytest.raises(SettingsError, match=f"AUTHPULSE_{variable} cannot be used"):
        read_settings(Settings, NEEDED | {f"AUTHPULSE_{variable}": "0"})


@asynccontextmanager
async def process(environ: Mapping[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "authpulse_refresher", env=os.environ | environ, stderr=asyncio.subprocess.PIPE
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.communicate()


async def test_without_a_usable_key_it_refuses_to_start_and_shows_no_key(vault_url: str) -> None:
    async with process({"AUTHPULSE_DATABASE_URL": vault_url, "AUTHPULSE_SEALING_KEYS": "a:c2hvcnQ="}) as refused:
        _, log = await asyncio.wait_for(refused.communicate(), 20)
    assert refused.returncode == 1
    assert b"AUTHPULSE_SEALING_KEYS cannot be used: the key 'a' has 5 bytes" in log
    assert b"c2hvcnQ=" not in log


async def asked(bus: Client, verb: str, command: object) -> Reply:
    """Once somebody answers."""
    async with asyncio.timeout(20):
        while True:
            try:
                reply = await bus.request(command_subject(verb), to_json(command), timeout=2)
                return from_json(reply.data, Reply)  # type: ignore[arg-type]  # a union
            except nats.errors.NoRespondersError:
                await asyncio.sleep(0.05)


async def test_a_process_migrates_refreshes_publishes_and_on_sigterm_stores_what_is_under_way(
    nats_url: str, new_database: Callable[[str | None], str], idp: Idp
) -> None:
    crm = idp.client("crm", secret="s3cret")
    crm.next(Delay(seconds=1.0))
    environ = {"AUTHPULSE_NATS_URL": nats_url, "AUTHPULSE_SEALING_KEYS": KEY}
    environ["AUTHPULSE_DATABASE_URL"] = await asyncio.to_thread(new_database, None)
    async with await nats.connect(nats_url) as bus, process(environ) as service:
        await asked(bus, REGISTER, Register(declaration=declared(crm), declared_by="file", actor="me"))
        async with asyncio.timeout(10):
            while not crm.posts:  # noqa: ASYNC110 -- the IdP lives in another thread
                await asyncio.sleep(0.02)
        service.send_signal(signal.SIGTERM)
        _, log = await asyncio.wait_for(service.communicate(), 20)
        assert service.returncode == 0, log
        state = (await bus.jetstream().stream_info(STREAM)).state
        last = await bus.jetstream().get_msg(STREAM, state.last_seq)
        assert (state.messages, last.subject) == (2, "auth.events.api.crm.refresh_succeeded")
    assert b"Traceback" not in log
    for secret in ("s3cret", *(post.refresh_token or "" for post in crm.posts)):
        assert secret.encode() not in log


async def test_a_process_waits_for_nats_and_stops_without_it(vault_url: str) -> None:
    environ = {"AUTHPULSE_DATABASE_URL": vault_url, "AUTHPULSE_SEALING_KEYS": KEY}
    async with process(environ | {"AUTHPULSE_NATS_URL": f"nats://127.0.0.1:{free_port()}"}) as service:
        assert service.stderr
        async with asyncio.timeout(30):
            while b'"refreshing"' not in await service.stderr.readline():
                assert not service.stderr.at_eof()
        service.send_signal(signal.SIGTERM)
        _, log = await asyncio.wait_for(service.communicate(), 20)
    assert service.returncode == 0, log
    assert b"Traceback" not in log


async def test_a_process_that_came_before_its_database_serves_once_it_is_there(
    nats_url: str, postgres_url: str
) -> None:
    environ = {"AUTHPULSE_NATS_URL": nats_url, "AUTHPULSE_SEALING_KEYS": KEY}
    environ["AUTHPULSE_DATABASE_URL"] = postgres_url.format(database="not_yet_there")
    async with await nats.connect(nats_url) as bus, process(environ) as service:
        await asyncio.sleep(1.5)
        assert service.returncode is None
        async with await psycopg.AsyncConnection.connect(postgres_url.format(database="postgres")) as admin:
            await admin.set_autocommit(True)
            await admin.execute("create database not_yet_there")
        assert await asked(bus, LIST, ListConnections()) == ConnectionPage(connections=())
