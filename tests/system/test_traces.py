"""One refresh is one trace through the three services, if there is a collector; else nobody notices any of it."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nats
import pytest

from authpulse_contract.commands import REFRESH, NeedsReauth, RefreshNow
from authpulse_contract.subjects import STREAM
from support.collector import Collector, Span
from support.declarations import DUE_NOW, NOT_SOON, brought, oauth
from support.idp import Answer, Client, Delay, Idp, Manner, Sent
from support.servers import until
from support.system import System, running_system

REFRESHER, EVENT_STORE, HEALTH_API = "authpulse-refresher", "authpulse-event-store", "authpulse-health-api"
INTERNAL, SERVER, CALL, PRODUCER, CONSUMER = 1, 2, 3, 4, 5
SAMPLED = 1
REFRESH_NOW = "/api/v1/admin/connections/{kind}/{name}/reacquire-oauth"


def note_headers(client: Client, into: list[dict[str, str]]) -> None:
    """Note the headers of each POST, and answer properly."""

    def note(sent: Sent) -> Manner:
        into.append(sent.headers)
        return Delay(seconds=0)

    client.always(note)


def tree(spans: list[Span]) -> list[tuple[str, str, int, str | None]]:
    """Service, name, kind, and the name of the parent where that is in the trace."""
    names = {span.span_id: span.name for span in spans}
    return [(span.service, span.name, span.kind, names.get(span.parent_id or "")) for span in spans]


def is_parent(traceparent: str, span: Span) -> bool:
    """Whether `traceparent` names `span`, and that it is sampled."""
    version, trace_id, span_id, flags = traceparent.split("-")
    return (version, trace_id, span_id) == ("00", span.trace_id, span.span_id) and bool(SAMPLED & int(flags, 16))


def messages(system: System) -> list[dict[str, str]]:
    """The headers of all events on the stream."""

    async def read() -> list[dict[str, str]]:
        bus = await nats.connect(system.nats.url)
        try:
            js = bus.jetstream()
            state = (await js.stream_info(STREAM)).state
            got = [await js.get_msg(STREAM, seq) for seq in range(state.first_seq, state.last_seq + 1)]
            return [dict(message.headers or {}) for message in got]
        finally:
            await bus.close()

    return asyncio.run(read())


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
    until(lambda: set(tree(collector.trace(refresh.trace_id))) == wanted, seconds=30, what="the whole trace")
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
    parents = [headers["ce-traceparent"] for headers in messages(system)]
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
    until(lambda: set(tree(collector.trace(trace_id))) == wanted, seconds=30, what="the whole trace")
    by_name = {span.name: span for span in collector.trace(trace_id)}
    assert by_name[f"POST {REFRESH_NOW}"].parent_id == caller
    assert by_name[f"POST {REFRESH_NOW}"].attributes["http.response.status_code"] == 409
    refresh = by_name["refresh"]
    assert refresh.failed
    assert refresh.attributes["error.type"] == "invalid_grant"
    assert refresh.attributes["authpulse.trigger"] == "admin"
    assert by_name["POST"].attributes["error.type"] == "400"


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
        carried = [headers["ce-traceparent"] for headers in messages(system)]
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
    carried = [name for headers in [*messages(system), *sent] for name in headers if "trace" in name.lower()]
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
