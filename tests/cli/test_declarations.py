from pathlib import Path

import pytest

from authpulse_cli.declared.file import read_declarations
from authpulse_cli.errors import CommandError
from authpulse_contract.connections import BroughtToken, Declaration, OAuthConfig
from authpulse_contract.secret import Secret

WHOLE = """
[[connection]]
kind = "api"
name = "crm"
grant = "authorization_code"
token_url = "https://idp.example/oauth/token"
authorization_url = "https://idp.example/oauth/authorize"
client_id = "authpulse"
client_secret = { env = "CRM_SECRET" }
client_auth = "basic"
scopes = ["read"]
refresh_max_lifetime = "60d"
terminal_codes = ["token_is_gone"]
default_lifetime = "1h"
ca_file = "crm-ca.pem"
authorization_params = { access_type = "offline" }

[connection.token]
refresh_token = { file = "crm.token" }
access_token = { value = "at" }
expires_in = "0s"
refresh_expires_in = "30d"

[[connection]]
kind = "api"
name = "weather"
grant = "none"
"""
MINIMAL = """
[[connection]]
kind = "api"
name = "crm"
grant = "client_credentials"
token_url = "https://idp.example/oauth/token"
client_id = "authpulse"
client_secret = { env = "CRM_SECRET" }
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "connections.toml"
    file.write_text(text)
    return file


def test_every_member_of_the_documented_file_is_read(tmp_path: Path) -> None:
    """As in semantics 10; relative paths start where the file is."""
    (tmp_path / "crm.token").write_text("rt\n")
    declared = read_declarations(write(tmp_path, WHOLE), {"CRM_SECRET": "s3cret"})
    crm = Declaration(
        kind="api",
        name="crm",
        oauth=OAuthConfig(
            grant="authorization_code",
            token_url="https://idp.example/oauth/token",
            authorization_url="https://idp.example/oauth/authorize",
            client_id="authpulse",
            scopes=("read",),
            refresh_max_lifetime=60 * 86400.0,
            terminal_codes=("token_is_gone",),
            default_lifetime=3600.0,
            ca_file=str(tmp_path / "crm-ca.pem"),
            authorization_params={"access_type": "offline"},
        ),
        client_secret=Secret("s3cret"),
        token=BroughtToken(
            refresh_token=Secret("rt"), access_token=Secret("at"), expires_in=0.0, refresh_expires_in=30 * 86400.0
        ),
    )
    assert declared.declarations == (crm, Declaration(kind="api", name="weather"))


def test_a_secret_written_out_is_warned_about_and_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "crm.token").write_text("rt")
    [warning] = read_declarations(write(tmp_path, WHOLE), {"CRM_SECRET": "s3cret"}).warnings
    assert "connection api/crm: token.access_token: written out" in warning
    assert '"at"' not in warning


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("token_url", "token_ulr"), "connection api/crm: token_ulr: no such member; do you mean token_url?"),
        (("token_url", "token_ulr"), "connection api/crm: token_url: missing"),
        (('name = "crm"', ""), "connection number 1: name: missing"),
        (('kind = "api"', "kind = 7"), "connection number 1: kind: expected str, got int"),
        (('"client_credentials"', '"password"'), "connection api/crm: grant: 'password' is not one of"),
        (('"client_credentials"', '"none"'), "connection api/crm: token_url: no meaning with grant"),
        (('{ env = "CRM_SECRET" }', '"s3cret"'), "connection api/crm: client_secret: a secret is not written here"),
        (('{ env = "CRM_SECRET" }', '{ env = "NOPE" }'), "client_secret: the environment variable NOPE is not set"),
        (('{ env = "CRM_SECRET" }', '{ env = "EMPTY" }'), "client_secret: the environment variable EMPTY is empty"),
        (('{ env = "CRM_SECRET" }', '{ file = "nope" }'), "nope cannot be read: No such file or directory"),
        (('{ env = "CRM_SECRET" }', '{ file = "." }'), "cannot be read: Is a directory"),
        (('{ env = "CRM_SECRET" }', '{ env = "A", file = "b" }'), "client_secret: it has to name one source"),
        (('{ env = "CRM_SECRET" }', "{}"), "client_secret: it has to name one source"),
        (('{ env = "CRM_SECRET" }', "[1]"), "client_secret: it has to name one source"),
        (
            ('client_id = "authpulse"', 'client_id = "a"\ndefault_lifetime = 60'),
            "60 is not a duration",
        ),
        (('client_id = "authpulse"', 'client_id = "a"\nscopes = "read"'), "scopes: expected array, got str"),
        (('client_id = "authpulse"', 'client_id = "a"\nscopes = [1]'), "scopes: expected str, got int, at [0]"),
        (('client_id = "authpulse"', 'client_id = "a"\nclient_auth = "jwt"'), "client_auth: invalid enum value 'jwt'"),
        (('client_id = "authpulse"', 'client_id = "a"\ntoken = 1'), "token: expected object"),
        (('client_id = "authpulse"', 'client_id = "a"\ntoken = { x = 1 }'), "token.x: no such member"),
        (('client_id = "authpulse"', 'client_id = "a"\ntoken = { expires_in = "soon" }'), "token.expires_in: 'soon'"),
        (("[[connection]]", "[connection]"), "write [[connection]] with two brackets"),
        (("[[connection]]", "[[connections]]"), "connections at the top is not known"),
        (('kind = "api"', "kind = "), "is not TOML"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(tmp_path: Path, change: tuple[str, str], problem: str) -> None:
    file = write(tmp_path, MINIMAL.replace(*change))
    with pytest.raises(CommandError) as refusal:
        read_declarations(file, {"CRM_SECRET": "s3cret", "EMPTY": ""})
    assert problem in str(refusal.value)
    assert str(file) in str(refusal.value)
    assert "s3cret" not in str(refusal.value)


def test_all_problems_of_all_connections_are_listed_at_once(tmp_path: Path) -> None:
    broken = MINIMAL.replace("token_url", "token") + MINIMAL + '[[connection]]\nkind = "x"\n'
    with pytest.raises(CommandError) as refusal:
        read_declarations(write(tmp_path, broken), {})
    for problem in (
        "connection api/crm: token: expected object",
        "connection api/crm: client_secret: the environment variable CRM_SECRET is not set",
        "connection api/crm: name: declared 2 times",
        "connection number 3: grant: missing",
    ):
        assert problem in str(refusal.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nowhere\.toml cannot be read: No such file"):
        read_declarations(tmp_path / "nowhere.toml", {})


def test_a_file_without_connections_declares_none(tmp_path: Path) -> None:
    assert read_declarations(write(tmp_path, ""), {}).declarations == ()
