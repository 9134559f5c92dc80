"""Who is let in, and what a page from elsewhere cannot do."""

import httpx
import pytest

from support.ledger import ADMIN_TOKEN, BULK, Api

SESSION = "/api/v1/session"


def problem(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["type"]).removeprefix("urn:authpulse:problem:")


@pytest.mark.parametrize("path", [BULK, "/api/v1/admin/connections/a/b/oauth-status"])
async def test_without_a_token_there_is_nothing(api: Api, path: str) -> None:
    async with api.stranger() as client:
        answer = await client.get(path)
    assert (answer.status_code, problem(answer)) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "authorization", ["Bearer", "Bearer wrong", "Bearer ü", f"Basic {ADMIN_TOKEN}", f"{ADMIN_TOKEN}"]
)
async def test_a_wrong_token_is_401_and_not_repeated(api: Api, authorization: str) -> None:
    async with api.stranger() as client:
        answer = await client.get(BULK, headers={b"Authorization": authorization.encode()})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "wrong" not in answer.text.replace("wrong_token", "")


async def test_a_browser_signs_in_once_and_out_again(api: Api) -> None:
    async with api.stranger() as browser:
        signed_in = await browser.post(SESSION, json={"token": ADMIN_TOKEN}, headers={"Origin": api.url})
        assert signed_in.status_code == 204
        cookie = signed_in.headers["set-cookie"]
        assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
        assert ADMIN_TOKEN not in cookie
        assert (await browser.get(BULK)).status_code == 200
        assert (await browser.delete(SESSION, headers={"Origin": api.url})).status_code == 204
        assert (await browser.get(BULK)).status_code == 401


async def test_a_wrong_token_makes_no_session(api: Api) -> None:
    async with api.stranger() as browser:
        answer = await browser.post(SESSION, json={"token": "guess"})
    assert (answer.status_code, problem(answer)) == (401, "wrong_token")
    assert "set-cookie" not in answer.headers
    assert "guess" not in answer.text


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
async def test_a_page_from_elsewhere_can_neither_sign_in_nor_out(api: Api, origin: str) -> None:
    async with api.stranger() as browser:
        for answer in (
            await browser.post(SESSION, json={"token": ADMIN_TOKEN}, headers={"Origin": origin}),
            await browser.delete(SESSION, headers={"Origin": origin}),
        ):
            assert (answer.status_code, problem(answer)) == (403, "foreign_origin")


async def test_a_forged_session_is_no_session(api: Api) -> None:
    async with api.stranger() as browser:
        for forged in ("", ".", "9999999999.00", "9999999999", "x.y"):
            answer = await browser.get(BULK, headers={"Cookie": f"authpulse_session={forged}"})
            assert answer.status_code == 401


async def test_errors_of_the_routing_are_problems_too(api: Api) -> None:
    async with api.client() as client:
        assert problem(await client.get("/nowhere")) == "unknown_path"
        assert problem(await client.get("/assets/../main.py")) == "unknown_path"
        assert problem(await client.get("/assets/%2e%2e/index.html")) == "unknown_path"
        refused = await client.post(BULK)
        assert (refused.status_code, problem(refused)) == (405, "method_not_allowed")
        assert "GET" in refused.headers["allow"]
        large = await client.post(SESSION, content=b" " * 100_000, headers={"Content-Type": "application/json"})
        assert (large.status_code, problem(large)) == (413, "too_large")


@pytest.mark.parametrize("path", ["/", "/assets/console.js", BULK, "/nowhere", "/healthz", "/openapi.json"])
async def test_every_answer_has_the_security_headers(api: Api, path: str) -> None:
    async with api.client() as client:
        headers = (await client.get(path)).headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "no-" in headers["cache-control"]
