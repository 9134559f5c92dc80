import os
import signal
import stat
from pathlib import Path

import httpx
import nats
import pytest

from support.operator import Up, authpulse
from support.servers import until
from support.waiting import eventually

CHILDREN = ("nats", "postgres", "event-store", "refresher", "health-api")


def test_only_the_owner_can_read_what_it_keeps(up: Up) -> None:
    kept = [up.data / "instance.json", *(up.data / "secrets").iterdir(), *(up.data / "logs").iterdir()]
    assert {(file.name, stat.S_IMODE(file.stat().st_mode)) for file in kept} == {(file.name, 0o600) for file in kept}
    for folder in ("secrets", "logs", "nats", "postgres"):
        assert stat.S_IMODE((up.data / folder).stat().st_mode) == 0o700


def test_the_sign_in_link_signs_in(up: Up) -> None:
    link = next(line.split()[-1] for line in up.said.splitlines() if "sign in:" in line)
    url, token = link.split("/#token=")
    with httpx.Client(base_url=url) as browser:
        assert browser.get("/api/v1/admin/connections/oauth-health").status_code == 401
        assert browser.post("/api/v1/session", json={"token": token}).status_code == 204
        assert browser.get("/api/v1/admin/connections/oauth-health").status_code == 200


def test_a_second_one_on_the_same_data_is_refused(up: Up) -> None:
    second = authpulse("up", "--data", str(up.data), "--http", "127.0.0.1:0")
    assert second.returncode == 1
    second = authpulse("up", "--data", str(up.data))
    assert second.returncode == 1
    assert f"authpulse up is running already with --data {up.data}" in second.stderr


def test_a_taken_port_is_named_before_anything_starts(up: Up, folder: Path) -> None:
    second = authpulse("up", "--data", str(folder / "taken"), "--http", up.http)
    host, port = up.http.split(":")
    assert second.returncode == 1
    assert f"Nobody can listen at {host} port {port}: Address already in use" in second.stderr
    assert not (folder / "taken" / "postgres").exists()


@pytest.mark.parametrize("address", ["8080", "localhost", "127.0.0.1:http", "127.0.0.1:99999", "http://x:1", ":"])
def test_an_address_that_is_none_is_refused(address: str, folder: Path) -> None:
    ran = authpulse("up", "--data", str(folder / "nowhere"), "--http", address)
    assert ran.returncode == 1
    assert f"--http {address!r} is no address. Write HOST:PORT" in ran.stderr


def test_killed_children_are_started_again_and_all_goes_on(up: Up, folder: Path) -> None:
    """Shown by a new fact that goes all the way: command, vault, stream, ledger, HTTP."""
    before = up.instance["pids"]
    for child in CHILDREN:
        os.kill(before[child], signal.SIGKILL)
    until(lambda: all(up.instance["pids"][child] != before[child] for child in CHILDREN), what="new children")
    file = folder / "probe.toml"
    file.write_text('[[connection]]\nkind = "up"\nname = "probe"\ngrant = "none"\n')
    until(lambda: up.ask("apply", str(file)).returncode == 0, seconds=30, what="an answer to a command")
    until(lambda: "up/probe" in up.health(), seconds=30, what="the new connection")
    for child in CHILDREN:
        assert f"{child} was killed by SIGKILL; starting it again" in up.said


async def test_who_serves_facts_hears_no_secrets(up: Up) -> None:
    """The health-api may give commands, but not listen to them; it gets no token."""
    password = (up.data / "secrets" / "health-api.password").read_text().strip()
    refused: list[str] = []

    async def note(failure: Exception) -> None:
        refused.append(str(failure))

    server = up.instance["nats_url"].rpartition("@")[2]
    bus = await nats.connect(f"nats://health-api:{password}@{server}", error_cb=note)
    await bus.subscribe("auth.commands.>")
    await bus.subscribe("auth.inbox.operator.>")
    await bus.subscribe("_INBOX.>")
    await bus.publish("auth.tokens.get", b"{}")
    await bus.flush()

    async def refusals() -> int:
        return len(refused)

    await eventually(refusals, 4)
    await bus.close()
    assert all("permissions violation" in each for each in refused)


def test_a_command_without_an_instance_says_how_to_get_one(folder: Path) -> None:
    ran = authpulse("status", "--data", str(folder / "nobody"))
    assert ran.returncode == 1
    assert "Start one with: authpulse up --data" in ran.stderr
