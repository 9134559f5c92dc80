"""Which declarations are refused, and under which member."""

import pytest
from msgspec import structs

from authpulse_contract.connections import BroughtToken, Declaration, OAuthConfig
from authpulse_contract.secret import Secret
from authpulse_contract.validate import LONGEST, Problem, problems

CONFIG = OAuthConfig(grant="authorization_code", token_url="https://idp.example/token", client_id="authpulse")
CRM = Declaration(kind="api", name="crm", oauth=CONFIG, client_secret=Secret("s"))
JWT = structs.replace(CONFIG, client_auth="private_key_jwt")
SIGNING = Declaration(kind="api", name="crm", oauth=JWT, client_key=Secret("-----BEGIN PRIVATE KEY-----"))


def configured(**members: object) -> Declaration:
    return structs.replace(CRM, oauth=structs.replace(CONFIG, **members))


def brought(grant: str = "authorization_code", **members: object) -> Declaration:
    token = structs.replace(BroughtToken(refresh_token=Secret("rt")), **members)
    return structs.replace(configured(grant=grant), token=token)


@pytest.mark.parametrize(
    "declaration",
    [
        CRM,
        Declaration(kind="api", name="plain"),
        structs.replace(CRM, kind="k" * 128, name="ключ/№ 1.2~*>"),
        configured(token_url="http://127.0.0.1:8080/token", authorization_url="http://localhost/auth"),
        configured(token_url="http://[::1]:1/t", authorization_url="http://idp.localhost/?a=b"),
        configured(token_url="http://idp.example/token", allow_http=True),
        structs.replace(configured(client_auth="none"), client_secret=None),
        configured(
            client_id="x" * 2000, ca_file="/etc/ssl/ca.pem", client_cert_file="/c.pem", client_key_file="/k.pem"
        ),
        structs.replace(SIGNING, oauth=structs.replace(JWT, client_key_id="k1", client_key_alg="PS256")),
        structs.replace(SIGNING, oauth=structs.replace(JWT, client_assertion_audience="https://idp.example/")),
        structs.replace(
            configured(client_auth="none", grant="client_credentials", client_cert_file="/c.pem"), client_secret=None
        ),
        configured(resource=("https://api.example/", "urn:b")),
        configured(scopes=("a",) * 200, terminal_codes=("c" * 200,) * 50, refresh_max_lifetime=1.0),
        configured(default_lifetime=LONGEST, refresh_max_lifetime=LONGEST, token_params={"audience": "x y"}),
        configured(authorization_params={str(number): "x" for number in range(50)}),
        brought(),
        brought(refresh_token=None, access_token=Secret("at"), expires_in=0.0, refresh_expires_in=LONGEST),
        brought(grant="client_credentials", refresh_token=None, access_token=Secret("at")),
    ],
)
def test_a_sound_declaration_has_no_problems(declaration: Declaration) -> None:
    assert problems(declaration) == []


@pytest.mark.parametrize(
    ("declaration", "members"),
    [
        (structs.replace(CRM, kind=""), ["kind"]),
        (structs.replace(CRM, name="n" * 129), ["name"]),
        (structs.replace(CRM, name=" crm"), ["name"]),
        (structs.replace(CRM, name="c\nrm"), ["name"]),
        (structs.replace(CRM, name="c\u2028rm"), ["name"]),
        (structs.replace(CRM, name="c\ud800rm"), ["name"]),
        (structs.replace(CRM, kind=".", name=".."), ["kind", "name"]),
        (structs.replace(CRM, oauth=None), ["client_secret"]),
        (structs.replace(brought(), oauth=None, client_secret=None), ["token"]),
        (structs.replace(CRM, client_secret=None), ["client_secret"]),
        (structs.replace(CRM, client_secret=Secret("")), ["client_secret"]),
        (configured(client_auth="none"), ["client_secret"]),
        (structs.replace(SIGNING, client_key=None), ["client_key"]),
        (structs.replace(SIGNING, client_key=Secret("")), ["client_key"]),
        (structs.replace(SIGNING, client_secret=Secret("s")), ["client_secret"]),
        (structs.replace(CRM, client_key=Secret("k")), ["client_key"]),
        (structs.replace(CRM, client_key=Secret("k"), client_secret=None, oauth=None), ["client_key"]),
        (configured(client_key_id="k"), ["client_key_id"]),
        (configured(client_key_alg="RS256"), ["client_key_alg"]),
        (configured(client_assertion_audience="a"), ["client_assertion_audience"]),
        (configured(client_key_file="/k.pem"), ["client_key_file"]),
        (configured(client_key_file="k.pem", client_cert_file="c.pem"), ["client_cert_file", "client_key_file"]),
        (configured(resource=("https://api.example/#x",)), ["resource"]),
        (configured(resource=("",)), ["resource"]),
        (
            structs.replace(configured(client_auth="none", grant="client_credentials"), client_secret=None),
            ["client_auth"],
        ),
        (configured(client_id=""), ["client_id"]),
        (configured(client_id="x" * 2001), ["client_id"]),
        (configured(client_id="x\x00"), ["client_id"]),
        (configured(scopes=("a",) * 201), ["scopes"]),
        (configured(scopes=("a b",)), ["scopes"]),
        (configured(scopes=("",)), ["scopes"]),
        (configured(terminal_codes=("c",) * 51), ["terminal_codes"]),
        (configured(terminal_codes=("c" * 201,)), ["terminal_codes"]),
        (configured(terminal_codes=(" c",)), ["terminal_codes"]),
        (configured(terminal_codes=("",)), ["terminal_codes"]),
        (configured(token_params={"grant_type": "x", "code": "y"}), ["token_params.code", "token_params.grant_type"]),
        (configured(authorization_params={"state": "x"}), ["authorization_params.state"]),
        (configured(authorization_params={"": "x"}), ["authorization_params"]),
        (configured(token_params={str(number): "x" for number in range(51)}), ["token_params"]),
        (configured(ca_file="ca.pem"), ["ca_file"]),
        (configured(ca_file="/ca\x00"), ["ca_file"]),
        (configured(refresh_max_lifetime=0.5), ["refresh_max_lifetime"]),
        (configured(default_lifetime=0.0), ["default_lifetime"]),
        (configured(default_lifetime=float("inf")), ["default_lifetime"]),
        (configured(default_lifetime=float("nan")), ["default_lifetime"]),
        (configured(default_lifetime=LONGEST + 1), ["default_lifetime"]),
        (brought(refresh_token=None), ["token"]),
        (brought(refresh_token=Secret("")), ["token.refresh_token"]),
        (brought(access_token=Secret("a b")), ["token.access_token"]),
        (brought(access_token=Secret("a\n")), ["token.access_token"]),
        (brought(grant="client_credentials"), ["token.refresh_token"]),
        (brought(expires_in=-1.0), ["token.expires_in"]),
        (brought(refresh_expires_in=LONGEST * 2), ["token.refresh_expires_in"]),
    ],
)
def test_a_fault_is_named_by_its_member(declaration: Declaration, members: list[str]) -> None:
    assert [problem.member for problem in problems(declaration)] == members


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("idp.example/token", "must be an absolute https URL"),
        ("ftp://idp.example/token", "must be an absolute https URL"),
        ("https:///token", "must be an absolute https URL"),
        ("https://idp.example:0/token", "must be an absolute https URL"),
        ("https://idp.example:99999/token", "must be a URL with a valid host and port"),
        ("https://[::1/token", "must be a URL with a valid host and port"),
        ("https://user@idp.example/token", "must not hold a user name, a password or a fragment"),
        ("https://:pw@idp.example/token", "must not hold a user name, a password or a fragment"),
        ("https://idp.example/token#", "must not hold a user name, a password or a fragment"),
        ("https://idp.example/to ken", "must be a URL of printable ASCII characters"),
        ("https://idp.example\\@evil.example/", "must be a URL of printable ASCII characters"),
        ("https://ídp.example/", "must be a URL of printable ASCII characters"),
        ("https://idp.example/\n", "must be a URL of printable ASCII characters"),
    ],
)
def test_an_endpoint_that_is_no_https_url_is_refused_with_the_reason(url: str, message: str) -> None:
    assert problems(configured(token_url=url)) == [Problem(member="token_url", detail=message)]
    assert problems(configured(authorization_url=url)) == [Problem(member="authorization_url", detail=message)]


@pytest.mark.parametrize("host", ["idp.example", "10.0.0.1", "localhost.evil.example", "128.0.0.1", "notlocalhost"])
def test_plain_http_is_refused_beyond_this_machine(host: str) -> None:
    message = "must be https: plain http is for loopback hosts only, unless allow_http is true"
    expected = [Problem(member="token_url", detail=message)]
    assert problems(configured(token_url=f"http://{host}/token")) == expected


def test_a_problem_never_repeats_a_secret() -> None:
    declaration = brought(refresh_token=Secret("rt secret"), access_token=Secret("at\nsecret"))
    assert not any("secret" in problem.detail for problem in problems(declaration))
