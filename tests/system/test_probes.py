"""Each process says, apart from its public port, that it lives and what it lacks to be ready."""

import os
import subprocess
import sys

import httpx

from support.servers import until
from support.system import System


def probed(system: System, path: str) -> dict[str, tuple[int, list[str]]]:
    """Status and what is missing, by service; status 0 where nobody listens."""
    found: dict[str, tuple[int, list[str]]] = {}
    for module, address in system.probes.items():
        try:
            answer = httpx.get(f"http://{address}{path}", timeout=5)
        except httpx.TransportError:
            found[module] = (0, [])
        else:
            found[module] = (answer.status_code, answer.json().get("missing", []))
    return found


def healthy(probe: str) -> int:
    """The exit status of what a container's HEALTHCHECK runs."""
    command = [sys.executable, "-m", "authpulse_chassis.healthy"]
    return subprocess.run(command, env={**os.environ, "AUTHPULSE_PROBE": probe}, check=False).returncode


def test_what_cannot_reach_nats_lives_but_is_not_ready_until_it_is_back(system: System) -> None:
    fit = (200, list[str]())
    without_nats = (503, ["nats"])
    all_fit = dict.fromkeys(system.probes, fit)
    until(lambda: probed(system, "/readyz") == all_fit, what="readiness")
    assert [healthy(probe) for probe in system.probes.values()] == [0, 0, 0]
    system.nats.kill()
    wanted = {**dict.fromkeys(system.probes, without_nats), "authpulse_health_api": fit}
    until(lambda: probed(system, "/readyz") == wanted, what="the loss to be noticed")
    assert healthy(system.probes["authpulse_refresher"]) == 1
    assert probed(system, "/healthz") == all_fit
    system.nats.start()
    until(lambda: probed(system, "/readyz") == all_fit, seconds=20, what="readiness again")
