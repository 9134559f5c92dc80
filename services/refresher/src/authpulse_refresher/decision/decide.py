"""From a connection and a verdict to the row to store and the one event that says so."""

from datetime import datetime, timedelta
from typing import Final, assert_never
from uuid import UUID

from msgspec import structs

from authpulse_contract.events import (
    Event,
    LastRevocation,
    RefreshDetail,
    RefreshFailedRevoked,
    RefreshFailedTransient,
    RefreshSkippedExpired,
    RefreshSkippedNoToken,
    RefreshSucceeded,
)
from authpulse_refresher.decision.conclude import conclude, host_of, lose_grant
from authpulse_refresher.decision.grant import grant_of, store_issued
from authpulse_refresher.decision.keeping import keep_aside
from authpulse_refresher.decision.schedule import next_due, retry_due
from authpulse_refresher.decision.unknown import JUST_NOW, Silence, next_try
from authpulse_refresher.model import (
    Connection,
    Decision,
    Issued,
    SkipReason,
    Terminal,
    Tokens,
    Transient,
    Verdict,
)

LOST_ROTATION: Final = "lost_rotation"
"""The grant was refused after an attempt whose outcome nobody saw: our loss of an answer, not the user's revocation."""

ASKED_AGAIN: Final = "asked_again"
"""The answer was lost, and what it held was had again while the IdP took the spent token."""

RECOVERED: Final = "recovered"
"""The grant was kept aside while its client was refused, and works again: nobody had to sign in."""


def decide(  # noqa: PLR0913 -- time, randomness and ids are arguments, by keyword
    connection: Connection,
    verdict: Verdict,
    *,
    now: datetime,
    event_id: UUID,
    actor: str,
    duration_ms: int | None,
    jitter: float,
    keep_for: timedelta = timedelta(0),
    silence: Silence = JUST_NOW,
) -> Decision:
    """What follows from the IdP's answer; `duration_ms` is the call alone, `jitter` lies in [0, 1).

    `keep_for`: how long the refresh token of a refused client is kept aside; zero: not at all. `silence` counts where
    the outcome is unknown.
    """
    attempt = connection.attempt + 1
    match verdict:
        case Issued():
            after = _succeed(connection, verdict, now=now, jitter=jitter)
            detail = RefreshDetail(
                rotated_refresh=_rotated(connection, after),
                http_status=verdict.http_status,
                cause=_notable(connection, verdict),
            )
            kind: type[Event] = RefreshSucceeded
        case Transient():
            after = _fail(connection, verdict, silence, now=now, jitter=jitter)
            detail = RefreshDetail(
                idp_error_code=verdict.code,
                http_status=verdict.http_status,
                error_class="transient",
                outcome="unknown" if verdict.outcome_unknown else "known",
                cause=verdict.cause,
                next_attempt_at=after.due_at,
            )
            kind = RefreshFailedTransient
        case Terminal():
            reason = LastRevocation(
                occurred_at=now, reason=verdict.code or "refresh_failed_revoked", idp_host=host_of(connection)
            )
            kept = keep_aside(connection, verdict, now=now, span=keep_for)
            lost = lose_grant(connection, reason, outcome_unknown=connection.outcome_unknown)
            after = structs.replace(lost, kept=kept)
            detail = RefreshDetail(
                token_deleted=connection.tokens is not None,
                kept_until=kept.until if kept else None,
                idp_error_code=verdict.code,
                http_status=verdict.http_status,
                error_class="revoked",
                outcome="known",
                cause=LOST_ROTATION if connection.outcome_unknown and verdict.dead_grant else None,
            )
            kind = RefreshFailedRevoked
        case _:
            assert_never(verdict)
    detail = structs.replace(_told(detail, connection, after), duration_ms=duration_ms, attempt=attempt)
    return conclude(kind, after, detail, now=now, event_id=event_id, actor=actor)


def heed(verdict: Verdict, asked: Connection, current: Connection) -> Verdict:
    """`verdict`, unless it refuses a client that has been configured anew since it was `asked`: then try again.

    Else a refusal of the old secret, still under way, would take the tokens from the connection just mended.
    """
    if not isinstance(verdict, Terminal):
        return verdict
    if (asked.oauth, asked.client_secret) == (current.oauth, current.client_secret):
        return verdict
    return Transient(code=verdict.code, http_status=verdict.http_status, cause="reconfigured")


def skip_reason(connection: Connection, now: datetime) -> SkipReason | None:
    """Why the IdP need not be asked, or None: ask it. Only the two verdicts that need no IdP are taken here."""
    tokens = grant_of(connection)
    if connection.oauth is None or connection.oauth.grant == "client_credentials":
        return None
    if tokens is None:
        # Kept aside while the client was put right, and not any more.
        return "no_token" if connection.configured else None
    if tokens.refresh_token is None:
        run_out = tokens.access_token is None or (tokens.expires_at is not None and tokens.expires_at <= now)
        return "no_token" if run_out else None
    if tokens.refresh_expires_at is not None and tokens.refresh_expires_at <= now:
        return "expired"
    return None


def skip(connection: Connection, reason: SkipReason, *, now: datetime, event_id: UUID, actor: str) -> Decision:
    """The local verdict: as after a refusal, but the IdP is not blamed."""
    kind: type[Event]
    match reason:
        case "no_token":
            kind = RefreshSkippedNoToken
        case "expired":
            kind = RefreshSkippedExpired
        case _:
            assert_never(reason)
    after = lose_grant(connection, LastRevocation(occurred_at=now, reason=str(kind.__struct_config__.tag)))
    detail = _told(RefreshDetail(token_deleted=connection.tokens is not None), connection, after)
    return conclude(kind, after, detail, now=now, event_id=event_id, actor=actor)


def can_refresh(connection: Connection) -> bool:
    """Whether there is anything to ask the IdP with; if not, only a sign-in helps."""
    if connection.oauth is None or not connection.configured or connection.removed:
        return False
    if connection.oauth.grant == "client_credentials":
        return True
    tokens = grant_of(connection)
    return tokens is not None and tokens.refresh_token is not None


def _succeed(connection: Connection, issued: Issued, *, now: datetime, jitter: float) -> Connection:
    after = structs.replace(
        connection,
        generation=connection.generation + 1,
        tokens=store_issued(issued, grant_of(connection), connection, now=now),
        kept=None,
        needs_reauth=False,
        last_refreshed_at=now,
        attempt=0,
        outcome_unknown=False,
        unknown_since=None,
    )
    return structs.replace(after, due_at=next_due(after, now=now, jitter=jitter, refreshed=True))


def _fail(connection: Connection, failure: Transient, silence: Silence, *, now: datetime, jitter: float) -> Connection:
    attempt = connection.attempt + 1
    due_at = retry_due(attempt, now=now, jitter=jitter, retry_after=failure.retry_after)
    since = connection.unknown_since
    if failure.outcome_unknown:
        since = since or silence.since or now
        if failure.retry_after is None:
            due_at = next_try(connection, silence, since=since, backoff=due_at, now=now, jitter=jitter)
    return structs.replace(
        connection,
        attempt=attempt,
        due_at=due_at,
        # Kept until a success: a clear refusal now does not tell what became of the earlier attempt.
        outcome_unknown=connection.outcome_unknown or failure.outcome_unknown,
        unknown_since=since,
    )


def _notable(before: Connection, issued: Issued) -> str | None:
    if issued.repeated:
        return ASKED_AGAIN
    return RECOVERED if before.kept else None


def _rotated(before: Connection, after: Connection) -> bool:
    old, new = grant_of(before) or Tokens(), after.tokens or Tokens()
    return new.refresh_token is not None and new.refresh_token != old.refresh_token


def _told(detail: RefreshDetail, before: Connection, after: Connection) -> RefreshDetail:
    old, new = before.tokens or Tokens(), after.tokens or Tokens()
    return structs.replace(
        detail,
        before_expires_at=old.expires_at,
        before_refresh_expires_at=old.refresh_expires_at,
        after_expires_at=new.expires_at,
        after_refresh_expires_at=new.refresh_expires_at,
    )
