"""Brings a service's own schema up to date: numbered SQL files, each applied once, one process at a time."""

from importlib.resources import files
from typing import Final

import psycopg

# Two processes that start together must not both migrate; the lock ends with the transaction, even after a SIGKILL.
_LOCK: Final = "select pg_advisory_xact_lock(hashtextextended('authpulse.migrate', 0))"
_TABLE: Final = """
    create table if not exists public.authpulse_migrations (
        package text not null,
        file text not null,
        applied_at timestamptz not null default now(),
        primary key (package, file)
    )"""
_APPLIED: Final = "select file from public.authpulse_migrations where package = %s"
_RECORD: Final = "insert into public.authpulse_migrations (package, file) values (%s, %s)"


async def migrate(database_url: str, package: str) -> list[str]:
    """Apply the `migrations/*.sql` of `package` that the database has not seen, in one transaction.

    Returns the names of the files applied now. Raises `psycopg.Error`; then nothing was applied.
    """
    scripts = sorted(
        (entry for entry in (files(package) / "migrations").iterdir() if entry.name.endswith(".sql")),
        key=lambda entry: entry.name,
    )
    async with await psycopg.AsyncConnection.connect(database_url) as db:
        await db.execute(_LOCK)
        await db.execute(_TABLE)
        applied = {row[0] for row in await (await db.execute(_APPLIED, (package,))).fetchall()}
        fresh = [script for script in scripts if script.name not in applied]
        for script in fresh:
            await db.execute(script.read_bytes())
            await db.execute(_RECORD, (package, script.name))
    return [script.name for script in fresh]
