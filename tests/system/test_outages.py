"""NATS or PostgreSQL away for a while: nothing is lost, what can go on goes on, and no hand is needed afterwards."""

import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from support.declarations import brought, oauth
from support.idp import Client, Delay, Idp
from support.servers import PostgresServer, postgres, until
from support.soundness import check_sound, check_spent_once, until_at_rest
from support.system import System, running_system


def declared(system: System, idp: Idp, number: int) -> dict[str, Client]:
    """Connections that are refreshed about once a second."""
    clients = {f"c{n}": idp.client(f"c{n}", secret="s3cret", access_life=2.0) for n in range(number)}
    system.declare(*(oauth(client, name, token=brought(client)) for name, client in clients.items()))
    until(lambda: all(client.posts for client in clients.values()), what="a first refresh of each")
    until(lambda: len(system.bulk()) == number, what="every row in the bulk answer")
    return clients


def settle(system: System, clients: dict[str, Client]) -> None:
    for client in clients.values():
        client.access_life = 86_400.0
    until_at_rest(system, seconds=40)
    check_sound(system)
    for name, client in clients.items():
        check_spent_once(system, name, client)
        assert not client.killed


def posts(clients: dict[str, Client]) -> int:
    return sum(len(client.posts) for client in clients.values())


def test_while_nats_is_mute_and_then_away_tokens_are_kept_alive_and_the_facts_wait(system: System, idp: Idp) -> None:
    clients = declared(system, idp, 5)
    system.nats.freeze()
    # Long enough for the relay to send facts, wait for their acknowledgement in vain, and be tempted to forget them.
    refreshed(clients, 40)
    system.nats.kill()
    refreshed(clients, 10)
    assert len(system.bulk()) == len(clients)
    system.nats.start()
    settle(system, clients)


def refreshed(clients: dict[str, Client], more: int) -> None:
    before = posts(clients)
    until(lambda: posts(clients) >= before + more, seconds=30, what="refreshes without NATS")


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """One that may be stopped: the others' tests go on."""
    with postgres(("fsync=off",)) as server:
        with psycopg.connect(server.url.format(database="postgres"), autocommit=True) as db:
            db.execute("create database vault")
            db.execute("create database ledger")
        yield server


@pytest.fixture
def mortal(tmp_path: Path, own_postgres: PostgresServer) -> Iterator[System]:
    """A system whose PostgreSQL may be stopped."""
    urls = {f"{name}_url": own_postgres.url.format(database=name) for name in ("vault", "ledger")}
    with running_system(tmp_path / "system", **urls) as running:
        yield running


def test_while_postgres_is_away_health_is_served_and_what_the_idp_issues_is_not_lost(
    mortal: System, own_postgres: PostgresServer, idp: Idp
) -> None:
    clients = declared(mortal, idp, 5)
    slow = idp.client("slow", secret="s3cret", access_life=86_400.0)
    slow.next(Delay(seconds=3.0))
    mortal.declare(oauth(slow, "slow", token=brought(slow)))
    until(lambda: slow.posts, what="the POST whose answer nobody can store")
    own_postgres.stop()
    # The answer comes, and nothing that waits for the database for a few seconds is patient enough.
    until(lambda: time.monotonic() - slow.posts[0].at > 10, seconds=20)
    assert quiet(clients), "without a vault no token can be stored, so none may be asked for"
    assert len(mortal.bulk()) >= len(clients), "the last known rows are better than none"
    own_postgres.start()

    settle(mortal, clients | {"slow": slow})
    mortal.until_row("slow", {"needs_reauth": False, "refresh_failing": False})
    assert [(post.outcome, post.reused) for post in slow.posts] == [("issued", False)]


def quiet(clients: dict[str, Client]) -> bool:
    """No POST for longer than connections that live two seconds would leave between theirs."""
    newest = max(post.at for client in clients.values() for post in list(client.posts))
    return time.monotonic() - newest > 3
