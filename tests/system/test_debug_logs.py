"""At the most talkative level, through every outage, each line of the log is JSON and none has a secret in it."""

import base64
import json
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from authpulse_contract.commands import REFRESH, RefreshNow
from support.collector import Collector
from support.declarations import DUE_NOW, brought, oauth
from support.idp import Answer, Idp, Reset
from support.outages import DatabaseOutage
from support.servers import until
from support.system import ADMIN_TOKEN, System, running_system

PLANTED = "pLaNtEdInTheSecretsOfThisTest"


@pytest.fixture
def system(tmp_path: Path, new_database: Callable[[str | None], str], collector: Collector) -> Iterator[System]:
    headers = {"OTEL_EXPORTER_OTLP_HEADERS": f"x-api-key={PLANTED}"}
    with running_system(
        tmp_path / "system",
        vault_url=new_database(None),
        ledger_url=new_database(None),
        common={**collector.environ(), **headers, "AUTHPULSE_LOG_LEVEL": "DEBUG"},
    ) as running:
        yield running


def test_no_secret_is_logged_whatever_is_away(system: System, idp: Idp, collector: Collector) -> None:
    numbers = count()
    client = idp.client("crm", secret=f"{PLANTED}-client", make_token=lambda kind: f"{PLANTED}-{kind}-{next(numbers)}")
    client.next(Reset(), Answer.error(503))
    system.declare(oauth(client, "crm", token=brought(client, expires_in=DUE_NOW)))
    system.ask(REFRESH, RefreshNow(kind="api", name="crm", actor="ada"))
    system.until_row("crm", {"refresh_failing": False, "token_acquired": True}, seconds=30)
    collector.manner = "refuses"
    for url in (system.vault_url, system.ledger_url):
        outage = DatabaseOutage(url)
        outage.begin()
        until(lambda: system.logs().count(b'"WARNING"') > 2, seconds=30, what="a word of the outage")
        system.command("POST", "/api/crm/reacquire-oauth")
        outage.end()
    system.nats.kill()
    assert system.command("POST", "/api/crm/reacquire-oauth").status_code == 503
    system.nats.start()
    until(lambda: system.command("POST", "/api/crm/reacquire-oauth").status_code == 200, seconds=60)

    told = system.logs().decode()
    lines = [json.loads(line) for line in told.splitlines()]
    assert {line["service"] for line in lines if line["level"] == "DEBUG"} == {"refresher", "event-store", "health-api"}
    assert {line["service"] for line in lines if line["level"] == "WARNING"} == {
        "refresher",
        "event-store",
        "health-api",
    }
    assert any("opentelemetry" in line["logger"] for line in lines), "a word of the collector that refuses"
    nats_password, database_password = (urlsplit(url).password for url in (system.nats.url, system.vault_url))
    assert nats_password
    assert database_password
    sealing_key = base64.b64encode(b"k" * 32).decode()
    for secret in (PLANTED, ADMIN_TOKEN, nats_password, database_password, sealing_key):
        assert secret not in told
    assert not [body for body in collector.bodies if PLANTED.encode() in body]
    assert not [page for page in system.metrics().values() if PLANTED.encode() in page]
    assert PLANTED in collector.headers[0]["x-api-key"], "it is sent, and not logged"
