"""Addresses that give secrets to whoever asks are refused, whatever name or notation leads there."""

import pytest

from authpulse_refresher.model import NoAnswer
from authpulse_refresher.provider.addresses import is_forbidden
from authpulse_refresher.provider.idp import ask
from authpulse_refresher.provider.wire import Wires
from support.connections import CONFIG, connection


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.0.1",
        "fe80::1",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "fd20:ce::254",
        "100.100.100.200",
        "192.0.0.192",
        "168.63.129.16",
        "::ffff:169.254.169.254",
        "::169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
    ],
)
def test_metadata_and_link_local_addresses_are_forbidden(address: str) -> None:
    assert is_forbidden(address)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "8.8.8.8", "2606:4700::1", "idp"])
def test_other_addresses_are_not(address: str) -> None:
    assert not is_forbidden(address)


async def test_an_idp_at_such_an_address_is_not_asked() -> None:
    for url in ("https://169.254.169.254/token", "https://[::ffff:169.254.169.254]/token"):
        wires = Wires()
        crm = connection(oauth=type(CONFIG)(grant=CONFIG.grant, client_id="x", token_url=url))
        answer, _ = await ask(wires, crm, deadline=5.0)
        await wires.close()
        assert answer == NoAnswer(cause="forbidden_address", sent=False)
        assert wires.refuses(url)
        assert not Wires(allow_link_local=True).refuses(url)
