"""Health can be rebuilt from the events at any time and is then what folding them one by one had made it."""

import os
import subprocess
import sys

import pytest
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from authpulse_contract.codec import to_json
from authpulse_contract.events import Event
from authpulse_event_store.replay import rebuild
from authpulse_event_store.store import Fact, append
from support.events import EVENT_TYPES, event

CONTENT = """
    select kind, name, connection_id, version, event_id, event_type, removed, has_oauth, needs_reauth, token_acquired,
        idp_error_code, refresh_failing, changed_at, idp_host, state
    from ledger.connection_health order by kind, name"""
CONNECTIONS = ["crm", "erp", "hr"]


async def fill(pool: AsyncConnectionPool) -> None:
    batch: list[Event] = [
        event(kind, connection_name=name, version=version)
        for name in CONNECTIONS
        for version, kind in enumerate(EVENT_TYPES, start=1)
    ]
    async with pool.connection() as db:
        await append(db, [Fact(one, to_json(one).decode()) for one in batch])


async def rows(ledger: AsyncConnection, query: str = CONTENT) -> list[tuple[object, ...]]:
    return await (await ledger.execute(query)).fetchall()


async def rebuilt(pool: AsyncConnectionPool) -> int:
    async with pool.connection() as db:
        return await rebuild(db)


async def test_rebuilding_a_sound_ledger_changes_nothing(pool: AsyncConnectionPool, ledger: AsyncConnection) -> None:
    await fill(pool)
    before = await rows(ledger, "select * from ledger.connection_health order by name")
    assert await rebuilt(pool) == 0
    assert await rows(ledger, "select * from ledger.connection_health order by name") == before


@pytest.mark.parametrize(
    "damage",
    [
        "delete from ledger.connection_health",
        "truncate ledger.connection_health",
        "update ledger.connection_health set version = version + 100, needs_reauth = not needs_reauth",
        "update ledger.connection_health set state = '{}', removed = true",
    ],
)
async def test_rebuilding_gives_what_folding_one_by_one_gave_at_positions_that_followers_have_not_seen(
    pool: AsyncConnectionPool, ledger: AsyncConnection, damage: str
) -> None:
    await fill(pool)
    sound = await rows(ledger)
    ((seen,),) = await rows(ledger, "select position from ledger.position")
    await ledger.execute(damage)
    assert await rebuilt(pool) == len(CONNECTIONS)
    assert await rows(ledger) == sound
    ((unseen, highest),) = await rows(ledger, "select min(position), max(position) from ledger.connection_health")
    assert int(str(unseen)) > int(str(seen))
    assert await rows(ledger, "select position from ledger.position") == [(highest,)]


async def test_a_row_without_any_event_is_hidden_where_followers_see_it_go(
    pool: AsyncConnectionPool, ledger: AsyncConnection
) -> None:
    await fill(pool)
    await ledger.execute("delete from ledger.events where connection_name = 'erp'")
    assert await rebuilt(pool) == 1
    hidden = "select name, h.position = p.position from ledger.connection_health h, ledger.position p where removed"
    assert ("erp", True) in await rows(ledger, hidden)


async def test_appending_goes_on_after_a_rebuild(pool: AsyncConnectionPool, ledger: AsyncConnection) -> None:
    await fill(pool)
    await ledger.execute("truncate ledger.connection_health")
    await rebuilt(pool)
    newer = event(version=99)
    async with pool.connection() as db:
        await append(db, [Fact(newer, to_json(newer).decode())])
    assert await rows(ledger, "select version from ledger.connection_health where name = 'crm'") == [(99,)]


def test_the_command_says_what_it_did(ledger_url: str) -> None:
    environ = os.environ | {"AUTHPULSE_DATABASE_URL": ledger_url}
    command = [sys.executable, "-m", "authpulse_event_store.replay"]
    done = subprocess.run(command, env=environ, check=True, capture_output=True, text=True)
    assert done.stdout == "0 rows of health changed\n"


def test_the_command_explains_itself_without_any_settings() -> None:
    command = [sys.executable, "-m", "authpulse_event_store.replay", "--help"]
    done = subprocess.run(command, env={}, check=True, capture_output=True, text=True)
    assert "AUTHPULSE_DATABASE_URL" in done.stdout
