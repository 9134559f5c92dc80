"""`sslmode=verify-full` in a database's URL means what it says, for the migrations and for a service that serves."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest

from support.authority import Authority
from support.servers import NatsServer, free_port, until
from support.services import Service
from support.tls_front import tls_front


class Site:
    """A database, the certificate of its server, and the URL by which a service should reach it."""

    def __init__(self, folder: Path, plain_url: str) -> None:
        self._plain, self._authority, self._folder = urlsplit(plain_url), Authority(), folder
        assert self._plain.port
        self.port = self._plain.port
        self.certificate = self._authority.vouch(folder / "server.pem")
        (folder / "ca.pem").write_bytes(self._authority.pem)
        (folder / "other.pem").write_bytes(Authority().pem)

    def url(self, port: int, *, host: str = "localhost", trusted: str = "ca.pem") -> str:
        user = self._plain.netloc.rpartition("@")[0]
        options = f"sslmode=verify-full&sslrootcert={self._folder / trusted}&gssencmode=disable"
        return f"postgresql://{user}@{host}:{port}{self._plain.path}?{options}"


@pytest.fixture
def site(tmp_path: Path, new_database: Callable[[str | None], str]) -> Site:
    return Site(tmp_path, new_database(None))


def migrate(url: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "authpulse_chassis.migrate", "authpulse_event_store"]
    environ = {**os.environ, "AUTHPULSE_DATABASE_URL": url}
    return subprocess.Popen(command, env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def test_migrations_and_a_service_work_over_tls(site: Site, tmp_path: Path, nats_process: NatsServer) -> None:
    with tls_front(site.port, site.certificate) as port:
        said, _ = (migrating := migrate(site.url(port))).communicate(timeout=60)
        assert (migrating.returncode, "applied 0001_ledger.sql" in said) == (0, True), said
        probe = f"127.0.0.1:{free_port()}"
        environ = {
            "AUTHPULSE_DATABASE_URL": site.url(port),
            "AUTHPULSE_NATS_URL": nats_process.url,
            "AUTHPULSE_PROBE": probe,
            "AUTHPULSE_MIGRATE": "false",
        }
        service = Service("authpulse_event_store", environ, tmp_path / "log")
        service.start()
        try:
            until(lambda: _ready(probe), seconds=60, what="the event-store")
            assert service.stop() == 0
        finally:
            service.kill()


@pytest.mark.parametrize(
    ("willing", "options", "complaint"),
    [
        (True, {"trusted": "other.pem"}, "SSL error: (certificate verify failed|provider signature failure)"),
        (True, {"host": "127.0.0.1"}, "does not match host name"),
        (False, {}, "server does not support SSL, but SSL was required"),
    ],
)
def test_whoever_is_not_that_server_gets_neither_a_password_nor_a_statement(
    site: Site, willing: bool, options: dict[str, str], complaint: str
) -> None:
    with tls_front(site.port, site.certificate, willing=willing) as port:
        with pytest.raises(psycopg.OperationalError, match=complaint):
            psycopg.connect(site.url(port, **options))
        # The command waits for a server that is what it should be, and says that it does.
        migrating = migrate(site.url(port, **options))
        assert migrating.stdout
        try:
            assert "migrating authpulse_event_store: OperationalError" in migrating.stdout.readline()
        finally:
            migrating.kill()
            migrating.communicate()


def _ready(probe: str) -> bool:
    try:
        return httpx.get(f"http://{probe}/readyz", timeout=5).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
