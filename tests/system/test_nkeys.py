"""The services and the operator's command at a NATS that knows NKeys and certificates alone: nobody has a password."""

import base64
import os
import socket
import subprocess
import sysconfig
import threading
from pathlib import Path

import httpx
import pytest

from support.nats_site import Site, running
from support.servers import free_port, until
from support.services import Service

ADMIN = "the-administrator-of-these-tests"
DECLARED = """
[[connection]]
kind = "api"
name = "crm"
grant = "none"
"""


def services(folder: Path, site: Site, vault_url: str, ledger_url: str) -> dict[str, tuple[Service, str]]:
    """Each with its own seed, and where it answers probes."""
    own = {
        "refresher": {
            "AUTHPULSE_DATABASE_URL": vault_url,
            "AUTHPULSE_SEALING_KEYS": f"test:{base64.b64encode(b'k' * 32).decode()}",
            "AUTHPULSE_SPILL_DIR": str(folder / "spill"),
        },
        "event-store": {"AUTHPULSE_DATABASE_URL": ledger_url},
        "health-api": {
            "AUTHPULSE_DATABASE_URL": ledger_url,
            "AUTHPULSE_ADMIN_TOKEN": ADMIN,
            "AUTHPULSE_HTTP": f"127.0.0.1:{free_port()}",
        },
    }
    made: dict[str, tuple[Service, str]] = {}
    for name, settings in own.items():
        probe = f"127.0.0.1:{free_port()}"
        module = f"authpulse_{name.replace('-', '_')}"
        environ = settings | site.environ(name) | {"AUTHPULSE_PROBE": probe}
        made[name] = (Service(module, environ, folder / f"{name}.log"), settings.get("AUTHPULSE_HTTP", probe))
    return made


def answers(url: str) -> int:
    try:
        return httpx.get(url, headers={"Authorization": f"Bearer {ADMIN}"}, timeout=5).status_code
    except httpx.TransportError:
        return 0


def authpulse(*words: str, **environ: str) -> str:
    command = [f"{sysconfig.get_path('scripts')}/authpulse", *words]
    ran = subprocess.run(command, env={**os.environ, **environ}, check=False, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_a_declaration_goes_through_all_of_them(tmp_path: Path, vault_url: str, ledger_url: str) -> None:
    site = Site(tmp_path, "nkeys")
    started = services(tmp_path, site, vault_url, ledger_url)
    with running(site.configuration, site.port, greeting=b""):
        try:
            for service, _ in started.values():
                service.start()
            for name, (_, address) in started.items():
                until(lambda: answers(f"http://{address}/readyz") == httpx.codes.OK, seconds=60, what=f"{name} ready")  # noqa: B023 -- called at once
            (tmp_path / "connections.toml").write_text(DECLARED)
            said = authpulse("apply", str(tmp_path / "connections.toml"), **site.environ("operator"))
            assert "api/crm" in said
            board = f"http://{started['health-api'][1]}/api/v1/admin/connections/oauth-health"
            bearer = {"Authorization": f"Bearer {ADMIN}"}
            until(
                lambda: httpx.get(board, headers=bearer).json()["connections"] != [], seconds=30, what="the connection"
            )
            assert "connection_registered" in authpulse("events", "--json", **site.environ("operator"))
            assert [service.stop() for service, _ in started.values()] == [0, 0, 0]
        finally:
            for service, _ in started.values():
                service.kill()


@pytest.mark.parametrize("name", ["refresher", "event-store", "health-api"])
def test_a_service_that_gets_no_tls_stops_when_it_is_told_to(
    name: str, tmp_path: Path, vault_url: str, ledger_url: str
) -> None:
    """nats-py by itself waits for ever for the end of a connection whose handshake failed."""
    site, hellos = Site(tmp_path, "nkeys"), threading.Semaphore(0)

    def say_hello_in_the_open(server: socket.socket) -> None:
        while True:
            try:
                guest, _ = server.accept()
            except OSError:
                return
            guest.sendall(b'INFO {"version":"2.15.0"}\r\n')
            guest.close()
            hellos.release()

    with socket.create_server(("127.0.0.1", site.port)) as server:
        thread = threading.Thread(target=say_hello_in_the_open, args=(server,))
        thread.start()
        service, _ = services(tmp_path, site, vault_url, ledger_url)[name]
        service.start()
        try:
            # Twice: it tries on.
            assert hellos.acquire(timeout=60)
            assert hellos.acquire(timeout=60)
            assert service.stop(seconds=20) == 0
        finally:
            service.kill()
            server.shutdown(socket.SHUT_RDWR)
            thread.join()
