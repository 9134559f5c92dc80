"""Commands over HTTP where nothing needs the refresher: who may give them, and which bodies are refused."""

from typing import Any

import pytest

from support.ledger import BEARER, Api

CRM = "/api/v1/admin/connections/api/crm"
SECRET = "a-secret-in-a-bad-body"
COMMANDS = [("PUT", ""), ("DELETE", ""), ("DELETE", "/token"), ("POST", "/oauth-start"), ("POST", "/reacquire-oauth")]


@pytest.mark.parametrize(("method", "path"), COMMANDS)
async def test_a_stranger_gives_no_commands(api: Api, method: str, path: str) -> None:
    async with api.stranger() as client:
        answer = await client.request(method, CRM + path, json={"grant": "none"})
    assert answer.status_code == 401


@pytest.mark.parametrize(("method", "path"), COMMANDS)
async def test_a_foreign_page_gives_no_commands_with_the_session_of_its_visitor(
    api: Api, method: str, path: str
) -> None:
    async with api.stranger() as client:
        token = BEARER["Authorization"].removeprefix("Bearer ")
        assert (await client.post("/api/v1/session", json={"token": token})).status_code == 204
        answer = await client.request(
            method, CRM + path, json={"grant": "none"}, headers={"Origin": "https://evil.example"}
        )
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "body", "member"),
    [
        ("PUT", "", {"grant": "authorization_code", "client_secret": {"env": SECRET}}, "client_secret"),
        ("PUT", "", {"grant": "authorization_code", "client_secret": {"file": SECRET}}, "client_secret"),
        ("PUT", "", {"grant": SECRET}, "grant"),
        ("PUT", "", {"grant": "none", "client_secret": SECRET}, "client_secret"),
        ("PUT", "", {"grant": "none", "client_sceret": SECRET}, ""),
        ("PUT", "", {}, "grant"),
        ("POST", "/oauth-start", {"return_to": "//evil.example"}, "return_to"),
        ("POST", "/oauth-start", {"return_to": "https://evil.example"}, "return_to"),
        ("POST", "/reconnect-link", {"valid_for": SECRET}, "valid_for"),
    ],
)
async def test_a_bad_body_is_refused_by_member_and_no_secret_repeated(
    api: Api, method: str, path: str, body: Any, member: str
) -> None:
    async with api.client() as client:
        answer = await client.request(method, CRM + path, json=body)
    assert answer.status_code == 422
    errors = answer.json().get("errors", [])
    assert member in {error["member"] for error in errors} or member == ""
    assert SECRET not in answer.text
