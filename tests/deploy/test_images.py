"""Each image by itself, without privileges or shell: it serves, says what it lacks, and ends when told to."""

import json
import time
from collections.abc import Iterator
from typing import Any, Final

import pytest
from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network

from support.compose import run
from support.containers import HTTP, PROBE, hardened, logged, nats, postgres, settings, told, until_healthy, wrapped
from support.images import COMPONENTS

pytestmark = [pytest.mark.containers, pytest.mark.timeout(900), pytest.mark.xdist_group("containers")]

SERVICES: Final = ("refresher", "event-store", "health-api")
# Megabytes on top of the Python image; docs/compose.md states them.
LARGEST: Final = {"refresher": 90, "event-store": 60, "health-api": 125, "cli": 65}
DATABASE: Final = "postgresql://postgres:only-tests@postgres/test"


@pytest.fixture(scope="module")
def around() -> Iterator[tuple[Network, PostgresContainer, DockerContainer]]:
    """A network with PostgreSQL and NATS."""
    with Network() as network, postgres(network) as database, nats(network) as bus:
        yield network, database, bus


@pytest.fixture(scope="module", params=SERVICES)
def service(
    request: pytest.FixtureRequest, images: str, around: tuple[Network, PostgresContainer, DockerContainer]
) -> Iterator[tuple[str, DockerContainer]]:
    """One that serves."""
    container = hardened(request.param, images, **settings(request.param, DATABASE))
    if request.param == "health-api":
        # It makes no table; whoever owns the ledger does.
        migrated = hardened("event-store", images, AUTHPULSE_DATABASE_URL=DATABASE)
        with migrated.with_network(around[0]).with_command(
            ["python", "-m", "authpulse_chassis.migrate", "authpulse_event_store"]
        ):
            assert wrapped(migrated).wait()["StatusCode"] == 0, logged(migrated)
    with container.with_network(around[0]).with_exposed_ports(PROBE, HTTP):
        until_healthy(container)
        yield request.param, container


def described(component: str, tag: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("docker", "image", "inspect", f"authpulse/{component}:{tag}"))[0]
    return found


def test_it_answers_its_probes(service: tuple[str, DockerContainer]) -> None:
    _, container = service
    assert told(container, "/healthz") == (200, {"status": "ok"})
    assert told(container, "/readyz") == (200, {"status": "ok"})


def test_it_runs_as_nobody_with_no_capability(service: tuple[str, DockerContainer]) -> None:
    _, container = service
    processes = wrapped(container).top(ps_args="-eo pid,uid,gid,args")["Processes"]
    assert processes
    assert {(uid, gid) for _, uid, gid, *_ in processes} == {("10001", "10001")}
    read = "print([l.split()[1] for l in open('/proc/1/status') if l.startswith(('CapPrm', 'CapEff', 'NoNewPrivs'))])"
    assert container.exec(["python", "-c", read]).output.decode().strip() == f"['{'0' * 16}', '{'0' * 16}', '1']"


def test_it_has_written_nothing_and_has_no_shell(service: tuple[str, DockerContainer]) -> None:
    _, container = service
    # The engine itself makes the places for what it mounts.
    mounted = {"/bin", "/usr", "/usr/bin", "/run", "/etc", "/dev"}
    changed = {str(change["Path"]) for change in wrapped(container).diff() or []}
    assert {path for path in changed if path not in mounted and not path.startswith(("/usr/bin/", "/bin/"))} == set()
    for shell in ("sh", "bash", "dash"):
        assert container.exec([shell, "-c", "true"]).exit_code != 0


def test_sigterm_ends_it_in_good_order(service: tuple[str, DockerContainer]) -> None:
    """The last of this service's tests."""
    component, container = service
    asked = time.monotonic()
    wrapped(container).stop(timeout=60)
    assert time.monotonic() - asked < 15
    container.reload()
    state = wrapped(container).attrs["State"]
    assert (state["ExitCode"], state["OOMKilled"]) == (0, False), logged(container)
    assert "Traceback" not in logged(container), component


@pytest.mark.parametrize(
    ("component", "missing"),
    [
        ("refresher", "AUTHPULSE_DATABASE_URL"),
        ("refresher", "AUTHPULSE_SEALING_KEYS"),
        ("event-store", "AUTHPULSE_DATABASE_URL"),
        ("health-api", "AUTHPULSE_DATABASE_URL"),
        ("health-api", "AUTHPULSE_ADMIN_TOKEN"),
    ],
)
def test_without_a_setting_that_it_needs_it_ends_and_names_it(images: str, component: str, missing: str) -> None:
    given = {name: value for name, value in settings(component, DATABASE).items() if name != missing}
    with hardened(component, images, **given) as container:
        assert wrapped(container).wait(timeout=60)["StatusCode"] == 1
        said = logged(container)
    assert said.startswith(f"authpulse: {missing} is not set.")
    assert len(said.splitlines()) == 1


def test_the_command_works_and_says_what_it_lacks(images: str) -> None:
    with hardened("cli", images).with_command(["authpulse", "--help"]) as container:
        assert wrapped(container).wait(timeout=60)["StatusCode"] == 0
        assert "verify" in logged(container)
    with hardened("cli", images).with_command(["authpulse", "events"]) as container:
        assert wrapped(container).wait(timeout=60)["StatusCode"] == 1
        assert "AUTHPULSE_NATS_URL" in logged(container)


@pytest.mark.parametrize("component", COMPONENTS)
def test_an_image_says_what_it_is(images: str, component: str) -> None:
    config = described(component, images)["Config"]
    assert config["User"] == "10001:10001"
    assert config["Cmd"] == ["serve"]
    assert not config["Entrypoint"]
    assert config["Healthcheck"]["Test"] == ["CMD", "python", "-m", "authpulse_chassis.healthy"]
    labels = {name.rpartition(".")[2]: text for name, text in config["Labels"].items() if "opencontainers" in name}
    assert labels.keys() == {"title", "description", "licenses", "version", "revision"}
    assert (labels["title"], labels["licenses"]) == (f"authpulse {component}", "Apache-2.0")


@pytest.mark.parametrize("component", COMPONENTS)
def test_an_image_is_small(images: str, component: str) -> None:
    base = json.loads(run("docker", "image", "inspect", "python:3.13-slim"))[0]["Size"]
    assert (described(component, images)["Size"] - base) / 1e6 < LARGEST[component]


@pytest.mark.parametrize("component", COMPONENTS)
def test_an_image_has_nothing_of_another_service_and_no_tool_to_build_with(images: str, component: str) -> None:
    own = f"authpulse_{component}".replace("-", "_")
    others = {"authpulse_refresher", "authpulse_event_store", "authpulse_health_api"} - {own}
    if component == "cli":
        others -= {"authpulse_event_store"}  # `authpulse verify` folds as it does
    find = "import importlib.util, sys; print([name for name in sys.argv[1:] if importlib.util.find_spec(name)])"
    with hardened(component, images).with_command(["python", "-c", find, *others, "pytest", "mypy", "uv"]) as container:
        assert wrapped(container).wait(timeout=60)["StatusCode"] == 0
        assert logged(container).strip() == "[]"
