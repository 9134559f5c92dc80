"""From what came back to an attempt, or the lack of it, to the outcome to be stored."""

import random
from datetime import datetime, timedelta
from uuid import uuid4

from msgspec import Struct

from authpulse_refresher.decision.conclude import host_of
from authpulse_refresher.decision.decide import decide, heed
from authpulse_refresher.decision.grant import secrets_of
from authpulse_refresher.decision.traits import Known, traits_of
from authpulse_refresher.decision.unknown import Silence
from authpulse_refresher.model import Answer, Connection, Decision, Issued, NoAnswer, Transient, Verdict
from authpulse_refresher.refreshing.settle import Outcome
from authpulse_refresher.storage.lease import Lease
from authpulse_refresher.verdict.classify import classify


class Rules(Struct, frozen=True, kw_only=True):
    """What applies to every attempt; `hold` as in `Silence`, `keep_for` as in `decide`."""

    traits: Known
    hold: timedelta
    keep_for: timedelta


class Asked(Struct, frozen=True, kw_only=True):
    """With which lease, for which connection as it was then, and at whose wish the IdP was asked."""

    lease: Lease
    connection: Connection
    actor: str


def judge(
    asked: Asked, answer: Answer | NoAnswer | Transient, duration_ms: int | None, rules: Rules, *, now: datetime
) -> Outcome:
    """The outcome of an attempt whose answer came at `now`, after `duration_ms` in milliseconds."""
    lease, connection = asked.lease, asked.connection
    verdict = answer if isinstance(answer, Transient) else _classified(answer, connection, now)
    event_id, jitter = uuid4(), random.random()  # noqa: S311 -- spreads load
    silence = Silence(
        traits=traits_of(host_of(connection), rules.traits),
        since=lease.attempted_at if lease.abandoned else now - timedelta(milliseconds=duration_ms or 0),
        hold=rules.hold if lease.before == "silent" else timedelta(0),
    )

    def deciding(current: Connection) -> Decision:
        return decide(
            current,
            heed(verdict, connection, current),
            now=now,
            event_id=event_id,
            actor=asked.actor,
            duration_ms=duration_ms,
            jitter=jitter,
            keep_for=rules.keep_for,
            silence=silence,
        )

    return Outcome(
        lease=lease,
        connection=connection,
        event_id=event_id,
        deciding=deciding,
        issued=isinstance(verdict, Issued),
    )


def _classified(answer: Answer | NoAnswer, connection: Connection, now: datetime) -> Verdict:
    return classify(
        answer,
        idp_host=host_of(connection),
        terminal_codes=connection.oauth.terminal_codes if connection.oauth else (),
        secrets=secrets_of(connection),
        now=now,
    )
