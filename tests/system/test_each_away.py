"""One part of the system away: what the API says meanwhile, and that it needs no hand to recover."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest.mock import ANY

import httpx
import psycopg
import pytest

from authpulse_contract.connections import Declaration
from support.servers import PostgresServer, postgres, until
from support.system import ADMIN_TOKEN, System, running_system

BULK = "/api/v1/admin/connections/oauth-health"


@pytest.fixture(scope="module")
def own_postgres() -> Iterator[PostgresServer]:
    """One that may be stopped: the others' tests go on."""
    with postgres(("fsync=off",)) as server:
        with psycopg.connect(server.url.format(database="postgres"), autocommit=True) as db:
            db.execute("create database vault")
            db.execute("create database ledger")
        yield server


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, own_postgres: PostgresServer) -> Iterator[System]:
    """Whole before and after each of these tests."""
    urls = {f"{name}_url": own_postgres.url.format(database=name) for name in ("vault", "ledger")}
    with running_system(tmp_path_factory.mktemp("each-away") / "system", **urls) as running:
        declare(running, "first")
        until(lambda: running.row("first"), seconds=30, what="the first row")
        yield running


def declare(system: System, name: str) -> None:
    system.declare(Declaration(kind="api", name=name))


def is_fresh(system: System) -> bool:
    """Nobody is named, and the rows are as new as ever."""
    headers = system.get(BULK).headers
    return "authpulse-away" not in headers and int(headers["age"]) <= 2


@contextmanager
def told(system: System, away: str, back: Callable[[], object]) -> Iterator[None]:
    """Bulk and a stream opened before name who is `away`, and after `back` say that it is over, without a hand."""
    bearer = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
    until(lambda: is_fresh(system), seconds=30, what="fresh rows to begin with")
    with httpx.stream("GET", f"{system.url}{BULK}/stream", headers=bearer, timeout=60) as stream:
        lines = stream.iter_lines()
        assert "event: snapshot" in (next(lines), next(lines))
        try:
            yield
            said = next(line for line in lines if line.startswith('data: {"seconds"'))
            assert json.loads(said.removeprefix("data: ")) == {"seconds": ANY, "away": [away]}
            answer = system.get(BULK)
            assert (answer.status_code, answer.headers["authpulse-away"]) == (200, away)
            assert int(answer.headers["age"]) >= 5
            assert system.row("first"), "the last known rows are better than none"
            assert system.get("/readyz").status_code == 200, "there is something to serve"
        finally:
            back()
        assert next(line for line in lines if line == 'data: {"seconds":0,"away":[]}')
    until(lambda: is_fresh(system), seconds=30, what="fresh rows")
    system.until_ready()


def expect_refused(answer: httpx.Response, slug: str) -> None:
    assert (answer.status_code, answer.json()["type"]) == (503, f"urn:authpulse:problem:{slug}")
    assert int(answer.headers["retry-after"]) > 0


def test_while_nats_is_away_all_that_is_known_is_told_and_that_it_may_be_old(whole: System) -> None:
    with told(whole, "nats", whole.nats.start):
        whole.nats.stop()
        assert whole.get("/api/v1/admin/connections/api/first/auth-events").status_code == 200
        expect_refused(whole.command("PUT", "/api/refused", {"grant": "none"}), "no_refresher")
    declare(whole, "after-nats")
    until(lambda: whole.row("after-nats"), seconds=30, what="a new row")


def test_a_nats_that_stands_still_is_as_good_as_away(whole: System) -> None:
    with told(whole, "nats", whole.nats.thaw):
        whole.nats.freeze()


def test_while_the_refresher_is_away_health_is_told_and_that_nobody_refreshes(whole: System) -> None:
    with told(whole, "refresher", whole.refresher.start):
        whole.refresher.kill()
        assert whole.get("/api/v1/admin/connections/incidents").json() == {"incidents": []}
        expect_refused(whole.command("PUT", "/api/refused", {"grant": "none"}), "no_refresher")
    declare(whole, "after-refresher")
    until(lambda: whole.row("after-refresher"), seconds=30, what="a new row")


def test_a_refresher_that_stands_still_is_as_good_as_away(whole: System) -> None:
    with told(whole, "refresher", whole.refresher.thaw):
        whole.refresher.freeze()


def test_while_the_event_store_is_away_the_known_rows_are_told_as_old_and_new_facts_come_later(whole: System) -> None:
    with told(whole, "event-store", whole.event_store.start):
        whole.event_store.kill()
        declare(whole, "meanwhile")
        assert whole.row("meanwhile") is None
    until(lambda: whole.row("meanwhile"), seconds=30, what="the fact that waited")


def test_while_postgres_is_away_the_last_rows_are_told_with_their_age(
    whole: System, own_postgres: PostgresServer
) -> None:
    with told(whole, "ledger", own_postgres.start):
        own_postgres.stop()
        expect_refused(whole.get("/api/v1/admin/connections/api/first/auth-events"), "ledger_away")
        expect_refused(whole.command("PUT", "/api/refused", {"grant": "none"}), "no_refresher")
    declare(whole, "after-postgres")
    until(lambda: whole.row("after-postgres"), seconds=30, what="a new row")


def test_a_refresher_without_its_vault_is_told_apart_from_none(whole: System) -> None:
    maintenance = whole.vault_url.replace("/vault", "/postgres")

    def let_in(answer: str) -> None:
        with psycopg.connect(maintenance, autocommit=True) as db:
            db.execute(f"alter database vault allow_connections {answer}")
            db.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'vault'")

    with told(whole, "vault", lambda: let_in("true")):
        let_in("false")
