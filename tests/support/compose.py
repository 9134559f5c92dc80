"""The system of compose.yaml in a container engine, as those who deploy it have it."""

import json
import os
import signal
import subprocess
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final

import httpx

from support.servers import free_port, until

ROOT: Final = Path(__file__).parents[2]
SERVICES: Final = ("nats", "postgres", "refresher", "event-store", "health-api")


def run(*command: str, check: bool = True, cwd: Path = ROOT, **environ: str) -> str:
    """Standard output and standard error of a command that has to succeed."""
    ran = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **environ},
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    assert ran.returncode == 0 or not check, f"{' '.join(command)} ended with {ran.returncode}:\n{ran.stdout[-4000:]}"
    return ran.stdout


def host_address() -> str:
    """Where containers reach this machine: the first address of the engine's own network."""
    network = json.loads(run("docker", "network", "inspect", "bridge"))[0]["IPAM"]["Config"][0]
    return str(network.get("Gateway") or next(ip_network(network["Subnet"]).hosts()))


class Compose:
    """One project of its own: secrets, volumes, network and port; as `use` said, from which sources and images.

    `environ` is for the variables of compose.yaml.
    """

    def __init__(self, secrets: Path, environ: Mapping[str, str] = {}) -> None:
        self.secrets, self.port, self._environ = secrets, free_port(), environ
        self.project = f"authpulse-test-{os.getpid()}"
        plugin = subprocess.run(["docker", "compose", "version"], check=False, capture_output=True).returncode == 0
        self._command = ["docker", "compose"] if plugin else ["docker-compose"]

    def use(self, sources: Path, tag: str) -> None:
        """From now on the compose.yaml and the deploy folder in `sources`, and the images of `tag`."""
        self.sources, self.tag = sources, tag
        # Adds what this version needs besides; what is there stays.
        run("deploy/make-secrets", str(self.secrets), cwd=sources)

    def __call__(self, *words: str, check: bool = True) -> str:
        """Run one of Compose's commands on it."""
        profiles = ("--profile", "demo", "--profile", "tools")
        environ = {
            **self._environ,
            "AUTHPULSE_SECRETS": str(self.secrets),
            "AUTHPULSE_PUBLISH": f"127.0.0.1:{self.port}",
            "AUTHPULSE_PUBLISH_DEMO": "127.0.0.1:0",
            "AUTHPULSE_TAG": self.tag,
        }
        return run(*self._command, "-p", self.project, *profiles, *words, check=check, cwd=self.sources, **environ)

    def up(self) -> None:
        """Start or bring up to date what is not; returns once health-api, and so all before it, serves."""
        self("up", "-d", "--no-build", *SERVICES, "demo-idp", "demo")
        self.until_healthy()

    def until_healthy(self, *, seconds: float = 90) -> None:
        until(lambda: all(map(self.healthy, SERVICES)), seconds=seconds, pause=0.5, what="the health of all")

    def inspect(self, service: str) -> dict[str, Any]:
        """What the engine says of its container."""
        found = run("docker", "inspect", f"{self.project}_{service}_1", f"{self.project}-{service}-1", check=False)
        described: dict[str, Any] = json.JSONDecoder().raw_decode(found[found.index("[") :])[0][0]
        return described

    def healthy(self, service: str) -> bool:
        state = self.inspect(service)["State"]
        return bool(state["Running"]) and state.get("Health", {}).get("Status", "healthy") == "healthy"

    def kill(self, service: str) -> None:
        """SIGKILL, as an accident: what the engine itself is told to kill it does not start again."""
        os.kill(self.inspect(service)["State"]["Pid"], signal.SIGKILL)

    def rows(self) -> dict[str, dict[str, Any]]:
        """The bulk answer by name; none while nobody answers."""
        bearer = {"Authorization": f"Bearer {(self.secrets / 'admin-token').read_text()}"}
        url = f"http://127.0.0.1:{self.port}/api/v1/admin/connections/oauth-health"
        try:
            answer = httpx.get(url, headers=bearer, timeout=10)
        except httpx.TransportError:
            return {}
        rows = answer.json()["connections"] if answer.status_code == httpx.codes.OK else []
        return {row["name"]: row for row in rows}

    def authpulse(self, *words: str) -> str:
        """The operator's command, inside the network."""
        return self("run", "--rm", "-T", "authpulse", *words)

    def containers(self) -> list[str]:
        """The ids of all of its containers, those that have ended too."""
        return run("docker", "ps", "-aq", "--filter", f"label=com.docker.compose.project={self.project}").split()
