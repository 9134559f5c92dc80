"""Ways for a client to prove who it is without a shared secret: a signed assertion, or a certificate of its own."""

import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS
from msgspec import structs

from authpulse_contract.connections import OAuthConfig
from authpulse_contract.secret import Secret
from authpulse_refresher.connecting.authorization import authorization_address
from authpulse_refresher.model import Answer, Connection, NoAnswer, Tokens
from authpulse_refresher.provider.client_assertion import client_assertion, key_fault
from authpulse_refresher.provider.idp import ask
from authpulse_refresher.provider.token_request import code_request, refresh_request
from authpulse_refresher.provider.wire import Wires
from authpulse_refresher.storage.vault import Vault
from support.authority import Authority, https
from support.connections import CONFIG, TOKENS, connection
from support.idp import Idp
from support.vault import declared, registered, stored

JWT = structs.replace(CONFIG, client_auth="private_key_jwt")
RSA = rsa.generate_private_key(65537, 2048)
P256 = ec.generate_private_key(ec.SECP256R1())


def pem(key: PrivateKeyTypes) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public(key: PrivateKeyTypes) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(
    ("key", "wanted", "algorithm"),
    [
        (RSA, None, "RS256"),
        (RSA, "PS256", "PS256"),
        (P256, None, "ES256"),
        (ec.generate_private_key(ec.SECP384R1()), None, "ES384"),
        (ec.generate_private_key(ec.SECP521R1()), "ES512", "ES512"),
        (ed25519.Ed25519PrivateKey.generate(), None, "EdDSA"),
    ],
)
def test_an_assertion_is_signed_as_fits_the_key(key: PrivateKeyTypes, wanted: str | None, algorithm: str) -> None:
    oauth = structs.replace(JWT, client_key_alg=wanted, client_key_id="k1")
    assert key_fault(Secret(pem(key)), oauth) is None
    signed = JWS()
    signed.deserialize(client_assertion(oauth, pem(key), now=1000.9, jti="once"), JWK.from_pem(public(key)))
    assert json.loads(signed.objects["protected"]) == {"alg": algorithm, "typ": "JWT", "kid": "k1"}
    assert json.loads(signed.payload) == {
        "iss": "authpulse",
        "sub": "authpulse",
        "aud": "https://idp.example/token",
        "jti": "once",
        "iat": 1000,
        "exp": 1120,
    }


def test_an_assertion_is_for_the_audience_that_the_idp_wants() -> None:
    oauth = structs.replace(JWT, client_assertion_audience="https://idp.example/")
    signed = JWS()
    signed.deserialize(client_assertion(oauth, pem(P256), now=0, jti="x"), JWK.from_pem(public(P256)))
    assert json.loads(signed.payload)["aud"] == "https://idp.example/"
    assert "kid" not in json.loads(signed.objects["protected"])


@pytest.mark.parametrize(
    ("key", "wanted", "fault"),
    [
        ("no key", None, "is not a private key in PEM"),
        (public(RSA).decode(), None, "is not a private key in PEM"),
        (
            RSA.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")).decode(),
            None,
            "is encrypted",
        ),
        (pem(rsa.generate_private_key(65537, 1024)), None, "2048 bits or more"),  # noqa: S505 -- that is the point
        (pem(ec.generate_private_key(ec.SECP256K1())), None, "P-256, P-384, P-521 or Ed25519"),
        (pem(ed448.Ed448PrivateKey.generate()), None, "must be an RSA, P-256, P-384, P-521 or Ed25519 key"),
        (pem(RSA), "ES256", "it signs with RS256 or PS256"),
    ],
)
def test_a_key_that_cannot_sign_is_refused_with_the_reason(key: str, wanted: str | None, fault: str) -> None:
    found = key_fault(Secret(key), structs.replace(JWT, client_key_alg=wanted))
    assert found
    assert fault in found


async def test_an_idp_that_trusts_the_public_key_refreshes_and_takes_no_assertion_twice(
    vault: Vault, wires: Wires, idp: Idp
) -> None:
    """From the declaration through the vault to the IdP's own check of the signature."""
    crm = idp.client("crm", auth="private_key_jwt", public_key=public(RSA))
    declaration = declared(crm, client_auth="private_key_jwt")
    await registered(vault, structs.replace(declaration, client_key=Secret(pem(RSA))))
    for _ in range(2):
        answer, _ = await ask(wires, await stored(vault), deadline=5.0)
        assert isinstance(answer, Answer)
        assert answer.status == 200
        crm.grace = 60.0
    assert len(crm.assertions) == 2
    stranger = structs.replace(await stored(vault), client_secret=Secret(pem(rsa.generate_private_key(65537, 2048))))
    answer, _ = await ask(wires, stranger, deadline=5.0)
    assert isinstance(answer, Answer)
    assert (answer.status, crm.posts[-1].outcome) == (401, "invalid_client")


def test_every_request_says_what_the_tokens_are_for() -> None:
    """RFC 8707 2: one parameter for each resource, at the authorization and at the token endpoint."""
    oauth = structs.replace(CONFIG, resource=("https://a.example/", "https://b.example/"))
    refresh = refresh_request(oauth, Secret("s"), TOKENS).content
    code = code_request(oauth, Secret("s"), Secret("c"), "https://here.example/", Secret("v")).content
    address = authorization_address(
        oauth, "https://idp.example/auth", redirect_uri="https://here.example/", state=Secret("s"), challenge="c"
    )
    for query in (refresh.decode(), code.decode(), urlsplit(address).query):
        assert parse_qs(query)["resource"] == ["https://a.example/", "https://b.example/"]
    without = refresh_request(CONFIG, Secret("s"), TOKENS).content
    assert "resource" not in parse_qs(without.decode())


def with_files(url: str, **files: Path) -> Connection:
    named = {member: str(file) for member, file in files.items()}
    oauth = OAuthConfig(
        grant="client_credentials",
        token_url=url,
        client_id="crm",
        client_auth="none",
        **named,  # type: ignore[arg-type]
    )
    return connection(oauth=oauth, client_secret=None, tokens=Tokens())


async def test_a_client_shows_its_own_certificate_to_an_idp_that_wants_one(wires: Wires, tmp_path: Path) -> None:
    """RFC 8705: only the connection that names the certificate shows it; a renewed one is read without a restart."""
    authority, clients, others = Authority(), Authority(), Authority()
    ca, accepted, mine = tmp_path / "ca.pem", tmp_path / "clients.pem", tmp_path / "client.pem"
    ca.write_bytes(authority.pem)
    accepted.write_bytes(clients.pem)
    with https(authority.vouch(tmp_path / "server.pem"), clients=accepted) as url:
        others.vouch(mine)
        answer, _ = await ask(wires, with_files(url, ca_file=ca, client_cert_file=mine), deadline=5.0)
        assert isinstance(answer, NoAnswer)
        clients.vouch(mine)
        answer, _ = await ask(wires, with_files(url, ca_file=ca, client_cert_file=mine), deadline=5.0)
        assert isinstance(answer, Answer)
        answer, _ = await ask(wires, with_files(url, ca_file=ca), deadline=5.0)
        assert isinstance(answer, NoAnswer)


async def test_a_certificate_that_cannot_be_used_was_not_sent(wires: Wires, tmp_path: Path) -> None:
    mine, other, broken = tmp_path / "mine.pem", tmp_path / "other.pem", tmp_path / "broken.pem"
    Authority().vouch(mine)
    Authority().vouch(other)
    broken.write_text("nonsense")
    url = "https://localhost:1/token"
    for files in (
        {"client_cert_file": tmp_path / "none.pem"},
        {"client_cert_file": broken},
        {"client_cert_file": mine, "client_key_file": other},
    ):
        answer, _ = await ask(wires, with_files(url, **files), deadline=5.0)
        assert answer == NoAnswer(cause="client_cert", sent=False)
