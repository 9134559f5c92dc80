"""One part of the system away: what the API says meanwhile, and that it needs no hand to recover."""

from collections.abc import Iterator

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


def age(system: System) -> int:
    return int(system.get(BULK).headers["age"])


def test_while_nats_is_away_all_that_is_known_is_told_and_stays_fresh(whole: System) -> None:
    whole.nats.stop()
    try:
        assert whole.row("first")
        assert whole.get("/readyz").status_code == 200
        assert whole.get("/api/v1/admin/connections/api/first/auth-events").status_code == 200
        until(lambda: age(whole) <= 2, what="a poll of the ledger in place of ticks")
    finally:
        whole.nats.start()
    whole.until_ready()
    declare(whole, "after-nats")
    until(lambda: whole.row("after-nats"), seconds=30, what="a new row")


def test_while_the_refresher_is_away_health_is_told_and_stays_fresh(whole: System) -> None:
    whole.refresher.kill()
    assert whole.row("first")
    assert whole.get("/api/v1/admin/connections/incidents").json() == {"incidents": []}
    until(lambda: age(whole) <= 2, what="fresh rows")
    whole.refresher.start()
    whole.until_ready()


def test_while_the_event_store_is_away_the_known_rows_are_told_and_new_facts_come_later(whole: System) -> None:
    whole.event_store.kill()
    declare(whole, "meanwhile")
    assert whole.row("first")
    assert whole.row("meanwhile") is None
    whole.event_store.start()
    until(lambda: whole.row("meanwhile"), seconds=30, what="the fact that waited")


def test_while_postgres_is_away_the_last_rows_are_told_with_their_age(
    whole: System, own_postgres: PostgresServer
) -> None:
    bearer = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
    with httpx.stream("GET", f"{whole.url}{BULK}/stream", headers=bearer, timeout=60) as stream:
        lines = stream.iter_lines()
        assert "event: snapshot" in (next(lines), next(lines))
        own_postgres.stop()
        assert next(line for line in lines if line.startswith('data: {"seconds"')) != 'data: {"seconds":0}'
        assert whole.row("first"), "the last known rows are better than none"
        assert age(whole) >= 5
        status = whole.get("/api/v1/admin/connections/api/first/auth-events")
        assert (status.status_code, status.json()["type"]) == (503, "urn:authpulse:problem:ledger_away")
        assert int(status.headers["retry-after"]) > 0
        assert whole.get("/readyz").status_code == 200
        own_postgres.start()
        assert next(line for line in lines if line == 'data: {"seconds":0}'), "the same stream says that it is over"
    until(lambda: age(whole) <= 2, seconds=30, what="fresh rows")
    whole.until_ready()
    declare(whole, "after-postgres")
    until(lambda: whole.row("after-postgres"), seconds=30, what="a new row")
