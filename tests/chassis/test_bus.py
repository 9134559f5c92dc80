"""How to get into NATS: what the settings may say together, and what is said where they cannot be used."""

import ssl
from pathlib import Path

import pytest

from authpulse_chassis.bus import BusSettings, access_of, connecting
from authpulse_chassis.settings import SettingsError, read_settings
from support.authority import Authority
from support.nkeys import ACCOUNT, credentials, new_seed

TLS = "tls://nats.example:4222"


def access(**variables: str) -> dict[str, object]:
    environ = {f"AUTHPULSE_NATS_{name.upper()}": value for name, value in variables.items()}
    return connecting(access_of(read_settings(BusSettings, environ)), "refresher")


def test_by_default_it_is_a_server_on_this_machine_in_the_open() -> None:
    assert access() == {
        "servers": ["nats://127.0.0.1:4222"],
        "inbox_prefix": "auth.inbox.refresher",
        "tls": None,
        "tls_handshake_first": False,
        "nkeys_seed_str": None,
        "user_credentials": None,
    }


def test_several_servers_stand_with_commas() -> None:
    assert access(url="tls://a:4222, tls://b:4222")["servers"] == ["tls://a:4222", "tls://b:4222"]


def test_tls_begins_with_the_first_byte_unless_told_otherwise() -> None:
    assert access(url=TLS)["tls_handshake_first"] is True
    assert access(url=TLS, tls_first="false")["tls_handshake_first"] is False


def test_a_web_socket_does_its_tls_itself() -> None:
    found = access(url="wss://nats.example")
    assert (found["tls_handshake_first"], isinstance(found["tls"], ssl.SSLContext)) == (False, True)


def test_an_authority_that_is_named_is_the_only_one(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(Authority().pem)
    context = access(url=TLS, ca_file=str(tmp_path / "ca.pem"))["tls"]
    assert isinstance(context, ssl.SSLContext)
    assert len(context.get_ca_certs()) == 1
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_a_seed_and_credentials_go_on_as_they_are() -> None:
    seed = new_seed()
    assert access(nkey_seed=seed)["nkeys_seed_str"] == seed
    assert str(access(credentials=credentials("jwt", seed))["user_credentials"]) == credentials("jwt", seed)


@pytest.mark.parametrize(
    ("variables", "variable"),
    [
        ({"nkey_seed": "SUAXXX"}, "AUTHPULSE_NATS_NKEY_SEED"),
        ({"nkey_seed": new_seed(ACCOUNT)}, "AUTHPULSE_NATS_NKEY_SEED"),
        ({"credentials": "a JWT alone"}, "AUTHPULSE_NATS_CREDENTIALS"),
        ({"nkey_seed": new_seed(), "credentials": credentials("jwt", new_seed())}, "AUTHPULSE_NATS_CREDENTIALS"),
        ({"url": "tls://a,nats://b"}, "AUTHPULSE_NATS_URL"),
        ({"ca_file": "/etc/hostname"}, "AUTHPULSE_NATS_URL does not begin with tls://"),
        ({"url": TLS, "ca_file": "/nonexistent"}, "AUTHPULSE_NATS_CA_FILE"),
        ({"url": TLS, "ca_file": __file__}, "AUTHPULSE_NATS_CA_FILE"),
        ({"url": TLS, "client_cert_file": __file__}, "AUTHPULSE_NATS_CLIENT_CERT_FILE"),
    ],
)
def test_what_cannot_be_used_is_named_and_no_secret_is_repeated(variables: dict[str, str], variable: str) -> None:
    with pytest.raises(SettingsError, match=variable) as refusal:
        access(**variables)
    assert variables.get("nkey_seed", "nothing like it") not in str(refusal.value)
