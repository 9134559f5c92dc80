"""What cannot be used is refused with the member named and no value repeated."""

import httpx
import pytest

from support.ledger import BULK, Api

SESSION = "/api/v1/session"
EVENTS = "/api/v1/admin/connections/api/crm/auth-events"
STATUS = "/api/v1/admin/connections/api/crm/oauth-status"


@pytest.mark.parametrize(
    ("path", "member"),
    [
        (f"{BULK}?limit=0", "limit"),
        (f"{BULK}?limit=many", "limit"),
        (f"{BULK}?limit=100000", "limit"),
        (f"{BULK}?needs_reauth=perhaps", "needs_reauth"),
        (f"{BULK}?refresh_failing=", "refresh_failing"),
        (f"{BULK}?kind=api&kind=mcp", "kind"),
        (f"{STATUS}?as_of=2026-07-01T12:00:00Z&as_of=2026-07-02T12:00:00Z", "as_of"),
        (f"{EVENTS}?type=connect_started&limit=1&type=connect_failed&limit=2", "limit"),
        (f"{EVENTS}?cursor=x", "cursor"),
        (f"{EVENTS}?cursor=-1", "cursor"),
        (f"{EVENTS}?cursor=99999999999999999999", "cursor"),
        (f"{EVENTS}?type=nonsense", "type"),
        (f"{EVENTS}?limit=0", "limit"),
        (f"{EVENTS}?limit=501", "limit"),
    ],
)
async def test_a_bad_query_is_422_and_names_the_member(api: Api, path: str, member: str) -> None:
    async with api.client() as client:
        answer = await client.get(path)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:authpulse:problem:invalid"
    assert [fault["member"] for fault in answer.json()["errors"]] == [member]


@pytest.mark.parametrize(
    ("body", "member"),
    [
        (b"{}", "token"),
        (b'{"token": 5}', "token"),
        (b'{"token": ""}', "token"),
        (b'["s3cret"]', ""),
        (b"", ""),
    ],
)
async def test_a_bad_body_is_422_and_is_not_repeated(api: Api, body: bytes, member: str) -> None:
    answer = await post(api, body)
    assert answer.status_code == 422
    assert "s3cret" not in answer.text
    assert [fault["member"] for fault in answer.json()["errors"]] == [member]


@pytest.mark.parametrize("body", [b"s3cret", b'{"token": "s3cret\xff"}', b'{"token": "s3cret'])
async def test_a_body_that_is_not_json_is_422_and_is_not_repeated(api: Api, body: bytes) -> None:
    answer = await post(api, body)
    assert answer.status_code == 422
    assert answer.json()["detail"] == "The body is not JSON in UTF-8."
    assert "s3cret" not in answer.text


async def post(api: Api, body: bytes) -> httpx.Response:
    async with api.stranger() as client:
        return await client.post(SESSION, content=body, headers={"Content-Type": "application/json"})
