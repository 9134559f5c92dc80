"""A rollout as Kubernetes does it (one more replica, then one less): no refresh is cut and no stream loses anything."""

from collections.abc import Callable
from pathlib import Path

import httpx

from support.balancer import balancing
from support.declarations import NOT_SOON, brought, oauth
from support.follower import Follower
from support.idp import Delay, Idp
from support.manifests import of_kind, rendered
from support.servers import free_port, until
from support.services import Service
from support.soundness import check_sound, until_at_rest
from support.system import ADMIN_TOKEN, System, running_system

NAMES = tuple(f"c{number}" for number in range(12))
STREAM = "/api/v1/admin/connections/oauth-health/stream"


def grace(name: str) -> float:
    """Seconds that Kubernetes gives it to end, once it has been told to."""
    pod = of_kind("Deployment", rendered("production"))[name]["spec"]["template"]["spec"]
    before: dict[str, dict[str, int]] = pod["containers"][0].get("lifecycle", {}).get("preStop", {})
    return float(pod["terminationGracePeriodSeconds"] - before.get("sleep", {}).get("seconds", 0))


def replica(system: System, folder: Path) -> tuple[Service, int]:
    """One more health-api, and its port."""
    port = free_port()
    environ = {
        "AUTHPULSE_DATABASE_URL": system.ledger_url,
        "AUTHPULSE_NATS_URL": system.nats.url,
        "AUTHPULSE_HTTP": f"127.0.0.1:{port}",
        "AUTHPULSE_ADMIN_TOKEN": ADMIN_TOKEN,
    }
    return Service("authpulse_health_api", environ, folder / "second.log"), port


def ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def test_a_rollout_cuts_no_refresh_and_loses_nothing_of_a_stream(
    tmp_path: Path, idp: Idp, new_database: Callable[[str | None], str]
) -> None:
    databases = {"vault_url": new_database(None), "ledger_url": new_database(None)}
    with running_system(tmp_path / "system", **databases, refreshers=2) as system:
        old, new = system.refreshers
        assert new.stop() == 0
        second, port = replica(system, tmp_path)
        with balancing(int(system.url.rpartition(":")[2])) as balancer:
            follower = Follower(balancer.url + STREAM, ADMIN_TOKEN)
            follower.start()
            try:
                clients = {name: idp.client(name, secret="s3cret", access_life=NOT_SOON) for name in NAMES}
                for client in clients.values():
                    client.next(Delay(seconds=3.0))
                system.declare(*(oauth(client, name, token=brought(client)) for name, client in clients.items()))
                until(lambda: all(client.posts for client in clients.values()), seconds=30, what="all POSTs under way")

                # A refresher more, then one less, with every POST in its hands.
                new.start()
                assert old.stop(seconds=grace("refresher")) == 0
                # A health-api more, which the balancer turns to, then one less.
                second.start()
                until(lambda: ready(port), seconds=60, what="the new health-api")
                balancer.target = port
                assert system.health_api.stop(seconds=grace("health-api")) == 0
                until(lambda: follower.connections > 1, seconds=30, what="the stream at the new replica")
                # An event-store more and one less, in the other order: the stream keeps what comes meanwhile.
                assert system.event_store.stop(seconds=grace("event-store")) == 0
                system.event_store.start()

                def served() -> dict[tuple[str, str], object]:
                    bearer = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
                    url = f"{balancer.url}/api/v1/admin/connections/oauth-health"
                    rows = httpx.get(url, headers=bearer).json()["connections"]
                    return {(row["kind"], row["name"]): row for row in rows}

                healthy = {"needs_reauth": False, "token_acquired": True, "refresh_failing": False}
                until(
                    lambda: len(follower.board) == len(NAMES) and served() == follower.board,
                    seconds=30,
                    what="the same board",
                )
                assert all(healthy.items() <= row.items() for row in follower.board.values())
            finally:
                follower.end()
                second.kill()
                follower.join(30)
        old.start()
        system.health_api.start()
        system.until_ready()
        until_at_rest(system, seconds=30)
        check_sound(system)
        # Each token was spent once, by whom the answer was stored: no refresh was cut.
        assert {name: [(p.outcome, p.reused) for p in client.posts] for name, client in clients.items()} == {
            name: [("issued", False)] for name in NAMES
        }
        assert {event["event_type"] for event in system.events()} == {"connection_registered", "refresh_succeeded"}
        # The reader was told all from one snapshot on, in the order of positions, by whichever replica.
        assert [name for _, name, _, _ in follower.told].count("snapshot") == 1
        positions = [position for _, _, position, _ in follower.told]
        assert positions == sorted(positions)
        assert {connection for connection, *_ in follower.told} >= {1, 2}
