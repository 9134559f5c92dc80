"""The built images, run by compose.yaml: to a red badge, through an upgrade, kills and a restart, and nothing is lost.

The tests go on from each other, in this order: what they start takes minutes.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from support.collector import Collector, running_collector
from support.compose import ROOT, SERVICES, Compose, host_address, run
from support.images import build
from support.servers import until

pytestmark = [pytest.mark.containers, pytest.mark.timeout(600), pytest.mark.xdist_group("containers")]

OURS: Final = {"refresher": "refresher", "event-store": "event-store", "health-api": "health-api", "demo-idp": "cli"}

SERVICES_WITH_METRICS: Final = ("refresher", "event-store", "health-api")
READ_METRICS: Final = (
    "import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:8081/metrics').read().decode())"
)


@pytest.fixture(scope="module")
def previous(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources of the commit before this one; its images have the tag `previous`."""
    sources = tmp_path_factory.mktemp("previous")
    archive = sources.with_suffix(".tar")
    # With the modes that a clone has: what both need of the lock is then built once.
    run("git", "-c", "tar.umask=0022", "archive", "--output", str(archive), "HEAD~1")
    run("tar", "-xf", str(archive), "-C", str(sources))
    build(sources, "previous")
    return sources


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with running_collector(host_address()) as running:
        yield running


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, previous: Path, collector: Collector) -> Iterator[Compose]:
    compose = Compose(tmp_path_factory.mktemp("compose") / "secrets", {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url})
    compose.use(previous, "previous")
    try:
        compose.up()
        yield compose
    finally:
        sys.stdout.write(compose("logs", "--no-color", "--tail", "60", check=False)[-20_000:])
        compose("down", "-v", "-t", "5", check=False)


def becomes(system: Compose, name: str, **members: object) -> None:
    """Until the row of `name` has these members."""
    until(
        lambda: members.items() <= system.rows().get(name, {}).items(), seconds=60, pause=0.3, what=f"{name} {members}"
    )


def goes_on(system: Compose) -> None:
    """Until a token was refreshed, and the fact of it is served."""
    before = system.rows().get("healthy-rotating", {}).get("changed_at", "")
    until(
        lambda: system.rows().get("healthy-rotating", {}).get("changed_at", "") > before,
        seconds=90,
        pause=0.3,
        what="the next refresh",
    )


def history(system: Compose) -> list[tuple[str, int]]:
    """Connection and version of every event on the stream."""
    lines = (json.loads(line) for line in system.authpulse("events", "--json").splitlines() if line.startswith("{"))
    return [(event["connection_name"], event["version"]) for event in lines]


def test_the_demonstration_runs_through_to_a_red_badge(system: Compose) -> None:
    becomes(system, "client-secret-changed", needs_reauth=True, token_acquired=False, idp_error_code="invalid_client")
    becomes(system, "healthy-rotating", needs_reauth=False, token_acquired=True)


def test_an_upgrade_from_the_previous_commit_loses_no_event(system: Compose, images: str) -> None:
    before = history(system)
    system.use(ROOT, images)
    system.up()
    assert {system.inspect(service)["Config"]["Image"] for service in OURS} == {
        f"authpulse/{component}:{images}" for component in OURS.values()
    }
    goes_on(system)
    assert history(system)[: len(before)] == before
    system.authpulse("verify", "--wait", "30")


@pytest.mark.parametrize("service", SERVICES)
def test_a_container_that_is_killed_comes_back_and_all_goes_on(system: Compose, service: str) -> None:
    restarts = system.inspect(service)["RestartCount"]
    system.kill(service)
    until(lambda: system.inspect(service)["RestartCount"] > restarts, seconds=30, what="the restart")
    goes_on(system)


def test_nothing_was_lost_by_the_kills(system: Compose) -> None:
    system.until_healthy()
    system.authpulse("verify", "--wait", "30")


@pytest.mark.usefixtures("system")
def test_the_images_send_traces(collector: Collector) -> None:
    """Those of this commit, which the restart before this has brought up."""
    told = len(collector.spans)
    wanted = {"authpulse-refresher", "authpulse-event-store", "authpulse-health-api"}

    def is_whole() -> bool:
        since = {span.trace_id for span in collector.spans[told:]}
        return any({span.service for span in collector.trace(one)} == wanted for one in since)

    until(is_whole, seconds=90, pause=0.5, what="a trace through all three")


def test_no_secret_is_in_a_log_a_trace_a_metric_or_in_what_the_engine_tells(
    system: Compose, collector: Collector
) -> None:
    """Each secret that was made, and any token that the demonstration's identity provider issued."""
    secrets = [re.sub(r"^\w+://[^:]+:|@.*$|^k1:", "", file.read_text()) for file in system.secrets.iterdir()]
    planted = [secret for secret in secrets if ":" not in secret] + ["demo-rt.", "demo-at."]
    assert len(planted) > 20
    for container in system.containers():
        for told in (run("docker", "logs", container), run("docker", "inspect", container)):
            assert [secret for secret in planted if secret in told] == []
    for service in SERVICES_WITH_METRICS:
        told = run("docker", "exec", system.inspect(service)["Id"], "python", "-c", READ_METRICS)
        assert "authpulse_" in told
        assert [secret for secret in planted if secret in told] == []
    assert collector.bodies
    assert [secret for secret in planted for body in list(collector.bodies) if secret.encode() in body] == []


def test_the_refresher_has_a_place_for_answers_that_are_not_stored_yet(system: Compose) -> None:
    assert "AUTHPULSE_SPILL_DIR" not in run("docker", "logs", system.inspect("refresher")["Id"])
    mounted = {mount["Destination"] for mount in system.inspect("refresher")["Mounts"]}
    assert "/var/lib/authpulse" in mounted


def test_no_service_tries_what_it_may_not(system: Compose) -> None:
    """Its user and its role suffice for what it does; an attempt that is refused may well go unseen otherwise."""
    for server, complaint in (("nats", "Violation"), ("postgres", "permission denied")):
        log = run("docker", "logs", system.inspect(server)["Id"]).splitlines()
        assert [line for line in log if complaint in line] == []


def test_everything_runs_without_privileges_on_a_read_only_file_system(system: Compose) -> None:
    for service in (*SERVICES, "demo-idp"):
        host = system.inspect(service)["HostConfig"]
        assert host["ReadonlyRootfs"], service
        assert host["CapDrop"] == ["ALL"], service
        assert bool(host["CapAdd"]) == (service == "postgres"), service
        assert "no-new-privileges:true" in host["SecurityOpt"], service
        assert not host["Privileged"], service
    seen = "import os; print(os.getuid(), os.access('/opt/authpulse', os.W_OK), os.access('/tmp', os.W_OK))"
    for service in OURS:
        container = system.inspect(service)["Id"]
        assert run("docker", "exec", container, "python", "-c", seen).split() == ["10001", "False", "False"], service


def test_after_a_restart_of_the_lot_all_is_as_before(system: Compose) -> None:
    before, rows = history(system), system.rows()
    system("down", "-t", "20")
    system.up()
    until(lambda: system.rows().keys() == rows.keys(), seconds=30, what="the connections")
    goes_on(system)
    assert history(system)[: len(before)] == before
    system.authpulse("verify", "--wait", "30")
