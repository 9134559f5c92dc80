"""kill -9 of anything at any moment: no fact is lost, doubled or told wrongly, and no hand is needed."""

import os
import random
import sys
import time

import pytest

from support.declarations import brought, oauth
from support.idp import Client, Delay, Idp
from support.servers import Server, until
from support.services import Service
from support.soundness import check_sound, check_spent_once, until_at_rest
from support.system import System

REFRESHES = 2_000
CONNECTIONS = 120
DEATHS_EACH = 3
STRICT = 10
"""So many of them are with an IdP that takes a second use for theft; the others' rotations may be done again."""


@pytest.mark.timeout(240)
def test_two_thousand_refreshes_survive_the_random_deaths_of_every_process(system: System, idp: Idp) -> None:
    seed = int(os.environ.get("AUTHPULSE_TEST_SEED") or random.SystemRandom().randrange(2**32))
    sys.stdout.write(f"AUTHPULSE_TEST_SEED={seed}\n")
    chance = random.Random(seed)  # noqa: S311 -- when to kill, not a secret
    clients = {
        f"c{number:03}": idp.client(
            f"c{number:03}", secret="s3cret", access_life=2.0, grace=0 if number < STRICT else 600
        )
        for number in range(CONNECTIONS)
    }
    system.declare(*(oauth(client, name, token=brought(client)) for name, client in clients.items()))

    victims: list[Service | Server] = [*system.services, system.nats] * DEATHS_EACH
    chance.shuffle(victims)
    # By progress and not by the clock: on a slow machine nothing would live long enough to do anything.
    moments = sorted(chance.uniform(0, REFRESHES) for _ in victims)
    for victim, moment in zip(victims, moments, strict=True):
        until_issued(clients, moment)
        victim.kill()
        time.sleep(chance.uniform(0.0, 0.5))
        victim.start()
    until_issued(clients, REFRESHES)

    for client in clients.values():
        client.access_life = 86_400.0
    system.until_ready()
    until_at_rest(system, seconds=60)
    check_sound(system)
    for name, client in clients.items():
        check_spent_once(system, name, client)
    lost = [event["body"] for event in system.events() if event["event_type"] == "refresh_failed_revoked"]
    assert {event["detail"]["cause"] for event in lost} <= {"lost_rotation"}
    assert all(clients[event["connection_name"]].grace == 0 for event in lost)


def until_issued(clients: dict[str, Client], refreshes: float) -> None:
    def issued() -> bool:
        return sum(post.obeyed for client in clients.values() for post in list(client.posts)) >= refreshes

    until(issued, seconds=60, pause=0.1, what=f"{refreshes:.0f} refreshes")


def test_a_refresher_that_is_asked_to_stop_stores_what_the_idp_is_about_to_issue(system: System, idp: Idp) -> None:
    client = idp.client("slow", secret="s3cret", access_life=86_400.0)
    client.next(Delay(seconds=2.0))
    system.declare(oauth(client, "slow", token=brought(client)))
    until(lambda: client.posts, what="the POST")
    assert system.refresher.stop() == 0
    system.refresher.start()
    system.until_ready()
    system.until_row("slow", {"needs_reauth": False, "refresh_failing": False})
    until(lambda: system.events("slow")[-1]["event_type"] == "refresh_succeeded", what="the stored success")
    assert [(post.outcome, post.reused) for post in client.posts] == [("issued", False)]
