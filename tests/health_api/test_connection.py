"""One connection's status and history over a real process and ledger."""

from datetime import UTC, datetime
from urllib.parse import quote

import httpx
import msgspec
import pytest

from authpulse_contract.codec import to_builtins
from authpulse_contract.events import (
    ConnectionRegistered,
    ConnectionRemoved,
    ConnectionState,
    Event,
    LastRevocation,
    RefreshFailedTransient,
    RefreshSucceeded,
)
from support.events import event
from support.ledger import Api, record

STRANGE = ["a/b", "100%", "%2F", "ü ☃", "..a", "a?b#c&d", "+", "'; drop table x; --"]


async def get(api: Api, kind: str, name: str, leaf: str) -> httpx.Response:
    path = f"/api/v1/admin/connections/{quote(kind, safe='')}/{quote(name, safe='')}/{leaf}"
    async with api.client() as client:
        return await client.get(path)


async def test_the_status_has_every_member_of_the_newest_state(api: Api, kind: str) -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    state = ConnectionState(
        has_oauth=True,
        needs_reauth=False,
        token_acquired=True,
        has_refresh_token=True,
        grant="authorization_code",
        scope="read",
        expires_at=at,
        last_refreshed_at=at,
        authenticated_by="ada",
        last_revocation=LastRevocation(occurred_at=at, reason="invalid_grant"),
    )
    await record(api.ledger_url, event(connection_kind=kind), event(connection_kind=kind, version=2, state=state))
    answer = await get(api, kind, "crm", "oauth-status")
    written = "2026-01-02T03:04:05Z"
    assert answer.status_code == 200
    assert answer.json() == {
        "configured": True,
        "token_acquired": True,
        "expires_at": written,
        "refresh_expires_at": None,
        "has_refresh_token": True,
        "last_refreshed_at": written,
        "next_refresh_at": None,
        "scope": "read",
        "grant": "authorization_code",
        "idp_host": "idp.example",
        "authenticated_by": "ada",
        "authenticated_at": None,
        "needs_reauth": False,
        "last_revocation": {"occurred_at": written, "reason": "invalid_grant", "idp_host": None},
        "explanation": None,
        "next_step": None,
        "failing_since": None,
        "attempts": None,
        "next_attempt_at": None,
        "last_success_at": written,
    }


@pytest.mark.parametrize("name", STRANGE)
async def test_any_name_can_be_asked_for(api: Api, kind: str, name: str) -> None:
    await record(api.ledger_url, event(connection_kind=kind, connection_name=name))
    assert (await get(api, kind, name, "oauth-status")).status_code == 200
    events = (await get(api, kind, name, "auth-events")).json()["events"]
    assert [one["connection_name"] for one in events] == [name]


@pytest.mark.parametrize("leaf", ["oauth-status", "auth-events"])
async def test_what_was_never_registered_is_an_unknown_connection(api: Api, kind: str, leaf: str) -> None:
    async with api.client() as client:
        for name in ("nobody", "%00", "%FF"):
            answer = await client.get(f"/api/v1/admin/connections/{kind}/{name}/{leaf}")
            assert answer.status_code == 404
            assert answer.json()["type"] == "urn:authpulse:problem:unknown_connection"


async def test_without_oauth_there_is_a_history_and_no_status(api: Api, kind: str) -> None:
    plain = ConnectionState(has_oauth=False, needs_reauth=False, token_acquired=False)
    await record(api.ledger_url, event(ConnectionRegistered, connection_kind=kind, state=plain))
    answer = await get(api, kind, "crm", "oauth-status")
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:authpulse:problem:not_oauth"
    assert (await get(api, kind, "crm", "auth-events")).status_code == 200


async def test_a_removed_connection_keeps_its_history_and_has_no_status(api: Api, kind: str) -> None:
    await record(api.ledger_url, event(connection_kind=kind), event(ConnectionRemoved, connection_kind=kind, version=2))
    assert (await get(api, kind, "crm", "oauth-status")).status_code == 404
    events = (await get(api, kind, "crm", "auth-events")).json()["events"]
    assert [one["event_type"] for one in events] == ["connection_removed", "refresh_succeeded"]


async def test_the_newest_thirty_events_come_first_and_the_cursor_leads_to_the_rest(api: Api, kind: str) -> None:
    facts: list[Event] = [event(connection_kind=kind, version=version) for version in range(1, 46)]
    await record(api.ledger_url, *facts)
    first = (await get(api, kind, "crm", "auth-events")).json()
    assert first["events"] == [to_builtins(fact) for fact in reversed(facts[15:])]
    await record(api.ledger_url, event(connection_kind=kind, version=46))  # moves no page
    second = (await get(api, kind, "crm", f"auth-events?cursor={first['next_cursor']}")).json()
    assert second == {"events": [to_builtins(fact) for fact in reversed(facts[:15])]}


async def test_a_machine_can_have_the_history_in_fewer_pages(api: Api, kind: str) -> None:
    facts: list[Event] = [event(connection_kind=kind, version=version) for version in range(1, 46)]
    await record(api.ledger_url, *facts)
    first = (await get(api, kind, "crm", "auth-events?limit=40")).json()
    assert first == {"events": [to_builtins(fact) for fact in reversed(facts[5:])], "next_cursor": "6"}
    assert len((await get(api, kind, "crm", "auth-events?limit=500")).json()["events"]) == 45


async def test_history_can_be_narrowed_to_types(api: Api, kind: str) -> None:
    facts: list[Event] = [
        event((RefreshSucceeded, RefreshFailedTransient)[version % 2], connection_kind=kind, version=version)
        for version in range(1, 5)
    ]
    await record(api.ledger_url, *facts)
    answer = await get(api, kind, "crm", "auth-events?type=refresh_failed_transient&type=connect_failed")
    assert [one["version"] for one in msgspec.json.decode(answer.content)["events"]] == [3, 1]
    none = await get(api, kind, "crm", "auth-events?type=connect_failed")
    assert none.json() == {"events": []}
