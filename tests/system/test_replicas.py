"""Four refreshers on one vault, killed, paused and cut off at random: no double spend, no lost answer, no false blame.

The small run is in every test run; `just soak` has 2,000 connections and 20,000 refreshes, with pauses past the lease.
"""

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
from msgspec import Struct

from support.declarations import brought, oauth
from support.idp import Client, Delay, Idp, Manner, Reset, Sent
from support.servers import PostgresServer, postgres, until
from support.services import Service
from support.soundness import check_sound, check_spent_once, until_at_rest
from support.system import System, running_system

REPLICAS = 4
TRAITS = '[[idp]]\nhosts = ["localhost"]\ngrace = {}\n'


class Size(Struct, frozen=True, kw_only=True):
    """`pauses`: how long refreshers stand still, in seconds; a lease lasts 35 s. `drops`: one POST in so many.

    `grace`: seconds. In the small run, which shares its machine with other tests, one would be over unused.
    """

    connections: int
    refreshes: int
    access_life: float
    kills: int
    restarts: int
    pauses: tuple[float, ...]
    drops: int
    grace: float


SMALL = Size(
    connections=200, refreshes=1_000, access_life=4.0, kills=4, restarts=1, pauses=(2.0, 6.0), drops=50, grace=5.0
)
WHOLE = Size(
    connections=2_000,
    refreshes=20_000,
    access_life=20.0,
    kills=20,
    restarts=5,
    pauses=(3.0, 8.0, 45.0, 50.0),
    drops=200,
    grace=1.0,
)


@pytest.fixture
def database() -> Iterator[PostgresServer]:
    """A PostgreSQL of the test's own, to be restarted; what it has committed it keeps."""
    with postgres(("fsync=off", "full_page_writes=off", "max_connections=200")) as server:
        with psycopg.connect(server.url.format(database="postgres"), autocommit=True) as db:
            db.execute("create database vault")
            db.execute("create database ledger")
        yield server


@pytest.mark.timeout(300)
def test_four_refreshers_spend_no_token_twice_and_lose_none_that_came(database: PostgresServer, idp: Idp) -> None:
    run(SMALL, database, idp)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_four_refreshers_keep_two_thousand_connections_through_twenty_thousand_refreshes(
    database: PostgresServer, idp: Idp
) -> None:
    run(WHOLE, database, idp)


def run(size: Size, database: PostgresServer, idp: Idp) -> None:
    seed = int(os.environ.get("AUTHPULSE_TEST_SEED") or random.SystemRandom().randrange(2**32))
    sys.stdout.write(f"AUTHPULSE_TEST_SEED={seed}\n")
    chance = random.Random(seed)  # noqa: S311 -- when to kill, not a secret
    clients = {name: new_client(idp, name, size) for name in (f"c{number:04}" for number in range(size.connections))}
    vault_url, ledger_url = (database.url.format(database=name) for name in ("vault", "ledger"))
    settings = {"AUTHPULSE_IDP_TRAITS": TRAITS.format(size.grace), "AUTHPULSE_IN_FLIGHT": "64"}
    with (
        tempfile.TemporaryDirectory(prefix="authpulse-replicas-") as place,
        running_system(
            Path(place) / "system", vault_url=vault_url, ledger_url=ledger_url, refreshers=REPLICAS, settings=settings
        ) as system,
    ):
        system.declare(*(oauth(client, name, token=brought(client)) for name, client in clients.items()))
        for client in clients.values():
            client.always(dropping(random.Random(chance.random()), size.drops))  # noqa: S311 -- when to drop
        disturb(system, database, clients, size, chance)
        for client in clients.values():
            client.always(None)
            client.access_life = 86_400.0
        system.until_ready()
        until_at_rest(system, seconds=120)
        judge(system, clients)


def new_client(idp: Idp, name: str, size: Size) -> Client:
    """Every other one is strictly single-use; the others are at `localhost`, where a grace is granted."""
    strict = int(name[1:]) % 2
    client = idp.client(name, secret="s3cret", access_life=size.access_life, grace=0.0 if strict else size.grace)
    if not strict:
        client.token_url = client.token_url.replace("127.0.0.1", "localhost")
    return client


def dropping(chance: random.Random, drops: int) -> Callable[[Sent], Manner]:
    """Sometimes the connection is cut, before or after the tokens were issued."""

    def manner(_: Sent) -> Manner:
        return Reset(obey=chance.random() < 0.5) if chance.randrange(drops) == 0 else Delay(seconds=0.02)

    return manner


def disturb(
    system: System, database: PostgresServer, clients: dict[str, Client], size: Size, chance: random.Random
) -> None:
    """Kill, pause and restart, spread over the refreshes: on a slow machine nothing would live by the clock.

    Never the last one that is at work: what nobody is there to do in time, nobody can do in time.
    """
    trouble = ["kill"] * size.kills + ["restart"] * size.restarts + ["pause"] * len(size.pauses)
    chance.shuffle(trouble)
    moments = sorted(chance.uniform(0, size.refreshes) for _ in trouble)
    pauses, paused = list(size.pauses), dict[Service, float]()
    for kind, moment in zip(trouble, moments, strict=True):
        until_issued(clients, moment, paused)
        victim = chance.choice([each for each in system.refreshers if each not in paused])
        until_another_works([each for each in system.refreshers if each is not victim and each not in paused])
        if kind == "pause" and len(paused) < REPLICAS - 2:
            victim.freeze()
            paused[victim] = time.monotonic() + pauses.pop()
        elif kind == "restart":
            database.stop()
            time.sleep(chance.uniform(0.0, 1.0))
            database.start()
        else:
            victim.kill()
            time.sleep(chance.uniform(0.0, 0.3))
            victim.start()
    until_issued(clients, size.refreshes, paused)
    until(lambda: not thawed(paused), seconds=60, pause=0.1, what="the end of the pauses")


def until_another_works(others: list[Service]) -> None:
    def works() -> bool:
        return any(each.has_said('"refreshing"') for each in others)

    until(works, seconds=60, what="another refresher that has found its database")


def thawed(paused: dict[Service, float]) -> dict[Service, float]:
    """Wakes whose pause is over; those that still stand still."""
    for each in [each for each, end in paused.items() if end < time.monotonic()]:
        each.thaw()
        del paused[each]
    return paused


def until_issued(clients: dict[str, Client], refreshes: float, paused: dict[Service, float]) -> None:
    def issued() -> bool:
        thawed(paused)
        return sum(client.tally.total() for client in clients.values()) >= refreshes

    until(issued, seconds=300, pause=0.1, what=f"{refreshes:.0f} refreshes")


def story(system: System, name: str, client: Client) -> str:
    """What happened to it, the IdP's view and ours, on one clock."""
    skew = time.time() - time.monotonic()
    posts = [
        (post.at + skew, "POST", post.outcome, f"obeyed={post.obeyed} reused={post.reused} {post.refresh_token}")
        for post in client.posts
    ]
    events = [
        (
            datetime.fromisoformat(event["body"]["occurred_at"]).timestamp(),
            "event",
            event["event_type"],
            str({member: event["body"]["detail"].get(member) for member in ("cause", "outcome", "next_attempt_at")}),
        )
        for event in system.events(name)
    ]
    return f"{name}\n" + "".join(f"  {at % 1000:.3f} {' '.join(rest)}\n" for at, *rest in sorted(posts + events)[-16:])


def judge(system: System, clients: dict[str, Client]) -> None:
    check_sound(system)
    killed = {name for name, client in clients.items() if client.killed}
    graceful = {name for name, client in clients.items() if client.grace}
    lost = {
        event["body"]["connection_name"]: event["body"]["detail"]["cause"]
        for event in system.events()
        if event["event_type"] == "refresh_failed_revoked"
    }
    assert set(lost.values()) <= {"lost_rotation"}, "a loss of ours was told as somebody's revocation"
    wronged = (set(lost) | killed) & graceful
    sys.stdout.writelines(story(system, name, clients[name]) for name in wronged)
    assert wronged == set(), "a double spend, or a loss, where the IdP grants a grace"
    dead = {row["name"] for row in system.bulk() if row["needs_reauth"]}
    assert dead <= set(lost)
    for name, client in clients.items():
        # Every one that is lost is one whose answer never came, and every answer that came is stored.
        check_spent_once(system, name, client)
    sys.stdout.write(f"{len(dead)} of {len(clients)} lost, each for an answer that never came\n")
    granted = sum(len(client.posts) for client in clients.values())
    sys.stdout.write(f"{granted} requests; where there is a grace: {len(graceful)} connections, none lost\n")
