import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from support.operator import Ran, Up
from support.servers import until

FILE = """
[[connection]]
kind = "verify"
name = "one"
grant = "authorization_code"
token_url = "http://127.0.0.1:9/token"
authorization_url = "http://127.0.0.1:9/authorize"
client_id = "{}"
client_auth = "none"
"""


@pytest.fixture(scope="module")
def one(up: Up, folder: Path) -> None:
    """`verify/one`, three versions old and at rest."""
    file = folder / "verify.toml"
    for client_id in ("a", "b", "c"):
        file.write_text(FILE.format(client_id))
        assert up.ask("apply", str(file)).returncode == 0
    until(lambda: "verify/one" in up.health(), what="verify/one")


@pytest.fixture
def ledger(up: Up, one: None) -> Iterator[psycopg.Connection]:  # noqa: ARG001 -- it has to be there
    """A connection to the ledger; what a test does to `verify/one` is undone."""
    with psycopg.connect(up.instance["ledger_url"], autocommit=True) as db:
        db.execute("create temporary table events as select * from ledger.events where connection_kind = 'verify'")
        db.execute("create temporary table health as select * from ledger.connection_health where kind = 'verify'")
        yield db
        db.execute("delete from ledger.events where connection_kind = 'verify'")
        db.execute("delete from ledger.connection_health where kind = 'verify'")
        db.execute("insert into ledger.events select * from events")
        db.execute("insert into ledger.connection_health select * from health")


def verify(up: Up, *words: str) -> Ran:
    return up.ask("verify", "--wait", "1", *words)


def found(up: Up) -> set[tuple[str, str, str]]:
    ran = verify(up, "--json")
    assert ran.returncode == 1, ran.stderr
    return {
        (f"{each['kind']}/{each['name']}", each["where"], each["what"])
        for each in json.loads(ran.stdout)["disagreements"]
    }


@pytest.mark.usefixtures("one")
def test_a_system_at_work_agrees(up: Up) -> None:
    ran = up.ask("verify")
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout
    assert "vault, ledger, health and the HTTP answer agree" in ran.stdout


def test_a_missing_event_is_named(up: Up, ledger: psycopg.Connection) -> None:
    ledger.execute("delete from ledger.events where connection_kind = 'verify' and version = 2")
    assert found(up) == {("verify/one", "ledger", "version 2 is missing")}


def test_a_missing_first_event_of_a_young_ledger_is_named(up: Up, ledger: psycopg.Connection) -> None:
    ledger.execute("delete from ledger.events where connection_kind = 'verify' and version < 3")
    assert found(up) == {("verify/one", "ledger", "versions 1 to 2 are missing")}


def test_a_changed_event_is_named(up: Up, ledger: psycopg.Connection) -> None:
    ledger.execute("""
        update ledger.events set body = jsonb_set(body, '{version}', '7')
        where connection_kind = 'verify' and version = 2""")
    assert ("verify/one", "ledger", "the event of version 2 says version 7, its row says 2") in found(up)


def test_a_flipped_health_row_is_named(up: Up, ledger: psycopg.Connection) -> None:
    """The vault does not agree with it either, and HTTP goes on serving what was announced."""
    ledger.execute("update ledger.connection_health set needs_reauth = not needs_reauth where kind = 'verify'")
    assert found(up) >= {
        ("verify/one", "health", "needs_reauth is False, but its events give True"),
        ("verify/one", "vault", "needs_reauth is True in the vault, False in the ledger"),
        ("verify/one", "api", "needs_reauth is served as True, the ledger has False"),
    }


def test_a_lost_health_row_is_named(up: Up, ledger: psycopg.Connection) -> None:
    ledger.execute("delete from ledger.connection_health where kind = 'verify'")
    assert ("verify/one", "health", "the row is missing") in found(up)


@pytest.mark.usefixtures("one")
def test_a_vault_that_is_ahead_is_named(up: Up) -> None:
    with psycopg.connect(up.instance["vault_url"], autocommit=True) as vault:
        vault.execute("update vault.connections set version = version + 1 where kind = 'verify'")
        ran = verify(up)
        vault.execute("update vault.connections set version = version - 1 where kind = 'verify'")
    assert ran.returncode == 1
    assert "verify/one: vault: the vault has version 4, the ledger 3" in ran.stdout
    assert verify(up).returncode == 0


def test_a_database_that_cannot_be_read_is_an_error_and_no_agreement(up: Up) -> None:
    ran = verify(up, "--data", str(up.data / "nowhere"))
    assert ran.returncode == 1
    assert "No authpulse is set up" in ran.stderr
