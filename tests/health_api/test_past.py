"""What health was at some time, told by the same fold as what it is now."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from authpulse_contract.codec import to_builtins
from authpulse_contract.events import (
    ConnectionRemoved,
    Event,
    RefreshDetail,
    RefreshFailedRevoked,
    RefreshFailedTransient,
    RefreshSucceeded,
)
from support.events import DEAD, EVENT_TYPES, START, event
from support.ledger import BULK, Api, record
from support.waiting import eventually

CODED = RefreshDetail(idp_error_code="invalid_grant")


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


async def get(api: Api, path: str, **query: Any) -> httpx.Response:
    async with api.client() as client:
        return await client.get(path, params=to_builtins(query))


async def test_bulk_status_and_history_say_how_it_was(api: Api, kind: str) -> None:
    of = {"connection_kind": kind}
    await record(
        api.ledger_url,
        event(**of, version=1),
        event(RefreshFailedTransient, **of, version=2, detail=RefreshDetail(http_status=503, attempt=1)),
        event(RefreshFailedTransient, **of, version=3, detail=RefreshDetail(http_status=503, attempt=2)),
        event(RefreshFailedRevoked, **of, version=4, state=DEAD, detail=CODED),
        event(ConnectionRemoved, **of, version=5, state=DEAD),
    )

    async def row(seconds: float) -> dict[str, Any] | None:
        rows = (await get(api, BULK, kind=kind, as_of=at(seconds))).json()["connections"]
        return rows[0] if rows else None

    assert await row(0.5) is None
    assert (await row(1) or {})["refresh_failing"] is False
    assert (await row(3.5) or {})["refresh_failing"] is True
    assert (await row(4) or {})["idp_error_code"] == "invalid_grant"
    assert await row(5) is None

    path = f"/api/v1/admin/connections/{kind}/crm"
    failing = (await get(api, f"{path}/oauth-status", as_of=at(3))).json()
    assert failing["explanation"] == "The IdP fails with HTTP 503. The token is kept."
    assert (failing["failing_since"], failing["attempts"]) == (to_builtins(at(2)), 2)
    assert (await get(api, f"{path}/oauth-status", as_of=at(5))).status_code == 404
    events = (await get(api, f"{path}/auth-events", as_of=at(3))).json()["events"]
    assert [one["version"] for one in events] == [3, 2, 1]


async def test_now_is_the_latest_past(api: Api, kind: str) -> None:
    """Each type of event as the newest: the fold in SQL and the event-store's agree."""
    details: dict[type[Event], dict[str, Any]] = {
        one: {"detail": CODED} for one in (RefreshFailedRevoked, RefreshFailedTransient, RefreshSucceeded)
    }
    newest = [
        event(one, connection_kind=kind, connection_name=one.__name__, version=2, **details.get(one, {}))
        for one in EVENT_TYPES
    ]
    await record(api.ledger_url, *(event(connection_kind=kind, connection_name=one.__name__) for one in EVENT_TYPES))
    await record(api.ledger_url, *newest)

    async def same() -> bool:
        now = await get(api, BULK, kind=kind)
        then = await get(api, BULK, kind=kind, as_of=at(10))
        assert len(then.json()["connections"]) == len(EVENT_TYPES) - 1
        return (now.content, now.headers["etag"]) == (then.content, then.headers["etag"])

    await eventually(same, True)


@pytest.mark.parametrize(
    "as_of", ["yesterday", "2026-07-01", "2026-07-01T00:00:00", "2026-02-30T00:00:00Z", "1751371200", ""]
)
async def test_what_is_no_time_is_refused(api: Api, as_of: str) -> None:
    answer = await get(api, BULK, as_of=as_of)
    assert answer.status_code == 422
    assert [fault["member"] for fault in answer.json()["errors"]] == ["as_of"]
