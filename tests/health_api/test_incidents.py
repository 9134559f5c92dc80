"""One shared cause is one incident, whatever the order in which its connections come."""

from typing import Any

from authpulse_contract.codec import to_builtins
from authpulse_contract.events import (
    ConnectionState,
    Event,
    LastRevocation,
    RefreshDetail,
    RefreshFailedRevoked,
    RefreshFailedTransient,
)
from authpulse_health_api.health.incidents import Trouble, group
from support.events import ALIVE, START, event
from support.ledger import Api, record
from support.waiting import eventually

MEMBERS = ("cause", "count", "since", "connections", "client_id")
INCIDENTS = "/api/v1/admin/connections/incidents"


def refused(name: str, code: str = "invalid_client", client: str = "ours", **members: Any) -> RefreshFailedRevoked:
    lost = LastRevocation(occurred_at=START, reason=code)
    state = ConnectionState(
        has_oauth=True, needs_reauth=True, token_acquired=False, last_revocation=lost, client_id=client
    )
    detail = RefreshDetail(idp_error_code=code)
    return event(RefreshFailedRevoked, connection_name=name, state=state, detail=detail, **members)


def down(name: str, **detail: Any) -> RefreshFailedTransient:
    return event(RefreshFailedTransient, connection_name=name, detail=RefreshDetail(**detail))


def told(*events: Event) -> list[tuple[str, str | None, str | None, list[str]]]:
    """Cause, host, client and names of each incident."""
    troubles = [Trouble(since=one.occurred_at, event=one) for one in events]
    found = group(troubles)
    assert group(reversed(troubles)) == found
    return [
        (one.cause, one.idp_host, one.client_id or None, [ref.name for ref in one.connections])
        for one in found.incidents
    ]


def test_one_rotated_secret_is_one_incident_of_its_client() -> None:
    events = [refused("b"), refused("a"), refused("c", client="other")]
    assert told(*events) == [
        ("invalid_client", "idp.example", "ours", ["a", "b"]),
        ("invalid_client", "idp.example", "other", ["c"]),
    ]


def test_a_host_that_is_down_is_one_incident_however_it_shows() -> None:
    events = [down("a", http_status=503), down("b", cause="connect"), down("c", http_status=500), down("d")]
    assert told(*events) == [("outage", "idp.example", None, ["a", "b", "c"])]


def test_one_revoked_grant_is_one_persons_business_and_several_are_an_incident() -> None:
    assert told(refused("a", "invalid_grant")) == []
    assert told(refused("a", "invalid_grant"), refused("b", "invalid_grant")) == [
        ("invalid_grant", "idp.example", "ours", ["a", "b"])
    ]


def test_what_is_well_is_no_incident() -> None:
    assert told(event(state=ALIVE)) == []


async def test_the_incidents_of_the_ledger_are_served_and_go_when_they_are_over(api: Api, kind: str) -> None:
    host = f"{kind}.example"
    at = {"connection_kind": kind, "idp_host": host}
    failing = [
        event(
            RefreshFailedTransient, connection_name=name, version=version, detail=RefreshDetail(http_status=503), **at
        )
        for name in "ab"
        for version in (1, 2)
    ]
    await record(api.ledger_url, *failing, refused("c", connection_kind=kind, idp_host=host))

    async def seen() -> list[dict[str, Any]]:
        async with api.client() as client:
            incidents: list[dict[str, Any]] = (await client.get(INCIDENTS)).json()["incidents"]
        return [{member: one.get(member) for member in MEMBERS} for one in incidents if one["idp_host"] == host]

    first = to_builtins(failing[0].occurred_at)
    outage = {"cause": "outage", "count": 2, "since": first, "client_id": None}
    client = {"cause": "invalid_client", "count": 1, "since": to_builtins(START), "client_id": "ours"}
    await eventually(
        seen,
        [
            {**outage, "connections": [{"kind": kind, "name": name} for name in "ab"]},
            {**client, "connections": [{"kind": kind, "name": "c"}]},
        ],
    )
    await record(api.ledger_url, *(event(connection_name=name, version=3, **at) for name in "ab"))
    await eventually(seen, [{**client, "connections": [{"kind": kind, "name": "c"}]}])
