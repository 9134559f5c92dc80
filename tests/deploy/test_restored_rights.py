"""After a restore each role may do what it might before: the rights are part of a back-up."""

from pathlib import Path

import psycopg

from support.cluster import ROLES, made_cluster
from support.operations import commands, run_there

RIGHTS = """
    select n.nspname, c.relname, pg_get_userbyid(c.relowner), c.relacl::text,
        (select array_agg(attname || attacl::text order by attname) from pg_attribute a where a.attrelid = c.oid)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('vault', 'ledger', 'public') order by 1, 2"""
FOR_ALL = """
    select datname, pg_get_userbyid(datdba), datacl::text from pg_database where datname in ('vault', 'ledger')
    order by 1"""


def test_a_restore_brings_back_who_may_do_what(postgres_url: str, tmp_path: Path) -> None:
    back_up, restore = commands("Back-up and restore")
    superuser = postgres_url.format(database="postgres")

    def rights() -> list[object]:
        found: list[object] = []
        for database in ("vault", "ledger"):
            with psycopg.connect(postgres_url.format(database=database)) as db:
                found += db.execute(RIGHTS).fetchall()
                found += db.execute("select nspname, nspacl::text from pg_namespace where nspname = %s", (database,))
        with psycopg.connect(superuser) as db:
            return found + db.execute(FOR_ALL).fetchall()

    with made_cluster(postgres_url, tmp_path) as cluster:
        before = rights()
        urls = {f"{name.upper()}_URL": cluster.url("migrate", name) for name in ("vault", "ledger")}
        run_there(back_up, tmp_path, **urls)
        with psycopg.connect(superuser, autocommit=True) as db:
            db.execute("drop database vault")
            db.execute("drop database ledger")
        run_there(restore, tmp_path, SUPERUSER_URL=superuser)
        assert rights() == before
        assert {role for role in ROLES if not cluster.refusal(role, "vault")} == {"migrate", "refresher", "operator"}
        assert not cluster.lets("health-api", "ledger", "select * from ledger.quarantine")
        # And over what is there, which is what somebody does who has lost rows and no database.
        run_there(restore, tmp_path, SUPERUSER_URL=superuser)
        assert rights() == before
