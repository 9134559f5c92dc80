"""A connection declared over HTTP is the one that a file would declare, or everything wrong with it is named."""

from typing import Any

import pytest

from authpulse_contract.codec import from_builtins
from authpulse_contract.connections import BroughtToken, Declaration, OAuthConfig
from authpulse_contract.secret import Secret
from authpulse_health_api.acting.declared import DeclaredConnection, declaration

SECRET = "the-secret-of-crm"
BODY: dict[str, Any] = {
    "grant": "authorization_code",
    "token_url": "https://idp.example/token",
    "client_id": "authpulse",
    "client_secret": SECRET,
}


def made(**members: Any) -> Any:
    return declaration("api", "crm", from_builtins(BODY | members, DeclaredConnection))


def test_every_member_arrives() -> None:
    assert made(
        authorization_url="https://idp.example/auth",
        issuer="https://idp.example",
        scopes=["read"],
        refresh_max_lifetime="60d",
        default_lifetime="2h",
        token={"refresh_token": "rt", "refresh_expires_in": "1d"},
    ) == Declaration(
        kind="api",
        name="crm",
        oauth=OAuthConfig(
            grant="authorization_code",
            token_url="https://idp.example/token",
            client_id="authpulse",
            authorization_url="https://idp.example/auth",
            issuer="https://idp.example",
            scopes=("read",),
            refresh_max_lifetime=5_184_000.0,
            default_lifetime=7200.0,
        ),
        client_secret=Secret(SECRET),
        token=BroughtToken(refresh_token=Secret("rt"), refresh_expires_in=86_400.0),
    )


def test_without_oauth_there_is_nothing_else() -> None:
    assert declaration("api", "plain", DeclaredConnection(grant="none")) == Declaration(kind="api", name="plain")
    faults = made(grant="none")
    assert [fault.member for fault in faults] == ["client_id", "token_url", "client_secret"]


@pytest.mark.parametrize(
    ("members", "at_fault"),
    [
        ({"client_id": ""}, ["client_id"]),
        ({"token_url": ""}, ["token_url"]),
        ({"token_url": "http://idp.example/token"}, ["token_url"]),
        ({"revocation_url": "ftp://idp.example"}, ["revocation_url"]),
        ({"issuer": "https://idp.example/?a"}, ["issuer"]),
        ({"client_secret": None}, ["client_secret"]),
        ({"default_lifetime": "soon"}, ["default_lifetime"]),
        ({"token": {"refresh_token": "a b", "expires_in": "x"}}, ["token.expires_in", "token.refresh_token"]),
        ({"authorization_params": {"state": SECRET}}, ["authorization_params.state"]),
    ],
)
def test_what_is_wrong_is_named_and_no_secret_repeated(members: dict[str, Any], at_fault: list[str]) -> None:
    faults = made(**members)
    assert [fault.member for fault in faults] == at_fault
    assert SECRET not in str(faults)


def test_a_name_that_cannot_be_is_named_too() -> None:
    faults = declaration("api", " crm", from_builtins(BODY, DeclaredConnection))
    assert isinstance(faults, list)
    assert [fault.member for fault in faults] == ["name"]
