"""The board follows the ledger, whatever of NATS, PostgreSQL or a row is broken."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import nats
import psycopg
import pytest

from authpulse_contract.subjects import ADVANCED
from support.events import event
from support.ledger import BULK, Api, attended, record, running_api
from support.servers import NatsServer, free_port, until
from support.waiting import eventually

POLLS_RARELY = {"AUTHPULSE_POLL_INTERVAL": "60"}
POLLS_OFTEN = {"AUTHPULSE_POLL_INTERVAL": "0.1"}


async def names(api: Api) -> list[str]:
    async with api.client() as client:
        answer = await client.get(BULK)
    return [row["name"] for row in answer.json().get("connections", [])]


async def away(api: Api) -> str:
    """Who is named; here nobody refreshes or writes the ledger, so that somebody is, sooner or later."""
    async with api.client() as client:
        return str((await client.get(BULK)).headers.get("authpulse-away", ""))


async def test_a_tick_is_enough(tmp_path: Path, ledger_url: str, nats_url: str) -> None:
    with running_api(tmp_path, ledger_url, nats_url, **POLLS_RARELY) as api:
        bus = await nats.connect(nats_url)
        await record(ledger_url, event())

        async def ticked() -> list[str]:
            await bus.publish(ADVANCED, b"1")
            return await names(api)

        await eventually(ticked, ["crm"])
        await bus.close()


async def test_without_nats_the_ledger_is_polled_and_ticks_count_once_it_comes(tmp_path: Path, ledger_url: str) -> None:
    nobody = f"nats://127.0.0.1:{free_port()}"
    with running_api(tmp_path, ledger_url, nobody, **POLLS_OFTEN) as api:
        await record(ledger_url, event())
        await eventually(lambda: names(api), ["crm"])


async def test_ticks_count_again_after_nats_was_away(tmp_path: Path, ledger_url: str) -> None:
    server = NatsServer(tmp_path / "nats")
    server.start()
    try:
        with running_api(tmp_path, ledger_url, server.url, **POLLS_RARELY) as api:
            server.kill()
            await record(ledger_url, event())
            server.start()
            # Being back is itself a reason to look.
            await eventually(lambda: names(api), ["crm"])
    finally:
        server.stop()


class Door:
    """Lets nobody into a database, and throws out who is inside; `open` lets them in again."""

    def __init__(self, url: str, maintenance_url: str) -> None:
        self._name, self._maintenance = urlsplit(url).path.lstrip("/"), maintenance_url

    def shut(self) -> None:
        with psycopg.connect(self._maintenance, autocommit=True) as db:
            db.execute(f'alter database "{self._name}" allow_connections false')
            db.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (self._name,))

    def open(self) -> None:
        with psycopg.connect(self._maintenance, autocommit=True) as db:
            db.execute(f'alter database "{self._name}" allow_connections true')


@pytest.fixture
def door(ledger_url: str, postgres_url: str) -> Iterator[Door]:
    made = Door(ledger_url, postgres_url.format(database="postgres"))
    yield made
    made.open()


async def test_while_the_ledger_is_away_the_last_rows_are_told_with_their_age_and_without_any_it_is_503(
    tmp_path: Path, ledger_url: str, nats_url: str, door: Door
) -> None:
    await record(ledger_url, event())
    door.shut()
    api = Api(tmp_path, ledger_url, nats_url, **POLLS_OFTEN)
    try:
        api.start("/healthz")
        async with api.client() as client:
            answer = await client.get(BULK)
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
        assert answer.headers["content-type"] == "application/problem+json"
        assert api.status("/readyz") == 503

        door.open()
        until(lambda: api.status("/readyz") == 200, seconds=20)
        door.shut()
        async with asyncio.timeout(20):
            while await away(api) != "ledger":
                assert await names(api) == ["crm"]
                await asyncio.sleep(0.1)
        assert api.status("/readyz") == 200
        async with api.client() as client:
            status = await client.get("/api/v1/admin/connections/api/crm/oauth-status", timeout=15)
        assert status.status_code == 503
        assert int(status.headers["retry-after"]) > 0
        assert status.json()["type"] == "urn:authpulse:problem:ledger_away"

        door.open()
        await record(ledger_url, event(connection_name="new"))
        await eventually(lambda: names(api), ["crm", "new"])
        with attended(ledger_url, nats_url):
            await eventually(lambda: away(api), "")
    finally:
        api.process.kill()


async def test_one_broken_row_needs_attention_and_leaves_the_others_alone(
    tmp_path: Path, ledger_url: str, nats_url: str
) -> None:
    await record(ledger_url, event(connection_name="broken"), event(connection_name="sound"))
    async with await psycopg.AsyncConnection.connect(ledger_url) as db:
        await db.execute(
            "update ledger.connection_health set changed_at = 'infinity', state = '[]' where name = 'broken'"
        )
        await db.execute("update ledger.events set body = '[]' where connection_name = 'broken'")
    with running_api(tmp_path, ledger_url, nats_url) as api:
        async with api.client() as client:
            rows = (await client.get(BULK)).json()["connections"]
            status = await client.get("/api/v1/admin/connections/api/broken/oauth-status")
            sound = await client.get("/api/v1/admin/connections/api/sound/oauth-status")
    assert rows[0] == {
        "kind": "api",
        "name": "broken",
        "has_oauth": True,
        "needs_reauth": True,
        "token_acquired": False,
        "refresh_failing": False,
        "changed_at": "1970-01-01T00:00:00Z",
    }
    assert (rows[1]["name"], rows[1]["needs_reauth"]) == ("sound", False)
    assert (status.status_code, status.json()["type"]) == (500, "urn:authpulse:problem:internal")
    assert sound.status_code == 200


async def test_a_ledger_that_went_back_is_read_anew(tmp_path: Path, ledger_url: str, nats_url: str) -> None:
    await record(ledger_url, event(connection_name="lost"), event(connection_name="lost too"))
    with running_api(tmp_path, ledger_url, nats_url, **POLLS_OFTEN) as api:
        assert await names(api) == ["lost", "lost too"]
        async with await psycopg.AsyncConnection.connect(ledger_url) as db:
            await db.execute("truncate ledger.events, ledger.connection_health")
            await db.execute("update ledger.position set position = 0")
        await record(ledger_url, event(connection_name="kept"))
        await eventually(lambda: names(api), ["kept"])
