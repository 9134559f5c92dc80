"""The embedded databases: `vault` and `ledger`, each owned by its service's own user, and a reader of the ledger."""

import contextlib
from typing import Final, LiteralString

import psycopg
from psycopg import sql

VAULT: Final = "vault"
LEDGER: Final = "ledger"
READER: Final = "ledger_reader"

_READS: Final[tuple[LiteralString, ...]] = (
    "grant connect on database ledger to ledger_reader",
    "alter default privileges for role ledger grant usage on schemas to ledger_reader",
    "alter default privileges for role ledger grant select on tables to ledger_reader",
)


def create_databases(superuser_url: str, ledger_url: str, passwords: dict[str, str]) -> None:
    """Make what is missing of the two databases and the three users; the passwords become as given.

    What the user `ledger` makes in its database from then on, `ledger_reader` can read. Raises `psycopg.Error`.
    """
    with psycopg.connect(superuser_url, autocommit=True) as db:
        for user in (VAULT, LEDGER, READER):
            with contextlib.suppress(psycopg.errors.DuplicateObject):
                db.execute(sql.SQL("create role {} login").format(sql.Identifier(user)))
            password = sql.Literal(passwords[user])
            db.execute(sql.SQL("alter role {} password {}").format(sql.Identifier(user), password))
        for database in (VAULT, LEDGER):
            with contextlib.suppress(psycopg.errors.DuplicateDatabase):
                db.execute(sql.SQL("create database {0} owner {0}").format(sql.Identifier(database)))
            db.execute(sql.SQL("revoke connect on database {} from public").format(sql.Identifier(database)))
    with psycopg.connect(ledger_url) as db:
        for statement in _READS:
            db.execute(statement)
