"""Names that lead where no IdP is, through the resolver that connections really use, are not followed there."""

import socket
from collections.abc import Callable
from typing import Any

import pytest
from msgspec import structs

from authpulse_contract.commands import Refused, Register
from authpulse_contract.connecting import SignInRefused
from authpulse_refresher.commanding.registry import register
from authpulse_refresher.model import Answer, NoAnswer
from authpulse_refresher.provider.idp import ask
from authpulse_refresher.provider.wire import Wires
from authpulse_refresher.storage.vault import Vault
from support.connections import CONFIG, connection
from support.idp import Answer as Said
from support.idp import Client, Idp
from support.signing_in import Person, connecting
from support.vault import declared, registered, stored

METADATA = "169.254.169.254"
FORBIDDEN = NoAnswer(cause="forbidden_address", sent=False)


class Names:
    """What the libc is asked for, and what it says: the addresses of a name, those of the last time from then on."""

    def __init__(self, really: Callable[..., Any]) -> None:
        self._really = really
        self.lead_to: dict[str, list[list[str]]] = {}
        self.asked: list[str] = []

    def __call__(self, host: str, port: object, *args: Any, **kwargs: Any) -> list[Any]:
        self.asked.append(host)
        times = self.lead_to.get(host)
        if times is None:
            return list(self._really(host, port, *args, **kwargs))
        addresses = times.pop(0) if len(times) > 1 else times[0]
        return [found for address in addresses for found in self._really(address, port, *args, **kwargs)]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    made = Names(socket.getaddrinfo)
    monkeypatch.setattr(socket, "getaddrinfo", made)
    return made


@pytest.fixture
def crm(idp: Idp) -> Client:
    return idp.client("crm", secret="s3cret")


def by_name(client: Client, name: str = "idp.example") -> str:
    return client.token_url.replace("127.0.0.1", name)


async def asked(wires: Wires, url: str, *, deadline: float = 5.0) -> Answer | NoAnswer:
    """What comes of one refresh at `url`."""
    oauth = structs.replace(CONFIG, token_url=url)
    return (await ask(wires, connection(oauth=oauth), deadline=deadline))[0]


async def test_a_name_leads_to_the_idp_through_this_resolver(names: Names, wires: Wires, crm: Client) -> None:
    names.lead_to["idp.example"] = [["127.0.0.1"]]
    answer = await asked(wires, by_name(crm))
    assert isinstance(answer, Answer)
    assert names.asked == ["idp.example"]
    assert len(crm.posts) == 1


@pytest.mark.parametrize(
    "address", [METADATA, "fe80::1", "fd00:ec2::254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"]
)
async def test_a_name_that_resolves_there_is_refused_before_a_byte_is_sent(
    names: Names, wires: Wires, crm: Client, address: str
) -> None:
    names.lead_to["idp.example"] = [[address]]
    assert await asked(wires, by_name(crm)) == FORBIDDEN
    assert names.asked == ["idp.example"]


@pytest.mark.parametrize(
    "host", ["2852039166", "0xA9FEA9FE", "169.254.43518", "0251.0376.0251.0376", "169.254.169.254."]
)
async def test_other_notations_of_such_an_address_are_refused(wires: Wires, host: str) -> None:
    answer = await asked(wires, f"http://{host}/latest/meta-data/")
    assert isinstance(answer, NoAnswer)
    assert (answer.cause in {"address", "forbidden_address"}, answer.sent) == (True, False)


async def test_where_it_is_allowed_such_a_name_is_asked(names: Names, crm: Client) -> None:
    names.lead_to["idp.example"] = [[METADATA]]
    allowing = Wires(allow_link_local=True)
    answer = await asked(allowing, by_name(crm), deadline=0.5)
    await allowing.close()
    assert isinstance(answer, NoAnswer)
    assert answer.cause in {"connect", "deadline"}


async def test_of_several_addresses_the_forbidden_one_is_left_out(names: Names, wires: Wires, crm: Client) -> None:
    names.lead_to["idp.example"] = [[METADATA, "127.0.0.1"]]
    assert isinstance(await asked(wires, by_name(crm)), Answer)
    assert len(crm.posts) == 1


async def test_a_name_that_has_been_led_elsewhere_since_is_looked_at_when_it_is_connected_to(
    names: Names, crm: Client
) -> None:
    """DNS rebinding: what is checked is the address of the very socket, so that there is no time in between."""
    names.lead_to["idp.example"] = [["127.0.0.1"], [METADATA]]
    answers = []
    for _ in range(2):
        wires = Wires()
        answers.append(await asked(wires, by_name(crm)))
        await wires.close()
    assert isinstance(answers[0], Answer)
    assert answers[1] == FORBIDDEN
    assert names.asked == ["idp.example", "idp.example"]
    assert len(crm.posts) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("there", ["http://metadata.example/", f"http://{METADATA}/latest/", "//metadata.example/"])
async def test_a_redirect_is_followed_nowhere(names: Names, wires: Wires, crm: Client, status: int, there: str) -> None:
    names.lead_to["idp.example"] = [["127.0.0.1"]]
    crm.next(Said(status=status, headers={"Location": there}))
    answer = await asked(wires, by_name(crm))
    assert isinstance(answer, Answer)
    assert answer.status == status
    assert names.asked == ["idp.example"]
    assert len(crm.posts) == 1


async def test_an_issuer_by_such_a_name_is_refused_at_its_registration(
    vault: Vault, names: Names, wires: Wires, crm: Client
) -> None:
    names.lead_to["idp.example"] = [[METADATA]]
    members = {"issuer": by_name(crm).removesuffix("/token"), "token_url": "", "allow_http": True}
    reply = await register(
        vault, wires, Register(declaration=connecting(crm, **members), declared_by="file", actor="a")
    )
    assert isinstance(reply, Refused)
    assert reply.member == "issuer"
    assert set(names.asked) == {"idp.example"}


async def test_a_code_is_not_sent_there_and_the_old_grant_stays(
    vault: Vault, names: Names, wires: Wires, crm: Client
) -> None:
    names.lead_to["idp.example"] = [[METADATA]]
    at_name = declared(crm, token_url=by_name(crm), allow_http=True, authorization_url=crm.authorization_url)
    before = await registered(vault, at_name)
    reply = await Person(vault, wires).sign_in()
    assert isinstance(reply, SignInRefused)
    assert reply.fault == "no_answer"
    assert (await stored(vault)).tokens == before.tokens
    assert crm.posts == []
