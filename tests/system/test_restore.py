"""Back-up and restore as docs/operations.md says: what was there is there again, and goes on."""

from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from authpulse_contract.commands import REFRESH, RefreshNow
from support.declarations import NOT_SOON, brought, oauth
from support.idp import Answer, Idp
from support.operations import commands, run_there
from support.soundness import until_at_rest
from support.system import System

NAMES = ("first", "second", "third", "dead")
ALIVE = NAMES[:3]


def refresh(system: System, names: tuple[str, ...]) -> None:
    system.ask(REFRESH, *(RefreshNow(kind="api", name=name, actor="ada") for name in names))
    until_at_rest(system, seconds=30)


def drop(url: str) -> None:
    """The whole database."""
    name = sql.Identifier(urlsplit(url).path[1:])
    with psycopg.connect(urlsplit(url)._replace(path="/postgres").geturl(), autocommit=True) as db:
        db.execute(sql.SQL("drop database {} with (force)").format(name))


def test_both_databases_come_back_from_a_backup(system: System, idp: Idp, tmp_path: Path) -> None:
    back_up, restore = commands("Back-up and restore")
    superuser = urlsplit(system.vault_url)._replace(path="/postgres").geturl()
    urls = {"VAULT_URL": system.vault_url, "LEDGER_URL": system.ledger_url, "SUPERUSER_URL": superuser}
    clients = {name: idp.client(name, secret="s3cret", access_life=NOT_SOON) for name in NAMES}
    clients["dead"].always(Answer.error(400, "invalid_grant"))
    system.declare(
        *(oauth(client, name, token=brought(client, expires_in=NOT_SOON)) for name, client in clients.items())
    )
    refresh(system, NAMES)
    run_there(back_up, tmp_path, **urls)
    history, health = system.events(), system.bulk()
    assert len(history) >= 8

    assert system.stop() == [0, 0, 0]
    drop(system.vault_url)
    drop(system.ledger_url)
    run_there(restore, tmp_path, **urls)
    for service in system.services:
        service.start()
    system.until_ready()

    assert (system.events(), system.bulk()) == (history, health)
    refresh(system, ALIVE)
    alive = [event["body"]["connection_name"] for event in system.events()[len(history) :]]
    assert sorted(alive) == sorted(ALIVE)
    assert {event["event_type"] for event in system.events()[len(history) :]} == {"refresh_succeeded"}
    verified = system.authpulse("verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
