"""Brings a service's own schema up to date: numbered SQL files, each applied once, one process at a time.

A service does so when it starts. Where its role may not, one that may does so before:
`python -m authpulse_chassis.migrate PACKAGE`, with the service told `AUTHPULSE_MIGRATE=false`.
"""

import asyncio
import sys
from argparse import ArgumentParser
from importlib.resources import files
from typing import Final

import psycopg
from msgspec import Struct

from authpulse_chassis.kinds import DatabaseUrl
from authpulse_chassis.logs import configure_logs
from authpulse_chassis.patience import persist
from authpulse_chassis.settings import SettingsError, read_settings

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


class Settings(Struct, frozen=True, kw_only=True):
    """Read from `AUTHPULSE_DATABASE_URL` or the file named by `AUTHPULSE_DATABASE_URL_FILE`."""

    database_url: DatabaseUrl


async def _persistently(database_url: str, package: str) -> list[str]:
    return await persist(
        f"migrating {package}", lambda: migrate(database_url, package), outages=(psycopg.OperationalError,)
    )


def main() -> None:
    """The command: waits for the database; exit status 1 with one line on standard error if it could not be done."""
    parser = ArgumentParser(
        prog="python -m authpulse_chassis.migrate",
        description="Apply the migrations of a service that the database in AUTHPULSE_DATABASE_URL has not seen.",
    )
    parser.add_argument("package", help="such as authpulse_refresher")
    package = parser.parse_args().package
    configure_logs("migrate")
    try:
        applied = asyncio.run(_persistently(read_settings(Settings).database_url.reveal(), package))
    except (SettingsError, psycopg.Error) as failure:
        sys.exit(f"authpulse: {failure}")
    sys.stdout.write("".join(f"{package}: applied {name}\n" for name in applied) or f"{package}: nothing to apply\n")


if __name__ == "__main__":
    main()
