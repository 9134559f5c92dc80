"""What is due at a host in trouble is not even leased, and the others' tokens are refreshed meanwhile."""

import asyncio

import pytest
from msgspec import structs
from prometheus_client import REGISTRY
from prometheus_client.samples import Sample

from authpulse_chassis.fitness import Pulse
from authpulse_chassis.metrics import Bounded
from authpulse_contract.connections import BroughtToken
from authpulse_contract.events import type_of
from authpulse_contract.secret import Secret
from authpulse_refresher import metrics
from authpulse_refresher.model import Answer as Answered
from authpulse_refresher.model import NoAnswer
from authpulse_refresher.provider.budget import FAILURES, FORGOTTEN, LONGEST_PAUSE, Limits
from authpulse_refresher.provider.hosts import Hosts
from authpulse_refresher.provider.wire import Wires
from authpulse_refresher.refreshing.attempt import Attempts
from authpulse_refresher.refreshing.refresh import Refresher
from authpulse_refresher.storage.vault import Vault
from support.idp import Answer, Client, Hang, Idp
from support.vault import declared, outbox, registered, rows
from support.waiting import eventually


class Running:
    """A refresher at work."""

    def __init__(self, vault: Vault, *, in_flight: int, per_host: int, deadline: float = 5.0) -> None:
        self._wires, self._stop = Wires(), asyncio.Event()
        attempts = Attempts(vault=vault, wires=self._wires, deadline=deadline)
        refresher = Refresher(
            attempts, in_flight=in_flight, per_host=per_host, poll_interval=0.05, pulse=Pulse(), rate=1000.0
        )
        metrics.watch(refresher.under_way, in_flight)
        self._task = asyncio.create_task(refresher.run(self._stop))

    async def __aenter__(self) -> None:
        return

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        await self._task
        await self._wires.close()


async def many(vault: Vault, client: Client, count: int) -> None:
    for number in range(count):
        await registered(vault, declared(client, name=f"{client.client_id}-{number}"))


async def posts(client: Client) -> int:
    return len(client.posts)


async def test_a_host_that_is_down_sees_a_few_attempts_and_then_probes_and_the_rest_is_not_told_as_failing(
    vault: Vault, idp: Idp
) -> None:
    client = idp.client("down", secret="s")
    client.always(Answer.error(502))
    await many(vault, client, 40)
    async with Running(vault, in_flight=4, per_host=4):
        await eventually(lambda: _at_least(client, FAILURES), wanted=True)
        await asyncio.sleep(0.8)
        assert len(client.posts) <= FAILURES + 4, "no herd"
        told = {event.connection_name for event in await outbox(vault) if event.version > 1}
        assert len(told) <= FAILURES + 4
        leased = await rows(vault, "select 1 from vault.due where attempt_id is not null")
        assert len(leased) <= 1, "what is blocked is not leased"
        assert REGISTRY.get_sample_value("authpulse_idp_host_down", {"idp_host": f"127.0.0.1:{idp.port}"}) == 1
        client.always(None)
        await eventually(lambda: _refreshed(vault), 40, seconds=20)
    assert REGISTRY.get_sample_value("authpulse_idp_host_down", {"idp_host": f"127.0.0.1:{idp.port}"}) == 0


async def test_a_grant_that_ends_by_itself_is_told_although_its_host_is_left_alone(vault: Vault, idp: Idp) -> None:
    client = idp.client("down", secret="s")
    client.next(Answer(status=429, headers={"Retry-After": "3600"}))
    await many(vault, client, 1)
    ending = structs.replace(declared(client, name="ending"), token=_brought(client, refresh_expires_in=0.5))
    lasting = structs.replace(declared(client, name="lasting"), token=_brought(client, refresh_expires_in=3600.0))
    access_only = BroughtToken(access_token=Secret("at-brought"), expires_in=0.5)
    tokenless = structs.replace(declared(client, name="tokenless"), token=access_only)

    async def told() -> dict[str, str]:
        return {event.connection_name: type_of(event) for event in await outbox(vault)}

    async with Running(vault, in_flight=4, per_host=4):
        await eventually(lambda: posts(client), 1)
        for declaration in (ending, lasting, tokenless):
            await registered(vault, declaration)
        await eventually(
            told,
            {
                "down-0": "refresh_failed_transient",
                "ending": "refresh_skipped_expired",
                "lasting": "connection_registered",
                "tokenless": "refresh_skipped_no_token",
            },
        )
    assert len(client.posts) == 1


def _brought(client: Client, *, refresh_expires_in: float) -> BroughtToken:
    return BroughtToken(refresh_token=Secret(client.issue()), refresh_expires_in=refresh_expires_in)


async def test_a_host_that_asks_for_quiet_gets_it(vault: Vault, idp: Idp) -> None:
    client = idp.client("busy", secret="s")
    client.next(Answer.error(429, "slow_down"), Answer(status=429, headers={"Retry-After": "1"}))
    await many(vault, client, 10)
    async with Running(vault, in_flight=1, per_host=1):
        await eventually(lambda: _at_least(client, 10), wanted=True)
    times = [post.at for post in client.posts]
    assert times[2] - times[1] >= 0.95


async def test_a_host_that_hangs_holds_its_share_of_the_places_only(vault: Vault, idp: Idp) -> None:
    hung, well = idp.client("hung", secret="s"), idp.client("well", secret="s")
    hung.always(Hang())
    well.token_url = well.token_url.replace("127.0.0.1", "localhost")
    await many(vault, hung, 10)
    await many(vault, well, 10)
    async with Running(vault, in_flight=4, per_host=2, deadline=1.0):
        await eventually(lambda: posts(well), 10, seconds=5)
        assert len(hung.posts) <= 4
        assert REGISTRY.get_sample_value("authpulse_refreshes_in_flight", {"stage": "asking"}) == 2


async def _at_least(client: Client, count: int) -> bool:
    return len(client.posts) >= count


async def _refreshed(vault: Vault) -> int:
    return len(await rows(vault, "select 1 from vault.connections where generation > 1"))


def test_the_breakers_of_hosts_without_a_label_of_their_own_are_counted_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(metrics, "_hosts", Bounded(limit=1))
    clock = Clock()
    monkeypatch.setattr("authpulse_refresher.provider.hosts.time", clock)
    hosts, away = Hosts(Limits(at_once=4, rate=1000.0)), NoAnswer(cause="connect", sent=False)

    def down(host: str) -> float | None:
        return REGISTRY.get_sample_value("authpulse_idp_host_down", {"idp_host": host})

    before = down("other") or 0.0
    for host in ("first.example", "second.example", "third.example"):
        hosts.begin(host)
        for _ in range(FAILURES):
            hosts.hear(host, away)
        hosts.end(host)
    assert (down("first.example"), down("other")) == (1, before + 2)
    hosts.hear("second.example", Answered(status=400, headers={}, body=b""))
    assert down("other") == before + 1
    clock.now += FORGOTTEN + LONGEST_PAUSE
    hosts.rooms()
    assert (down("first.example"), down("other")) == (0, before), "nobody has a connection there any more"


def test_five_thousand_hosts_have_the_labels_of_fifty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_hosts", Bounded())
    before = {sample.labels["idp_host"] for sample in down_hosts()}
    for number in range(5000):
        metrics.left_alone(f"idp-{number}.example", down=True)
    after = {sample.labels["idp_host"]: sample.value for sample in down_hosts()}
    assert len(after.keys() - before) <= 51
    assert after["idp-49.example"] == 1
    assert after["other"] >= 4950
    for number in range(5000):
        metrics.left_alone(f"idp-{number}.example", down=False)
    assert sum(sample.value for sample in down_hosts()) == 0


def down_hosts() -> list[Sample]:
    return [
        sample for family in REGISTRY.collect() if family.name == "authpulse_idp_host_down" for sample in family.samples
    ]


class Clock:
    """In place of the module `time`."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now
