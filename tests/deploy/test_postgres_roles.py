"""Each service's PostgreSQL role may do what that service does, and is refused everything else: a table of attempts."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Final

import psycopg
import pytest

from support.cluster import ROLES, Cluster, made_cluster
from support.statements import needs

DEPLOY: Final = Path(__file__).resolve().parents[2] / "deploy"
ENTER: Final = {
    "vault": {"migrate", "refresher", "operator"},
    "ledger": {"migrate", "event-store", "health-api", "operator"},
    "postgres": set(ROLES),  # which is empty, and belongs to nobody here
}
# Who is let, of those who get into the database; the others are refused. Each in a transaction that is undone.
ATTEMPTS: Final = [
    ("vault", "select client_secret from vault.connections", {"migrate", "refresher"}),
    ("vault", "select access_token from vault.tokens", {"migrate", "refresher"}),
    ("vault", "select refresh_token from vault.tokens", {"migrate", "refresher"}),
    ("vault", "select kept_refresh_token from vault.kept_tokens", {"migrate", "refresher"}),
    ("vault", "select verifier from vault.sign_ins", {"migrate", "refresher"}),
    ("vault", "select config from vault.connections", {"migrate", "refresher"}),
    ("vault", "select body from vault.outbox", {"migrate", "refresher"}),
    (
        "vault",
        "select connection_id, version, needs_reauth from vault.connections",
        {"migrate", "refresher", "operator"},
    ),
    ("vault", "select connection_id from vault.tokens", {"migrate", "refresher", "operator"}),
    ("vault", "update vault.connections set version = version + 1", {"migrate", "refresher"}),
    ("vault", "delete from vault.connections", {"migrate"}),
    ("vault", "delete from vault.due", {"migrate"}),
    ("vault", "insert into vault.outbox (body) values ('{}')", {"migrate", "refresher"}),
    ("vault", "update vault.outbox set body = ''", {"migrate"}),
    ("vault", "delete from vault.tokens", {"migrate", "refresher"}),
    ("vault", "truncate vault.outbox", {"migrate"}),
    ("vault", "alter table vault.tokens add column plain text", {"migrate"}),
    ("vault", "drop table vault.relay", {"migrate"}),
    ("vault", "create table vault.another ()", {"migrate"}),
    ("vault", "create table public.another ()", {"migrate"}),
    ("vault", "create schema another", {"migrate"}),
    ("vault", "create temporary table another ()", {"migrate"}),
    ("vault", "update public.authpulse_migrations set file = ''", {"migrate"}),
    ("ledger", "select * from ledger.connection_health", {"migrate", "event-store", "health-api", "operator"}),
    ("ledger", "select * from ledger.events", {"migrate", "event-store", "health-api", "operator"}),
    ("ledger", "select * from ledger.position", {"migrate", "event-store", "health-api", "operator"}),
    ("ledger", "select * from ledger.caught_up", {"migrate", "event-store", "health-api", "operator"}),
    ("ledger", "select * from ledger.quarantine", {"migrate", "event-store", "operator"}),
    ("ledger", "update ledger.connection_health set needs_reauth = false", {"migrate", "event-store"}),
    ("ledger", "delete from ledger.connection_health", {"migrate"}),
    ("ledger", "update ledger.position set position = position + 1", {"migrate", "event-store"}),
    ("ledger", "update ledger.caught_up set caught_up_at = now()", {"migrate", "event-store"}),
    ("ledger", "delete from ledger.caught_up", {"migrate"}),
    ("ledger", "update ledger.events set body = '{}'", {"migrate"}),
    ("ledger", "update ledger.events set event_type = ''", {"migrate"}),
    ("ledger", "update ledger.quarantine set reason = ''", {"migrate"}),
    ("ledger", "delete from ledger.events", {"migrate", "event-store"}),
    ("ledger", "lock table ledger.events in access exclusive mode", {"migrate", "event-store"}),
    ("ledger", "truncate ledger.events", {"migrate"}),
    ("ledger", "alter table ledger.events drop column body", {"migrate"}),
    ("ledger", "drop table ledger.quarantine", {"migrate"}),
    ("ledger", "create table ledger.another ()", {"migrate"}),
    ("ledger", "create schema another", {"migrate"}),
    ("ledger", "create temporary table another ()", {"migrate"}),
    ("ledger", "update public.authpulse_migrations set file = ''", {"migrate"}),
    ("ledger", "select * from public.authpulse_migrations", {"migrate", "operator"}),
    ("ledger", "set role authpulse_migrate", {"migrate"}),
    ("ledger", "alter role authpulse_health_api superuser", set[str]()),
    ("ledger", "select pg_read_file('/etc/passwd')", set[str]()),
    ("ledger", "copy ledger.events to program 'true'", set[str]()),
]

# Privileges of the role that asks, by table.
GRANTED: Final = """
    select lower(privilege_type), table_schema || '.' || table_name from information_schema.role_table_grants
    where table_schema = %(schema)s and grantee = current_user"""


@pytest.fixture(scope="module")
def cluster(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with made_cluster(postgres_url, tmp_path_factory.mktemp("roles")) as cluster:
        yield cluster


@pytest.mark.parametrize("database", ENTER)
def test_a_database_is_entered_by_those_who_have_something_to_do_there(cluster: Cluster, database: str) -> None:
    refusals = {role: cluster.refusal(role, database) for role in ROLES}
    assert {role for role, refusal in refusals.items() if not refusal} == ENTER[database]
    assert all("permission denied for database" in refusal for refusal in refusals.values() if refusal)


@pytest.mark.parametrize(("database", "statement", "who"), ATTEMPTS)
def test_a_statement_is_refused_save_to_those_whose_work_it_is(
    cluster: Cluster, database: str, statement: str, who: set[str]
) -> None:
    assert {role for role in ENTER[database] if cluster.lets(role, database, statement)} == who


@pytest.mark.parametrize(
    ("service", "database"), [("refresher", "vault"), ("event-store", "ledger"), ("health-api", "ledger")]
)
def test_a_service_may_do_with_a_table_what_its_statements_do_and_no_more(
    cluster: Cluster, service: str, database: str
) -> None:
    """Neither a right too much nor one too little, whatever a later migration makes."""
    with psycopg.connect(cluster.url(service, database)) as db:
        may = {(privilege, table) for privilege, table in db.execute(GRANTED, {"schema": database})}
    statements = needs(f"authpulse_{service.replace('-', '_')}")
    # To lock rows that are to be deleted takes the right to change one column of them.
    locked = {("update", "ledger.events")} if service == "event-store" else set()
    assert locked <= statements
    assert may == statements - locked


def test_who_was_let_do_more_by_an_earlier_version_is_so_no_longer(cluster: Cluster) -> None:
    """`authpulse.sql` used to let every service read, or change, whatever a migration made."""
    with psycopg.connect(cluster.url("migrate", "ledger")) as db:
        for service in ("event_store", "health_api", "operator"):
            db.execute(f"alter default privileges in schema ledger grant select on tables to authpulse_{service}")
        db.execute("grant all on all tables in schema ledger to authpulse_event_store")
        db.execute("grant select on all tables in schema ledger to authpulse_health_api")
        db.execute((files("authpulse_event_store") / "migrations/0003_least_privilege.sql").read_bytes())
        db.execute("create table ledger.later ()")
        found = db.execute(
            "select relname, coalesce(relacl::text, '') from pg_class where relname in ('later', 'quarantine')"
        )
        rights: dict[str, str] = dict(found.fetchall())
        db.rollback()
    assert rights["later"] == ""
    assert "authpulse_health_api" not in rights["quarantine"]
    assert "authpulse_event_store=ard/" in rights["quarantine"]


def test_a_password_is_asked_for(cluster: Cluster) -> None:
    with pytest.raises(psycopg.OperationalError, match="authentication failed"):
        psycopg.connect(cluster.url("health-api", "ledger").replace("authpulse_health_api:", "authpulse_health_api:x"))
