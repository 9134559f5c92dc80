"""What the bulk answer must say, worked out from the ledger's events alone, a second time and as simply as can be."""

from typing import Any

Row = dict[str, Any]

_FAILED = {"refresh_failed_revoked", "refresh_failed_transient"}


def folded(events: list[Row]) -> list[Row]:
    """The bulk rows by the newest-event-only rule; `events` are those of the ledger, in any order."""
    newest: dict[tuple[str, str], Row] = {}
    for event in events:
        key = (event["body"]["connection_kind"], event["body"]["connection_name"])
        if key not in newest or event["version"] > newest[key]["version"]:
            newest[key] = event
    return [_row(*key, newest[key]) for key in sorted(newest) if newest[key]["event_type"] != "connection_removed"]


def _row(kind: str, name: str, event: Row) -> Row:
    state = event["body"]["state"]
    code = event["body"].get("detail", {}).get("idp_error_code") if event["event_type"] in _FAILED else None
    return {
        "kind": kind,
        "name": name,
        "has_oauth": state["has_oauth"],
        "needs_reauth": state["needs_reauth"],
        "token_acquired": state["token_acquired"],
        "refresh_failing": event["event_type"] == "refresh_failed_transient",
        **({"idp_error_code": code} if code else {}),
    }
