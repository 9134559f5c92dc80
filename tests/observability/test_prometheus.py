"""What rules and dashboard ask a real Prometheus is answered from what the running services say."""

import asyncio
import json
import math
import re
import subprocess
from pathlib import Path
from typing import Any

import httpx
import nats
import pytest

from authpulse_contract.commands import REFRESH, RefreshNow
from authpulse_contract.tokens import get_token
from support.declarations import DUE_NOW, NOT_SOON, brought, oauth
from support.idp import Answer, Idp
from support.prometheus import Prometheus, running_prometheus
from support.promql import DASHBOARD, rules
from support.servers import free_port, until
from support.system import ADMIN_TOKEN, System

STREAM = "/api/v1/admin/connections/oauth-health/stream"
_LABEL = re.compile(r"{{(\w+)}}")

pytestmark = pytest.mark.prometheus


def targets() -> list[dict[str, Any]]:
    """Title, expression and legend of everything that the dashboard shows."""
    panels = json.loads(DASHBOARD.read_text())["panels"]
    return [
        {"title": panel["title"], "legend": target["legendFormat"], "expr": target["expr"]}
        for panel in panels
        for target in panel.get("targets", [])
    ]


async def ask_for_token(system: System, name: str) -> None:
    bus = await nats.connect(system.nats.url)
    await get_token(bus, "api", name)
    await bus.close()


def live(system: System, idp: Idp) -> None:
    """Something of everything: healthy, due, failing, refused, and an identity provider that is not there."""
    clients = {name: idp.client(name, secret="s3cret") for name in ("fine", "due", "flaky", "dead")}
    clients["flaky"].always(Answer.error(503, "temporarily_unavailable"))
    clients["dead"].always(Answer.error(400, "invalid_grant"))
    for name, client in clients.items():
        token = brought(client, expires_in=DUE_NOW if name == "due" else NOT_SOON, refresh_expires_in=3 * NOT_SOON)
        system.declare(oauth(client, name, token=token))
    nobody = f"http://127.0.0.1:{free_port()}/token"
    for number in range(6):
        client = clients["due"]
        system.declare(oauth(client, f"away-{number}", token=brought(client), token_url=nobody))
    for name in ("fine", "flaky", "dead"):
        system.ask(REFRESH, RefreshNow(kind="api", name=name, actor="ada"))
    asyncio.run(ask_for_token(system, "fine"))
    system.command("POST", "/api/fine/reacquire-oauth")
    system.until_row("dead", {"needs_reauth": True})


def answered(prometheus: Prometheus, expression: str) -> bool:
    """Whether there is a number in the answer."""
    found = prometheus.query(expression.replace("$__rate_interval", "1m"))
    return any(math.isfinite(float(one["value"][1])) for one in found if isinstance(one, dict))


def test_each_panel_and_each_rule_is_answered_by_the_running_services(system: System, idp: Idp, tmp_path: Path) -> None:
    bearer = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
    with (
        running_prometheus(tmp_path / "prometheus", system.probes) as prometheus,
        httpx.stream("GET", system.url + STREAM, headers=bearer, timeout=30) as reader,
    ):
        lines = reader.iter_lines()  # kept: the stream would end with it
        assert next(lines)
        until(lambda: len(prometheus.query("up == 1")) == 3, seconds=30, what="a scrape of each service")
        live(system, idp)
        for one in targets():
            until(lambda: answered(prometheus, one["expr"]), seconds=30, what=f"{one['title']}: {one['expr']}")  # noqa: B023 -- called before the next
            found = prometheus.query(one["expr"].replace("$__rate_interval", "1m"))
            assert all(set(_LABEL.findall(one["legend"])) <= series["metric"].keys() for series in found), one
        until(
            lambda: {"AuthpulseConnectionNeedsReauth", "AuthpulseIdpHostFailing"} <= pending(prometheus),
            seconds=30,
            what="the alerts",
        )
        faring = prometheus.rules()
        assert {rule["name"] for rule in faring} == {rule.get("alert") or rule["record"] for rule in rules()}
        assert [rule for rule in faring if rule["health"] != "ok"] == []
        # Nothing else is wrong here, so nothing else may be told.
        quiet = {"AuthpulseRefreshesFailing", "AuthpulseBacklogGrowing"}
        assert pending(prometheus) - quiet == {"AuthpulseConnectionNeedsReauth", "AuthpulseIdpHostFailing"}

        def number(expression: str) -> float:
            (one,) = prometheus.query(expression)
            return float(one["value"][1])

        assert number('max(authpulse_connections{state="needs_reauth"})') == 1
        assert number("sum(authpulse_idp_host_down)") == 1
        assert number("sum(authpulse_stream_clients)") == 1
        assert number('sum(authpulse_token_replies_total{reply="access_token"})') == 1


def test_the_metrics_are_named_as_prometheus_would_have_them(system: System) -> None:
    for module, page in system.metrics().items():
        linted = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, check=False)
        assert b"authpulse_" in page
        assert [line for line in linted.stderr.decode().splitlines() if line.startswith("authpulse_")] == [], module


def pending(prometheus: Prometheus) -> set[str]:
    """The alerts that fire or are about to."""
    return {one["metric"]["alertname"] for one in prometheus.query("ALERTS")}
