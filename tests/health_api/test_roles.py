"""API keys and tokens of an OIDC issuer: who they let in, as whom, and what 401, 403 and 429 mean."""

import asyncio
import base64
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count

import httpx
import jwt
import pytest
from litestar.connection import ASGIConnection
from litestar.handlers import HTTPRouteHandler

from authpulse_health_api.admission.door import Connection
from authpulse_health_api.admission.guard import admin_only
from authpulse_health_api.admission.keys import line
from authpulse_health_api.admission.principal import Principal, Role
from authpulse_health_api.problems import Problem, Slug
from support.issuer import Issuer, running_issuer
from support.ledger import ADMIN_TOKEN, BULK, Api, running_api
from support.servers import NatsServer
from support.stream import reading

SESSION = "/api/v1/session"
VIEWER, ADMIN = "apk_viewer", "apk_admin"
_addresses = (f"192.0.2.{number}" for number in count(1))


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with running_issuer() as running:
        yield running


@pytest.fixture(scope="module")
def guarded(
    tmp_path_factory: pytest.TempPathFactory,
    new_database: Callable[[str | None], str],
    nats_process: NatsServer,
    issuer: Issuer,
) -> Iterator[Api]:
    """Lets in keys and the issuer's tokens, and takes a client's address from the proxy that each test pretends."""
    settings = {
        "AUTHPULSE_API_KEYS": f"{line('ci', 'viewer', VIEWER)},{line('ops', 'admin', ADMIN)}",
        "AUTHPULSE_OIDC_ISSUER": issuer.url,
        "AUTHPULSE_OIDC_AUDIENCE": "authpulse",
        "AUTHPULSE_FAILED_SIGN_INS": "5",
        "AUTHPULSE_PROXIES": "1",
        "AUTHPULSE_LOG_LEVEL": "ERROR",
    }
    folder = tmp_path_factory.mktemp("guarded")
    with running_api(folder, new_database("authpulse_event_store"), nats_process.url, **settings) as running:
        yield running


@pytest.fixture
def client(guarded: Api) -> Iterator[httpx.Client]:
    """Somebody at an address of their own."""
    with httpx.Client(base_url=guarded.url, headers={"X-Forwarded-For": f"1.1.1.1, {next(_addresses)}"}) as stranger:
        yield stranger


def bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def slug(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json()["type"]).removeprefix("urn:authpulse:problem:")


@pytest.mark.parametrize(
    ("token", "name", "role"),
    [(ADMIN_TOKEN, "admin", "admin"), (VIEWER, "key:ci", "viewer"), (ADMIN, "key:ops", "admin")],
)
def test_each_token_names_its_bearer_also_in_a_session(client: httpx.Client, token: str, name: str, role: str) -> None:
    assert client.get(SESSION, headers=bearing(token)).json() == {"name": name, "role": role}
    assert client.post(SESSION, json={"token": token}).status_code == 204
    assert client.get(SESSION).json() == {"name": name, "role": role}
    assert client.get(BULK).status_code == 200


def test_a_token_of_the_issuer_is_good_while_it_lasts(client: httpx.Client, issuer: Issuer) -> None:
    assert client.get(SESSION, headers=bearing(issuer.token())).json() == {"name": "oidc:ada", "role": "admin"}
    looking = issuer.token(roles=["authpulse-viewer", "else"], sub="\u202eeve")
    assert client.get(SESSION, headers=bearing(looking)).json() == {"name": "oidc:eve", "role": "viewer"}
    signed_in = client.post(SESSION, json={"token": issuer.token(life=60)})
    life = int(re.findall(r"Max-Age=(\d+)", signed_in.headers["set-cookie"])[0])
    assert 50 <= life <= 60


async def test_a_stream_ends_with_the_token_that_opened_it(guarded: Api, issuer: Issuer) -> None:
    async with reading(guarded, headers=bearing(issuer.token(life=1))) as reader:
        assert reader.status == 200
        async with asyncio.timeout(15):
            await reader.read()
        assert reader.events[0][0] == "snapshot"


def test_who_has_no_role_is_known_and_not_let_in(client: httpx.Client, issuer: Issuer) -> None:
    for _ in range(10):
        assert slug(client.get(BULK, headers=bearing(issuer.token(roles=["else"])))) == (403, "no_role")


def hmac_signed(issuer: Issuer) -> str:
    """The issuer's public key taken for a shared secret, the classic."""
    return jwt.encode({"iss": issuer.url, "aud": "authpulse", "sub": "eve", "exp": time.time() + 60}, "k" * 32, "HS256")


def unsigned(issuer: Issuer) -> str:
    header, body, _ = issuer.token().split(".")
    none = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).rstrip(b"=").decode()
    assert header != none
    return f"{none}.{body}."


@pytest.mark.parametrize(
    "forge",
    [
        lambda issuer: issuer.token(life=-60),
        lambda issuer: issuer.token(exp=None),
        lambda issuer: issuer.token(aud="somebody-else"),
        lambda issuer: issuer.token(aud=None),
        lambda issuer: issuer.token(iss="https://evil.example"),
        lambda issuer: issuer.token()[:-4] + "AAAA",
        lambda _: "a.b.c",
        hmac_signed,
        unsigned,
    ],
)
def test_a_token_that_is_not_good_is_401(client: httpx.Client, issuer: Issuer, forge: Callable[[Issuer], str]) -> None:
    answer = client.get(BULK, headers=bearing(forge(issuer)))
    assert slug(answer) == (401, "wrong_token")
    assert "invalid_token" in answer.headers["www-authenticate"]


def test_guessing_is_slowed_down_for_the_guesser_only(client: httpx.Client, guarded: Api) -> None:
    for _ in range(5):
        assert slug(client.get(BULK, headers=bearing("guess"))) == (401, "wrong_token")
    held = client.post(SESSION, json={"token": ADMIN_TOKEN})
    assert slug(held) == (429, "too_many_failures"), "else the guesser would learn which guess was right"
    assert 1 <= int(held.headers["retry-after"]) <= 12
    with httpx.Client(base_url=guarded.url, headers={"X-Forwarded-For": f"192.0.2.1, {next(_addresses)}"}) as other:
        assert other.get(BULK, headers=bearing(VIEWER)).status_code == 200


def test_the_audit_names_the_actor_whatever_the_level_of_the_log(client: httpx.Client, guarded: Api) -> None:
    client.post(SESSION, json={"token": ADMIN})
    lines = [json.loads(one) for one in guarded.process.log.read_text().splitlines() if '"command"' in one]
    told = {"actor": "key:ops", "role": "admin", "method": "POST", "path": SESSION, "status": 204}
    assert told.items() <= lines[-1].items()
    assert ADMIN not in guarded.process.log.read_text()


async def test_a_viewer_may_not_command_and_an_admin_may() -> None:
    def asked_by(role: Role) -> Connection:
        return ASGIConnection({"type": "http", "user": Principal(name="x", role=role)})  # type: ignore[arg-type]

    handler = HTTPRouteHandler("/command", http_method="POST")
    await admin_only(asked_by("admin"), handler)
    with pytest.raises(Problem) as refusal:
        await admin_only(asked_by("viewer"), handler)
    assert refusal.value.slug is Slug.VIEWER


def test_the_command_makes_a_key_and_the_line_to_keep() -> None:
    made = subprocess.run(
        [sys.executable, "-m", "authpulse_health_api.new_key", "--name", "ci", "--role", "viewer"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    key, kept = (told.split(" ")[-1] for told in made.splitlines())
    assert kept == line("ci", "viewer", key)
