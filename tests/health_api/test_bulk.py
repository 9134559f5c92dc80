"""GET /connections/oauth-health over a real process, ledger and bus."""

from authpulse_contract.events import (
    ConnectionRegistered,
    ConnectionRemoved,
    ConnectionState,
    RefreshDetail,
    RefreshFailedRevoked,
    RefreshFailedTransient,
)
from support.events import DEAD, event
from support.ledger import BULK, Api, record
from support.waiting import eventually


async def test_an_empty_ledger_is_an_empty_list(api: Api) -> None:
    async with api.client() as client:
        answer = await client.get(BULK)
    assert answer.status_code == 200
    assert answer.content == b'{"connections":[]}'
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["age"] in {"0", "1"}


async def test_rows_come_in_order_with_exactly_the_members_of_the_contract(api: Api, ledger_url: str) -> None:
    code = RefreshDetail(idp_error_code="invalid_grant")
    await record(
        ledger_url,
        event(connection_name="b"),
        event(RefreshFailedRevoked, connection_name="a/ü", state=DEAD, detail=code),
        event(RefreshFailedTransient, connection_kind="Z", connection_name="c"),
        event(
            ConnectionRegistered,
            connection_name="plain",
            state=ConnectionState(has_oauth=False, needs_reauth=False, token_acquired=False),
        ),
        event(connection_name="gone"),
        event(ConnectionRemoved, connection_name="gone", version=2),
    )
    row = {"has_oauth": True, "needs_reauth": False, "token_acquired": True, "refresh_failing": False}
    at = {"changed_at": "2026-01-02T03:04:06Z"}
    expected: list[dict[str, object]] = [
        {"kind": "Z", "name": "c", **row, "refresh_failing": True, **at},
        {"kind": "api", "name": "a/ü", **row, "needs_reauth": True, "token_acquired": False, **at}
        | {"idp_error_code": "invalid_grant"},
        {"kind": "api", "name": "b", **row, **at},
        {"kind": "api", "name": "plain", **row, "has_oauth": False, "token_acquired": False, **at},
    ]
    async with api.client() as client:

        async def seen() -> list[dict[str, object]]:
            rows: list[dict[str, object]] = (await client.get(BULK)).json()["connections"]
            return rows

        await eventually(seen, expected)
