"""Groups connections that are in trouble for one shared cause into one incident. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from hashlib import blake2b
from typing import Final

from msgspec import UNSET, Struct, UnsetType

from authpulse_contract.codec import to_json
from authpulse_contract.events import Event
from authpulse_health_api.health.explain import Why, explain

LISTED: Final = 1000
"""Connections named in one incident at most; `count` counts them all."""
_SEVERAL: Final = 2
"""Grants lost at one client from which on that is more than one person's business."""


class Ref(Struct, frozen=True, kw_only=True, order=True):
    """What names a connection."""

    kind: str
    name: str


class Incident(Struct, frozen=True, kw_only=True):
    """One cause and whom it hits. `id` stays as long as the cause does; `client_id` where it is about one client."""

    id: str
    cause: str
    title: str
    explanation: str
    next_step: str
    idp_host: str | None
    client_id: str | UnsetType = UNSET
    count: int
    since: datetime
    connections: list[Ref]


class Incidents(Struct, frozen=True, kw_only=True):
    """The largest first."""

    incidents: list[Incident]


class Trouble(Struct, frozen=True, kw_only=True):
    """A connection in trouble `since` then, and its newest event."""

    since: datetime
    event: Event


Shared = tuple[str | None, str | None, str]
"""What all connections of an incident have in common: the IdP's host, the client and the cause by its title; a host
that is down shows in several ways, so where it is about the host, client and title are empty."""


def group(troubles: Iterable[Trouble]) -> Incidents:
    """The incidents among `troubles`, in whichever order they come."""
    hit: dict[Shared, list[tuple[Why, Trouble]]] = defaultdict(list)
    for trouble in troubles:
        why = explain(trouble.event)
        if why is not None:
            hit[_shared(why, trouble.event)].append((why, trouble))
    found = [_incident(shared, those) for shared, those in hit.items() if _is_one(those)]
    return Incidents(incidents=sorted(found, key=lambda one: (-one.count, one.since, one.id)))


def _shared(why: Why, event: Event) -> Shared:
    return (event.idp_host, None, "") if why.about == "host" else (event.idp_host, event.state.client_id, why.title)


def _is_one(those: list[tuple[Why, Trouble]]) -> bool:
    return those[0][0].about != "grant" or len(those) >= _SEVERAL


def _incident(shared: Shared, those: list[tuple[Why, Trouble]]) -> Incident:
    idp_host, client_id, _ = shared
    # By number, then by name, so that the order in which they come makes no difference.
    why = max(Counter(why for why, _ in those).items(), key=lambda counted: (counted[1], counted[0].explanation))[0]
    refs = sorted(Ref(kind=one.event.connection_kind, name=one.event.connection_name) for _, one in those)
    return Incident(
        id=blake2b(to_json(shared), digest_size=8).hexdigest(),
        cause=why.cause,
        title=why.title,
        explanation=why.explanation,
        next_step=why.next_step,
        idp_host=idp_host,
        client_id=client_id or UNSET,
        count=len(refs),
        since=min(one.since for _, one in those),
        connections=refs[:LISTED],
    )
