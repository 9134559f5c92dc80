"""GET /connections/oauth-health over a real process, ledger and bus."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from authpulse_contract.codec import to_builtins
from authpulse_contract.events import (
    ConnectionRegistered,
    ConnectionRemoved,
    ConnectionState,
    RefreshDetail,
    RefreshFailedRevoked,
    RefreshFailedTransient,
)
from support.events import DEAD, START, event
from support.ledger import BULK, Api, record
from support.waiting import eventually

PLAIN = ConnectionState(has_oauth=False, needs_reauth=False, token_acquired=False)
CODED = RefreshDetail(idp_error_code="invalid_grant")


async def names(client: httpx.AsyncClient, **query: Any) -> list[str]:
    answer = await client.get(BULK, params=query)
    assert answer.status_code == 200, answer.text
    return [row["name"] for row in answer.json()["connections"]]


async def test_rows_come_in_order_with_exactly_the_members_of_the_contract(api: Api, kind: str) -> None:
    await record(
        api.ledger_url,
        event(connection_kind=kind, connection_name="b"),
        event(RefreshFailedRevoked, connection_kind=kind, connection_name="a/ü", state=DEAD, detail=CODED),
        event(RefreshFailedTransient, connection_kind=kind, connection_name="Z"),
        event(ConnectionRegistered, connection_kind=kind, connection_name="plain", state=PLAIN),
        event(connection_kind=kind, connection_name="gone"),
        event(ConnectionRemoved, connection_kind=kind, connection_name="gone", version=2),
    )
    row = {"kind": kind, "has_oauth": True, "needs_reauth": False, "token_acquired": True, "refresh_failing": False}
    at = {"changed_at": to_builtins(START + timedelta(seconds=1))}
    expected: list[dict[str, object]] = [
        {**row, "name": "Z", "refresh_failing": True, **at},
        {**row, "name": "a/ü", "needs_reauth": True, "token_acquired": False, "idp_error_code": "invalid_grant", **at},
        {**row, "name": "b", **at},
        {**row, "name": "plain", "has_oauth": False, "token_acquired": False, **at},
    ]
    async with api.client() as client:

        async def seen() -> list[dict[str, object]]:
            rows: list[dict[str, object]] = (await client.get(BULK, params={"kind": kind})).json()["connections"]
            return rows

        await eventually(seen, expected)


async def test_an_unchanged_board_is_304_and_a_change_of_any_row_is_not(api: Api, kind: str) -> None:
    await record(api.ledger_url, event(connection_kind=kind))
    async with api.client() as client:
        await eventually(lambda: names(client, kind=kind), ["crm"])
        first = await client.get(BULK, params={"kind": kind})
        again = await client.get(BULK, params={"kind": kind}, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert again.headers["cache-control"] == "private, no-cache"
        assert "age" in again.headers

        await record(api.ledger_url, event(RefreshFailedRevoked, connection_kind=kind, version=2, state=DEAD))
        await eventually(lambda: names(client, kind=kind, needs_reauth=True), ["crm"])
        changed = await client.get(BULK, params={"kind": kind}, headers={"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200
    assert changed.headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"needs_reauth": "true"}, ["dead"]),
        ({"needs_reauth": "false"}, ["alive", "Failing ß"]),
        ({"refresh_failing": "true"}, ["Failing ß"]),
        ({"q": "FAILING SS"}, ["Failing ß"]),
        ({"q": "/d"}, ["dead"]),
        ({"q": "ea", "needs_reauth": "false"}, []),
    ],
)
async def test_filters_narrow_the_list(api: Api, kind: str, query: dict[str, str], expected: list[str]) -> None:
    await record(
        api.ledger_url,
        event(connection_kind=kind, connection_name="alive"),
        event(RefreshFailedRevoked, connection_kind=kind, connection_name="dead", state=DEAD),
        event(RefreshFailedTransient, connection_kind=kind, connection_name="Failing ß"),
    )
    async with api.client() as client:
        await eventually(lambda: names(client, kind=kind), ["Failing ß", "alive", "dead"])
        assert sorted(await names(client, kind=kind, **query)) == sorted(expected)


async def test_pages_follow_each_other_without_gap_or_repetition(api: Api, kind: str) -> None:
    wanted = [f"{number:03} ü/%" for number in range(25)]
    await record(api.ledger_url, *(event(connection_kind=kind, connection_name=name) for name in wanted))
    async with api.client() as client:
        await eventually(lambda: names(client, kind=kind), wanted)
        found: list[str] = []
        query: dict[str, Any] = {"kind": kind, "limit": 10}
        while True:
            page = (await client.get(BULK, params=query)).json()
            found += [row["name"] for row in page["connections"]]
            if "next_cursor" not in page:
                break
            query["cursor"] = page["next_cursor"]
    assert found == wanted


async def test_a_page_stays_where_it_was_however_the_rows_before_it_change(api: Api, kind: str) -> None:
    there = [f"c{number:02}" for number in range(20)]
    await record(api.ledger_url, *(event(connection_kind=kind, connection_name=name) for name in there))
    async with api.client() as client:
        await eventually(lambda: names(client, kind=kind), there)
        first = (await client.get(BULK, params={"kind": kind, "limit": 10})).json()
        await record(
            api.ledger_url,
            event(ConnectionRemoved, connection_kind=kind, connection_name="c03", version=2),
            event(ConnectionRemoved, connection_kind=kind, connection_name="c09", version=2),  # the cursor's own
            event(connection_kind=kind, connection_name="c00-new"),
            event(connection_kind=kind, connection_name="c15-new"),
        )
        now = sorted({*there, "c00-new", "c15-new"} - {"c03", "c09"})
        await eventually(lambda: names(client, kind=kind), now)
        rest = await names(client, kind=kind, cursor=first["next_cursor"])
    assert [row["name"] for row in first["connections"]] == there[:10]
    assert rest == sorted([*there[10:], "c15-new"]), "nothing twice, nothing left out, and what is new beyond"


async def test_head_is_answered_like_get_without_a_body(api: Api) -> None:
    async with api.client() as client:
        answer = await client.head(BULK)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["etag"]
