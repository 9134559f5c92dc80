"""One container of ours at a time, as a cautious engine would run it, with the real NATS and PostgreSQL beside it."""

import base64
from typing import Any, Final

import httpx
from docker.models.containers import Container
from docker.types import Mount
from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network

from support.servers import until

# Its reaper is one more image from a registry, and would need the engine's socket; what is begun here is ended here.
testcontainers_config.ryuk_disabled = True

ADMIN: Final = "the-administrator-of-the-container-tests"
# Of Debian, where /bin/sh is a link to dash.
_SHELLS: Final = ("/bin/dash", "/bin/bash")
PROBE: Final = 8081
HTTP: Final = 8080


def postgres(network: Network) -> PostgresContainer:
    """Reached by the others as `postgres`."""
    server = PostgresContainer("postgres:18", username="postgres", password="only-tests", driver=None)
    return server.with_network(network).with_network_aliases("postgres")


def nats(network: Network) -> DockerContainer:
    """Reached by the others as `nats`."""
    return DockerContainer("nats:2").with_network(network).with_network_aliases("nats")


def settings(component: str, database: str) -> dict[str, str]:
    """What it cannot do without, besides NATS."""
    found = {"AUTHPULSE_NATS_URL": "nats://nats:4222", "AUTHPULSE_DATABASE_URL": database}
    if component == "refresher":
        found["AUTHPULSE_SEALING_KEYS"] = f"test:{base64.b64encode(b'k' * 32).decode()}"
    if component == "health-api":
        found["AUTHPULSE_ADMIN_TOKEN"] = ADMIN
    return found


def hardened(component: str, tag: str, **environ: str) -> DockerContainer:
    """Nothing to write to, no capability, no way to more privileges, little memory, and no shell."""
    container = DockerContainer(f"authpulse/{component}:{tag}").with_envs(**environ)
    return container.with_kwargs(
        mounts=[Mount(shell, "/dev/null", type="bind", read_only=True) for shell in _SHELLS],
        read_only=True,
        cap_drop=["ALL"],
        security_opt=["no-new-privileges:true"],
        mem_limit="512m",
        pids_limit=256,
    )


def until_healthy(container: DockerContainer, *, seconds: float = 90) -> None:
    """Until its own HEALTHCHECK says so."""
    until(lambda: _health(container) == "healthy", seconds=seconds, pause=0.3, what="its health")


def _health(container: DockerContainer) -> str:
    container.reload()
    state = wrapped(container).attrs["State"]
    assert state["Running"], logged(container)
    return str(state["Health"]["Status"])


def wrapped(container: DockerContainer) -> Container:
    return container.get_wrapped_container()


def logged(container: DockerContainer) -> str:
    return b"".join(container.get_logs()).decode()


def told(container: DockerContainer, path: str, port: int = PROBE) -> tuple[int, Any]:
    """Status and JSON of a page."""
    address = f"{container.get_container_host_ip()}:{container.get_exposed_port(port)}"
    answer = httpx.get(f"http://{address}{path}", timeout=10)
    return answer.status_code, answer.json()
