"""What is not traced, or has no collector that would take it, goes on as ever and tells nobody."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from authpulse_contract.commands import REFRESH, NeedsReauth, RefreshNow
from support.collector import Collector
from support.declarations import DUE_NOW, NOT_SOON, brought, oauth
from support.idp import Answer, Idp
from support.overheard import event_headers, note_headers
from support.servers import until
from support.system import System, running_system

SAMPLED = 1


def test_what_is_sampled_out_is_not_sent_but_carried_on_as_such(
    tmp_path: Path, new_database: Callable[[str | None], str], idp: Idp, collector: Collector
) -> None:
    client = idp.client("crm", secret="s3cret")
    with running_system(
        tmp_path / "system",
        vault_url=new_database(None),
        ledger_url=new_database(None),
        common=collector.environ(),
        settings={"OTEL_TRACES_SAMPLER": "parentbased_always_off"},
    ) as system:
        system.declare(oauth(client, "crm", token=brought(client, expires_in=DUE_NOW)))
        until(lambda: "refresh_succeeded" in {event["event_type"] for event in system.events("crm")})
        carried = [headers["ce-traceparent"] for headers in event_headers(system)]
        assert len(carried) == len(system.events("crm"))
        assert not any(SAMPLED & int(traceparent[-2:], 16) for traceparent in carried)
    # The other services sample all that begins with them; this began with the refresher.
    assert collector.spans == []


def test_without_a_collector_nothing_is_traced(system: System, idp: Idp) -> None:
    client, sent = idp.client("crm", secret="s3cret"), list[dict[str, str]]()
    note_headers(client, sent)
    system.declare(oauth(client, "crm", token=brought(client, expires_in=DUE_NOW)))
    until(lambda: "refresh_succeeded" in {event["event_type"] for event in system.events("crm")})
    parent = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    assert system.command("POST", "/api/crm/reacquire-oauth", **parent).status_code == 200
    until(lambda: len(system.events("crm")) >= 3)
    carried = [name for headers in [*event_headers(system), *sent] for name in headers if "trace" in name.lower()]
    assert carried == []
    assert b"trace_id" not in system.logs()


@pytest.mark.parametrize("manner", ["away", "hangs", "refuses"])
def test_a_collector_that_does_not_take_them_holds_nothing_up(
    tmp_path: Path, new_database: Callable[[str | None], str], idp: Idp, collector: Collector, manner: Any
) -> None:
    environ = collector.environ()
    if manner == "away":
        environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:9"
    else:
        collector.manner = manner
    client = idp.client("crm", secret="s3cret")
    databases = {"vault_url": new_database(None), "ledger_url": new_database(None)}
    with running_system(tmp_path / "system", **databases, common=environ) as system:
        system.declare(oauth(client, "crm", token=brought(client, expires_in=NOT_SOON)))
        system.until_row("crm", {"needs_reauth": False})
        until(lambda: manner == "away" or collector.asked >= 3, seconds=30, what="each service's first try")
        client.next(Answer.error(400, "invalid_grant"))
        command = RefreshNow(kind="api", name="crm", actor="ada")
        assert system.ask(REFRESH, command) == [NeedsReauth(idp_error_code="invalid_grant")]
        system.until_row("crm", {"needs_reauth": True, "idp_error_code": "invalid_grant"})
    assert collector.spans == []  # and `running_system` has seen all three end with status 0
