from support.operator import Up
from support.servers import until

FATES = {
    ("client-secret-changed", "refresh_failed_revoked", "invalid_client"),
    ("grant-revoked", "refresh_failed_revoked", "invalid_grant"),
    ("idp-outage", "refresh_failed_transient", None),
    ("idp-throttling", "refresh_failed_transient", "slow_down"),
    ("no-refresh-token", "refresh_skipped_no_token", None),
    ("healthy-rotating", "refresh_succeeded", None),
    ("healthy-machine", "refresh_succeeded", None),
}


def fates(up: Up) -> set[tuple[str, str, str | None]]:
    return {
        (event["connection_name"], event["event_type"], event["detail"].get("idp_error_code"))
        for event in up.events()
        if event["connection_kind"] == "demo" and "detail" in event
    }


def recovered(up: Up) -> bool:
    types = [event["event_type"] for event in up.events("demo/idp-outage")]
    return "refresh_succeeded" in types[types.index("refresh_failed_transient") :]


def test_a_newcomer_sees_connections_die_for_different_reasons_and_one_recover(up: Up) -> None:
    until(lambda: fates(up) >= FATES, seconds=60, what="all fates")
    until(lambda: recovered(up), seconds=60, what="the end of the outage")
    health = up.health()
    assert health["demo/no-oauth"]["has_oauth"] is False
    assert health["demo/never-connected"]["needs_reauth"] is True
    assert health["demo/client-secret-changed"]["idp_error_code"] == "invalid_client"
    assert health["demo/healthy-rotating"]["needs_reauth"] is False
