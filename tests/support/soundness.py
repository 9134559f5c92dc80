"""Whether a system at rest has kept its promises: nothing lost, nothing doubled, everything agrees."""

from collections import Counter

from support.fold import folded
from support.idp import Client
from support.servers import until
from support.system import System

_AT_REST = """
    select (select count(*) from vault.outbox) as waiting,
           (select count(*) from vault.due
             where attempt_id is not null or due_at < clock_timestamp() + interval '1 minute') as due"""
_VERSIONS = "select name, version from vault.connections"
_EVENTS = "select connection_name as name, count(*) as events from ledger.events group by connection_name"


def until_at_rest(system: System, *, seconds: float) -> None:
    """Until nothing is due, in flight or on its way, and the ledger has as many facts as the vault has versions.

    What an event-store took and did not live to record comes again after the acknowledgement's time, newer ones before.
    """

    def at_rest() -> bool:
        (now,) = system.query(system.vault_url, _AT_REST)
        return now["waiting"] == 0 and now["due"] == 0 and _versions_in_vault(system) == _events_in_ledger(system)

    until(at_rest, seconds=seconds, pause=0.25, what="rest")
    until(lambda: _served(system) == folded(system.events()), seconds=10, what="the fold in the bulk answer")


def check_sound(system: System) -> None:
    """No gap, no loss, no double, by our own arithmetic and by the operator's command."""
    events = system.events()
    assert len({event["body"]["event_id"] for event in events}) == len(events)
    by_name = Counter(event["body"]["connection_name"] for event in events)
    pairs = {(event["body"]["connection_name"], event["version"]) for event in events}
    known = _versions_in_vault(system)
    assert {(name, version) for name, newest in known.items() for version in range(1, newest + 1)} - pairs == set()
    assert known == dict(by_name)
    assert system.query(system.ledger_url, "select * from ledger.quarantine") == []
    verified = system.authpulse("verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def check_spent_once(system: System, name: str, client: Client) -> None:
    """A spent refresh token came again only where the ledger owns up to an answer that was lost."""
    events = [event["body"] for event in system.events(name)]
    details = [event.get("detail", {}) for event in events]
    lost = sum(detail.get("outcome") == "unknown" or detail.get("cause") == "asked_again" for detail in details)
    assert len(client.reuses) <= lost, (name, client.reuses, lost)
    # What the IdP gave and we do not have is what we say we do not know of.
    succeeded = sum(event["event_type"] == "refresh_succeeded" for event in events)
    obeyed = sum(post.obeyed for post in client.posts)
    assert succeeded <= obeyed <= succeeded + lost, (name, obeyed, succeeded, lost)


def _served(system: System) -> list[dict[str, object]]:
    return [{member: row[member] for member in row if member != "changed_at"} for row in system.bulk()]


def _versions_in_vault(system: System) -> dict[str, int]:
    return {row["name"]: row["version"] for row in system.query(system.vault_url, _VERSIONS)}


def _events_in_ledger(system: System) -> dict[str, int]:
    return {row["name"]: row["events"] for row in system.query(system.ledger_url, _EVENTS)}
