"""Vaults of any size, filled at once: connections with a grant each, spread over token endpoints."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID

import psycopg

from authpulse_chassis.migrate import migrate
from authpulse_contract.secret import Secret
from authpulse_refresher.storage.seal import KeyRing
from authpulse_refresher.storage.vault import Vault
from support.servers import postgres

KEY: Final = b"k" * 32
RING: Final = KeyRing({"bench": KEY})

_FILL: Final = """
    with made as (
        insert into vault.connections (connection_id, kind, name, version, generation, last_event_id, declared_by,
            config, idp_host, needs_reauth, due_at, attempt, outcome_unknown)
        select gen_random_uuid(), 'bench', 'c' || number, 1, 1, gen_random_uuid(), 'file',
            json_build_object('grant', 'authorization_code', 'client_id', 'bench', 'client_auth', 'none',
                'token_url', (%(urls)s::text[])[1 + number %% %(hosts)s]),
            'idp' || number %% %(hosts)s, false, now() + ({}) * interval '1 s', 0, false
        from generate_series(1, %(connections)s) number returning connection_id, idp_host, due_at
    )
    insert into vault.due (connection_id, idp_host, due_at) select connection_id, idp_host, due_at from made"""


@asynccontextmanager
async def vault_database() -> AsyncIterator[str]:
    """The URL of an empty vault in a PostgreSQL of its own, with fsync."""
    with postgres() as server:
        with psycopg.connect(server.url.format(database="postgres"), autocommit=True) as db:
            db.execute("create database vault")
        url = server.url.format(database="vault")
        await migrate(url, "authpulse_refresher")
        yield url


async def fill(vault: Vault, urls: Sequence[str], connections: int, due: str, *, grants: bool = True) -> None:
    """So many connections, in turn at each of `urls`; `due`: SQL, in how many seconds number `number` comes due."""
    values = {"urls": list(urls), "hosts": len(urls), "connections": connections}
    async with vault.pool.connection() as db:
        await db.execute("truncate vault.connections, vault.tokens, vault.due, vault.outbox cascade")
        await db.execute(_FILL.format(due), values)
        if grants:
            await _grant(db)
    async with await psycopg.AsyncConnection.connect(vault.pool.conninfo, autocommit=True) as db:
        await db.execute("vacuum analyze vault.connections, vault.due, vault.tokens")


async def _grant(db: psycopg.AsyncConnection) -> None:
    rows: list[tuple[UUID]] = await (await db.execute("select connection_id from vault.connections")).fetchall()
    token, hashed = Secret("rt"), RING.fingerprint(Secret("rt"))
    async with (
        db.cursor() as cursor,
        cursor.copy("copy vault.tokens (connection_id, refresh_token, refresh_token_hash) from stdin") as copy,
    ):
        for (row,) in rows:
            await copy.write_row((row, RING.seal(token, row, "refresh_token"), hashed))
