"""The process: one, soon gone when told so, and clear about settings that it cannot use."""

import os
import socket
from pathlib import Path

import pytest

from authpulse_chassis.settings import SettingsError
from authpulse_health_api.settings import read
from support.events import event
from support.ledger import ADMIN_TOKEN, BULK, Api, record, running_api
from support.servers import free_port


def refused(folder: Path, **settings: str) -> str:
    """What is logged by a process that ends with status 1."""
    api = Api(folder, "postgresql://nowhere", "nats://127.0.0.1:1", **settings)
    api.process.start()
    assert api.process.wait(seconds=20) == 1
    return api.process.log.read_text()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("AUTHPULSE_ADMIN_TOKEN", ""),
        ("AUTHPULSE_ADMIN_TOKEN", "two words"),
        ("AUTHPULSE_HTTP", "8080"),
        ("AUTHPULSE_HTTP", "host:port"),
        ("AUTHPULSE_HTTP", "127.0.0.1:99999"),
        ("AUTHPULSE_PUBLIC_URL", "authpulse.example"),
        ("AUTHPULSE_API_KEYS", "ci:viewer:not-a-hash"),
        ("AUTHPULSE_OIDC_ISSUER", "http://idp.example"),
        ("AUTHPULSE_OIDC_JWKS_URL", "http://idp.example/keys"),
        ("AUTHPULSE_OIDC_AUDIENCE", ""),
        ("AUTHPULSE_POLL_INTERVAL", "0"),
        ("AUTHPULSE_LOG_LEVEL", "LOUD"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    sound = {"DATABASE_URL": "postgresql://nowhere", "ADMIN_TOKEN": "x", "OIDC_AUDIENCE": "authpulse"}
    for member, told in {**sound, "OIDC_ISSUER": "https://idp.example"}.items():
        monkeypatch.setenv(f"AUTHPULSE_{member}", told)
    read()
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=variable):
        read()


def test_settings_that_cannot_be_used_end_the_process_with_one_line(tmp_path: Path) -> None:
    said = refused(tmp_path, AUTHPULSE_HTTP="no.such.host.invalid:8080")
    assert said.count("\n") == 1
    assert "AUTHPULSE_HTTP" in said


def test_an_address_in_use_is_refused_instead_of_shared(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = refused(tmp_path, AUTHPULSE_HTTP=f"127.0.0.1:{taken.getsockname()[1]}")
    assert "AUTHPULSE_HTTP" in said
    assert said.count("\n") == 1


def test_sigterm_ends_it_even_while_nats_and_the_ledger_are_away(tmp_path: Path) -> None:
    api = Api(tmp_path, f"postgresql://127.0.0.1:{free_port()}/x", f"nats://127.0.0.1:{free_port()}")
    try:
        api.start("/healthz")
        assert api.process.stop(seconds=10) == 0
    finally:
        api.process.kill()


async def test_no_log_line_holds_the_token_or_a_query(tmp_path: Path, ledger_url: str, nats_url: str) -> None:
    await record(ledger_url, event())
    with running_api(tmp_path, ledger_url, nats_url, AUTHPULSE_LOG_LEVEL="DEBUG") as api:
        async with api.client() as client:
            await client.post("/api/v1/session", json={"token": ADMIN_TOKEN})
            await client.get(BULK, params={"q": "looked-for"})
            await client.get(f"/nowhere?token={ADMIN_TOKEN}")
        api.process.stop()
        logged = api.process.log.read_text()
    assert ADMIN_TOKEN not in logged
    assert "looked-for" not in logged
    assert os.fspath(tmp_path) not in logged
