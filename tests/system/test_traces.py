"""One refresh, or one click, is one trace through the three services."""

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
from msgspec import structs

from support.collector import Collector, Span
from support.declarations import DUE_NOW, NOT_SOON, brought, oauth
from support.idp import Answer, Idp
from support.overheard import event_headers, note_headers
from support.servers import until
from support.system import System, running_system

REFRESHER, EVENT_STORE, HEALTH_API = "authpulse-refresher", "authpulse-event-store", "authpulse-health-api"
INTERNAL, SERVER, CALL, PRODUCER, CONSUMER = 1, 2, 3, 4, 5
SAMPLED = 1
CALLBACK = "/api/v1/admin/oauth/callback"
REFRESH_NOW = "/api/v1/admin/connections/{kind}/{name}/reacquire-oauth"


def tree(spans: list[Span]) -> list[tuple[str, str, int, str | None]]:
    """Service, name, kind, and the name of the parent where that is in the trace."""
    names = {span.span_id: span.name for span in spans}
    return [(span.service, span.name, span.kind, names.get(span.parent_id or "")) for span in spans]


def until_tree(collector: Collector, trace_id: str, wanted: set[tuple[str, str, int, str | None]]) -> None:
    """Until the trace is whole; AssertionError with what is missing or too much."""
    with contextlib.suppress(AssertionError):
        until(lambda: set(tree(collector.trace(trace_id))) == wanted, seconds=30)
    assert set(tree(collector.trace(trace_id))) == wanted


def is_parent(traceparent: str, span: Span) -> bool:
    """Whether `traceparent` names `span`, and that it is sampled."""
    version, trace_id, span_id, flags = traceparent.split("-")
    return (version, trace_id, span_id) == ("00", span.trace_id, span.span_id) and bool(SAMPLED & int(flags, 16))


def test_one_refresh_is_one_trace_through_the_three_services(
    traced_system: System, idp: Idp, collector: Collector
) -> None:
    system, client = traced_system, idp.client("crm", secret="s3cret")
    sent: list[dict[str, str]] = []
    note_headers(client, sent)
    system.declare(oauth(client, "crm", token=brought(client, expires_in=DUE_NOW)))
    refresh = collector.until(REFRESHER, "refresh", outcome="refresh_succeeded")
    wanted = {
        (REFRESHER, "refresh", INTERNAL, None),
        (REFRESHER, "POST", CALL, "refresh"),
        (REFRESHER, "commit vault", CALL, "refresh"),
        (REFRESHER, "send auth.events", PRODUCER, "refresh"),
        (EVENT_STORE, "process auth.events", CONSUMER, "send auth.events"),
        (HEALTH_API, "swap board", CONSUMER, "process auth.events"),
    }
    until_tree(collector, refresh.trace_id, wanted)
    spans = collector.trace(refresh.trace_id)
    assert len(spans) == len(wanted)
    by_name = {span.name: span for span in spans}
    host, _, port = f"127.0.0.1:{idp.port}".partition(":")
    event = next(one for one in system.events("crm") if one["event_type"] == "refresh_succeeded")
    assert refresh.attributes == {
        "authpulse.connection.kind": "api",
        "authpulse.connection.name": "crm",
        "authpulse.idp_host": f"{host}:{port}",
        "authpulse.trigger": "system:background-refresh",
        "authpulse.outcome": "refresh_succeeded",
    }
    assert by_name["POST"].attributes == {
        "http.request.method": "POST",
        "server.address": host,
        "server.port": int(port),
        "http.response.status_code": 200,
    }
    assert by_name["send auth.events"].attributes["messaging.message.id"] == event["body"]["event_id"]
    assert by_name["process auth.events"].attributes["authpulse.ledger.position"] == event["position"]
    assert not any(span.failed for span in spans)
    # The IdP is somebody else, and is told nothing of it.
    assert not [name for headers in sent for name in headers if "trace" in name]
    # Events carry it as the extension of CloudEvents says, and the logs of what happened name it.
    parents = [headers["ce-traceparent"] for headers in event_headers(system)]
    assert [parent for parent in parents if is_parent(parent, by_name["send auth.events"])]
    lines = [json.loads(line) for line in system.refresher.log.read_text().splitlines() if line.startswith("{")]
    assert [line["message"] for line in lines if line.get("trace_id") == refresh.trace_id] == ["refresh_succeeded"]


def test_a_click_is_one_trace_from_the_request_to_the_board(
    traced_system: System, idp: Idp, collector: Collector
) -> None:
    system, client = traced_system, idp.client("crm", secret="s3cret")
    system.declare(oauth(client, "crm", token=brought(client, expires_in=NOT_SOON)))
    system.until_row("crm", {"needs_reauth": False})
    client.next(Answer.error(400, "invalid_grant"))
    trace_id, caller = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    answer = system.command("POST", "/api/crm/reacquire-oauth", traceparent=f"00-{trace_id}-{caller}-01")
    assert answer.status_code == 409

    wanted = {
        (HEALTH_API, f"POST {REFRESH_NOW}", SERVER, None),
        (HEALTH_API, "send auth.commands.refresh", PRODUCER, f"POST {REFRESH_NOW}"),
        (REFRESHER, "process auth.commands.refresh", CONSUMER, "send auth.commands.refresh"),
        (REFRESHER, "refresh", INTERNAL, "process auth.commands.refresh"),
        (REFRESHER, "POST", CALL, "refresh"),
        (REFRESHER, "commit vault", CALL, "refresh"),
        (REFRESHER, "send auth.events", PRODUCER, "refresh"),
        (EVENT_STORE, "process auth.events", CONSUMER, "send auth.events"),
        (HEALTH_API, "swap board", CONSUMER, "process auth.events"),
    }
    until_tree(collector, trace_id, wanted)
    by_name = {span.name: span for span in collector.trace(trace_id)}
    assert by_name[f"POST {REFRESH_NOW}"].parent_id == caller
    assert by_name[f"POST {REFRESH_NOW}"].attributes["http.response.status_code"] == 409
    refresh = by_name["refresh"]
    assert refresh.failed
    assert refresh.attributes["error.type"] == "invalid_grant"
    assert refresh.attributes["authpulse.trigger"] == "admin"
    assert by_name["POST"].attributes["error.type"] == "400"


def test_a_return_from_the_idp_is_one_trace_to_the_board_and_tells_neither_state_nor_code(
    traced_system: System, idp: Idp, collector: Collector
) -> None:
    system, client = traced_system, idp.client("crm", secret="s3cret")
    system.declare(structs.replace(oauth(client, "crm", authorization_url=client.authorization_url), token=None))
    begun = system.command("POST", "/api/crm/oauth-start", {"return_to": "/"})
    started = collector.until(HEALTH_API, "POST /api/v1/admin/connections/{kind}/{name}/oauth-start")
    assert started.attributes["http.response.status_code"] == 200
    back = httpx.get(begun.json()["authorization_url"]).headers["location"]
    assert httpx.get(back, cookies=dict(begun.cookies)).status_code == 302

    returned = collector.until(HEALTH_API, f"GET {CALLBACK}")
    wanted = {
        (HEALTH_API, f"GET {CALLBACK}", SERVER, None),
        (HEALTH_API, "send auth.commands.connect_complete", PRODUCER, f"GET {CALLBACK}"),
        (REFRESHER, "process auth.commands.connect_complete", CONSUMER, "send auth.commands.connect_complete"),
        (REFRESHER, "POST", CALL, "process auth.commands.connect_complete"),
        (REFRESHER, "commit vault", CALL, "process auth.commands.connect_complete"),
        (REFRESHER, "send auth.events", PRODUCER, "commit vault"),
        (EVENT_STORE, "process auth.events", CONSUMER, "send auth.events"),
        (HEALTH_API, "swap board", CONSUMER, "process auth.events"),
    }
    until_tree(collector, returned.trace_id, wanted)
    brought_back = parse_qs(urlsplit(back).query)
    for secret in (begun.json()["state"], brought_back["code"][0], client.secret):
        assert not [body for body in collector.bodies if secret.encode() in body]


def test_an_idp_is_told_of_the_trace_where_the_operator_wants_it(
    tmp_path: Path, new_database: Callable[[str | None], str], idp: Idp, collector: Collector
) -> None:
    client, sent = idp.client("crm", secret="s3cret"), list[dict[str, str]]()
    note_headers(client, sent)
    with running_system(
        tmp_path / "system",
        vault_url=new_database(None),
        ledger_url=new_database(None),
        common=collector.environ(),
        settings={"AUTHPULSE_IDP_TRACEPARENT": "true"},
    ) as system:
        system.declare(oauth(client, "crm", token=brought(client, expires_in=DUE_NOW)))
        refresh = collector.until(REFRESHER, "refresh", outcome="refresh_succeeded")
        asked = next(span for span in collector.trace(refresh.trace_id) if span.name == "POST")
        assert [is_parent(headers["traceparent"], asked) for headers in sent] == [True]
