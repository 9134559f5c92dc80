import asyncio
import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec import structs

from support.events import ALIVE, event
from support.ledger import ADMIN_TOKEN, record, running_api
from support.operator import Up, program
from support.servers import until


def test_events_of_one_connection_come_in_order_and_as_lines(up: Up, folder: Path) -> None:
    file = folder / "said.toml"
    file.write_text('[[connection]]\nkind = "events"\nname = "a b/c.d"\ngrant = "none"\n')
    assert up.ask("apply", str(file)).returncode == 0
    until(lambda: up.events("events/a b/c.d"), what="the event")
    ran = up.ask("events", "events/a b/c.d")
    [line] = ran.stdout.splitlines()
    assert "events/a b/c.d #1 connection_registered" in line
    versions = [event["version"] for event in up.events("demo/healthy-rotating")]
    assert versions == list(range(1, len(versions) + 1))


def test_a_connection_is_named_as_kind_and_name(up: Up) -> None:
    ran = up.ask("events", "crm")
    assert ran.returncode == 1
    assert "'crm' names no connection. Write KIND/NAME" in ran.stderr


def test_following_shows_what_happens_from_then_on(up: Up, folder: Path) -> None:
    output = folder / "followed"
    with output.open("wb") as lines:
        command = [program(), "events", "--data", str(up.data), "--follow", "--json", "demo/healthy-rotating"]
        with subprocess.Popen(command, stdout=lines) as follower:
            seen = len(up.events("demo/healthy-rotating"))
            until(lambda: len(output.read_text().splitlines()) > seen, seconds=30, what="one more event")
            follower.terminate()


def test_the_table_shows_trouble_first(up: Up) -> None:
    until(lambda: "demo/never-connected" in up.health(), what="the demonstration")
    ran = up.ask("status")
    assert ran.returncode == 0
    rows = [line.split() for line in ran.stdout.splitlines()]
    assert rows[0] == ["kind", "name", "health", "code", "since", "next"]
    assert rows[1][2] == "reauth"
    assert json.loads(up.ask("status", "--json").stdout)["connections"]


def test_the_next_refresh_of_more_than_fifty_is_told_if_wanted_and_else_that_it_is_left_out(
    tmp_path: Path, ledger_url: str, nats_url: str
) -> None:
    later = datetime.now(UTC) + timedelta(hours=3)
    state = structs.replace(ALIVE, next_refresh_at=later)
    asyncio.run(record(ledger_url, *(event(connection_name=f"c{number:02}", state=state) for number in range(60))))
    with running_api(tmp_path, ledger_url, nats_url) as api:

        def status(*options: str) -> str:
            where = {"AUTHPULSE_URL": api.url, "AUTHPULSE_ADMIN_TOKEN": ADMIN_TOKEN, "COLUMNS": "120"}
            command = [program(), "status", *options]
            return subprocess.run(command, env=where, cwd=tmp_path, check=True, capture_output=True, text=True).stdout

        until(lambda: "As of" in status(), what="word that nobody writes this ledger")
        assert status().count(" in 2 h") == 50
        assert "next: left out for 10 more" in status()
        assert status("--every-next").count(" in 2 h") == 60
        assert "next: left out" not in status("--every-next")


def test_a_wrong_token_is_said_to_be_one(up: Up) -> None:
    ran = up.ask("status", AUTHPULSE_ADMIN_TOKEN="wrong")
    assert ran.returncode == 0  # --data says where and who; the environment is not asked
    elsewhere = subprocess.run(
        [program(), "status"],
        env={"AUTHPULSE_URL": f"http://{up.http}", "AUTHPULSE_ADMIN_TOKEN": "wrong"},
        cwd=up.data,
        check=False,
        capture_output=True,
        text=True,
    )
    assert elsewhere.returncode == 1
    assert "does not accept the token" in elsewhere.stderr
