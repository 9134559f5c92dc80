"""A PostgreSQL as deploy/postgres/authpulse.sql and the services' migrations make it, and who may do what there."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg
from psycopg.errors import InsufficientPrivilege, ReadOnlySqlTransaction

from authpulse_cli.embedded.postgres import binaries

DEPLOY: Final = Path(__file__).resolve().parents[2] / "deploy"
ROLES: Final = ("migrate", "refresher", "event-store", "health-api", "operator")


class Cluster:
    """A server that deploy/postgres/authpulse.sql has been run on, and the services' migrations after it."""

    def __init__(self, superuser_url: str, secrets: Path) -> None:
        self._superuser_url, self._secrets = superuser_url, secrets

    def url(self, role: str, database: str) -> str:
        password = (self._secrets / f"postgres-{role}").read_text()
        server = self._superuser_url.rpartition("@")[2].format(database=database)
        return f"postgresql://authpulse_{role.replace('-', '_')}:{password}@{server}"

    def make(self) -> None:
        psql, script = binaries() / "psql", DEPLOY / "postgres" / "authpulse.sql"
        subprocess.run(
            [psql, "-qX", "-v", "ON_ERROR_STOP=1", "-d", self._superuser_url.format(database="postgres"), "-f", script],
            env={**os.environ, "AUTHPULSE_SECRETS": str(self._secrets)},
            check=True,
        )
        for database, package in (("vault", "authpulse_refresher"), ("ledger", "authpulse_event_store")):
            file = self._secrets / f"{database}-url"
            file.write_text(self.url("migrate", database))
            for said in ("applied", "nothing to apply"):
                assert said in self._migrate(package, file)

    def _migrate(self, package: str, url_file: Path) -> str:
        command = [sys.executable, "-m", "authpulse_chassis.migrate", package]
        environ = {**os.environ, "AUTHPULSE_DATABASE_URL_FILE": str(url_file)}
        return subprocess.run(command, env=environ, check=True, capture_output=True, text=True).stdout

    def refusal(self, role: str, database: str) -> str:
        """Why `role` is not let into `database`; empty if it is."""
        try:
            psycopg.connect(self.url(role, database)).close()
        except psycopg.OperationalError as refusal:
            return str(refusal)
        return ""

    def lets(self, role: str, database: str, statement: str) -> bool:
        """Whether `role` may; what else goes wrong with the statement does not matter."""
        with psycopg.connect(self.url(role, database)) as db:
            try:
                # Whoever gets hold of a password is not bound to what is merely a default of the role.
                db.execute("set transaction read write")
                db.execute(statement)
            except (InsufficientPrivilege, ReadOnlySqlTransaction):
                return False
            except psycopg.Error:
                return True
            finally:
                db.rollback()
        return True


@contextmanager
def made_cluster(postgres_url: str, folder: Path) -> Iterator[Cluster]:
    """On the server at `postgres_url`, which has none of it before and afterwards."""
    subprocess.run([DEPLOY / "make-secrets", folder / "secrets"], check=True)
    made = Cluster(postgres_url, folder / "secrets")
    try:
        made.make()
        yield made
    finally:
        with psycopg.connect(postgres_url.format(database="postgres"), autocommit=True) as db:
            db.execute("drop database if exists vault with (force)")
            db.execute("drop database if exists ledger with (force)")
            for role in ROLES:
                db.execute(f"drop role if exists authpulse_{role.replace('-', '_')}")
