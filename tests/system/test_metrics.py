"""What the running services say of themselves at `/metrics`."""

import asyncio
import re
from pathlib import Path

import httpx
import nats

from authpulse_contract.commands import REFRESH, RefreshNow
from authpulse_contract.tokens import AccessToken, get_token
from support.declarations import DUE_NOW, NOT_SOON, brought, oauth
from support.idp import Answer, Idp
from support.promql import labels_in, metrics_in, queries
from support.scrape import Scrape
from support.servers import until
from support.system import ADMIN_TOKEN, System

DOCS = Path(__file__).parents[2] / "docs"
STREAM = "/api/v1/admin/connections/oauth-health/stream"


async def token_for(system: System, name: str) -> object:
    bus = await nats.connect(system.nats.url)
    try:
        return await get_token(bus, "api", name)
    finally:
        await bus.close()


def scraped_at_rest(system: System) -> Scrape:
    """While nothing is on its way: the one that fails is tried again and again, and an event is told of a bit later."""
    scrapes: list[Scrape] = []

    def at_rest() -> bool:
        scrapes.append(seen := Scrape(system.metrics()))
        stored = seen.value("authpulse_refreshes_in_flight", stage="storing") == 0
        healthy = seen.value("authpulse_connections", state="healthy") == 2
        return stored and healthy and seen.value("authpulse_outbox_events") == 0

    until(at_rest, what="rest")
    return scrapes[-1]


def test_what_happens_shows_in_the_metrics(system: System, idp: Idp) -> None:
    clients = {name: idp.client(name, secret="s3cret") for name in ("fine", "flaky", "dead", "due")}
    clients["flaky"].always(Answer.error(503, "temporarily_unavailable"))
    clients["dead"].always(Answer.error(400, "invalid_grant"))
    for name, client in clients.items():
        token = brought(client, expires_in=DUE_NOW if name == "due" else NOT_SOON, refresh_expires_in=3 * NOT_SOON)
        system.declare(oauth(client, name, token=token))
    for name in ("fine", "flaky", "dead"):
        system.ask(REFRESH, RefreshNow(kind="api", name=name, actor="ada"))
    system.until_row("dead", {"needs_reauth": True})
    system.until_row("flaky", {"refresh_failing": True})
    until(lambda: any(event["event_type"] == "refresh_succeeded" for event in system.events("due")))
    assert isinstance(asyncio.run(token_for(system, "fine")), AccessToken)

    bearer = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
    with httpx.stream("GET", system.url + STREAM, headers=bearer, timeout=10) as reader:
        lines = reader.iter_lines()  # kept: the stream would end with it
        assert next(lines)
        seen = scraped_at_rest(system)
        for query in queries():
            assert {metric for metric in metrics_in(query) if ":" not in metric} <= seen.names, query
            assert labels_in(query) <= seen.labels, query
        rows = [line for line in (DOCS / "operations.md").read_text().splitlines() if line.startswith("| `authpulse_")]
        told = "\n".join(row.split(" | ")[0] for row in rows)
        ours = {re.sub("_(bucket|sum|count)$", "", name) for name in seen.names if name.startswith("authpulse_")}
        assert {name for name in ours if name not in told} == set(), "each is documented"
        written = set(re.findall(r"`(authpulse_[a-z_]+)", told))
        assert written == ours, "and what is documented is there"
        host = f"127.0.0.1:{idp.port}"

        def refreshes(outcome: str) -> float | None:
            return seen.value("authpulse_refreshes_total", outcome=outcome, idp_host=host)

        assert refreshes("refresh_succeeded") == 2
        assert refreshes("refresh_failed_revoked") == 1
        assert (refreshes("refresh_failed_transient") or 0) >= 1
        assert (seen.value("authpulse_refresh_lateness_seconds_count") or 0) >= 1
        assert (seen.value("authpulse_idp_answer_seconds_count", idp_host=host) or 0) >= 4
        assert seen.value("authpulse_token_replies_total", reply="access_token") == 1
        assert seen.value("authpulse_command_replies_total", verb="refresh", reply="needs_reauth") == 1
        assert (seen.value("authpulse_refresh_deadline_nearest_seconds") or 0) > 86400
        assert seen.value("authpulse_outbox_events") == 0
        assert seen.value("authpulse_refreshes_in_flight_limit") == 256
        assert seen.value("authpulse_refreshes_in_flight", stage="storing") == 0
        assert (seen.value("authpulse_projection_lag_seconds_count") or 0) >= 8
        assert seen.value("authpulse_connections", state="needs_reauth") == 1
        assert seen.value("authpulse_connections", state="refresh_failing") == 1
        assert seen.value("authpulse_connections", state="healthy") == 2
        assert seen.value("authpulse_stream_clients") == 1
        assert (seen.value("authpulse_board_age_seconds") or 99) < 5
        assert seen.value("authpulse_messages_quarantined_total") == 0
        assert (seen.value("authpulse_http_answers_total", status="200") or 0) >= 2
