"""Given a connection, when a verdict comes, then this row and this event.

Longer than 200 lines because its tables of whole values are the specification, row by row.
"""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from authpulse_contract.events import (
    BACKGROUND,
    ConnectionState,
    LastRevocation,
    RefreshDetail,
    RefreshFailedRevoked,
    RefreshFailedTransient,
    RefreshSkippedExpired,
    RefreshSkippedNoToken,
    RefreshSucceeded,
)
from authpulse_contract.secret import Secret
from authpulse_refresher.decision.conclude import state_of
from authpulse_refresher.decision.decide import can_refresh, decide, heed, skip, skip_reason
from authpulse_refresher.decision.traits import Traits
from authpulse_refresher.decision.unknown import Silence
from authpulse_refresher.model import Connection, Decision, Issued, Terminal, Tokens, Transient, Verdict
from support.connections import (
    CONFIG,
    CONNECTION_ID,
    EVENT_ID,
    MACHINE,
    NOW,
    TOKENS,
    after,
    connection,
    machine,
    tokens,
)


def decided(subject: Connection, verdict: Verdict, jitter: float = 0.0) -> Decision:
    return decide(subject, verdict, now=NOW, event_id=EVENT_ID, actor=BACKGROUND, duration_ms=120, jitter=jitter)


def common(row: Connection) -> dict[str, Any]:
    """The members that an event of `row` has, whatever its kind."""
    return {
        "event_id": EVENT_ID,
        "connection_id": CONNECTION_ID,
        "connection_kind": "api",
        "connection_name": "crm",
        "version": row.version,
        "occurred_at": NOW,
        "actor": BACKGROUND,
        "state": state_of(row),
        "idp_host": "idp.example",
    }


ROTATED = Issued(
    access_token=Secret("at-new"),
    refresh_token=Secret("rt-new"),
    expires_in=600.0,
    refresh_expires_in=1800.0,
    scope="read write",
)


def test_a_success_replaces_the_tokens_and_starts_the_count_anew() -> None:
    given_row = connection(attempt=2, outcome_unknown=True, needs_reauth=True)
    row = connection(
        version=8,
        generation=4,
        tokens=Tokens(
            access_token=Secret("at-new"),
            refresh_token=Secret("rt-new"),
            expires_at=after(minutes=10),
            refresh_expires_at=after(minutes=30),
            scope="read write",
            lifetime=timedelta(minutes=10),
            refresh_lifetime=timedelta(minutes=30),
        ),
        last_refreshed_at=NOW,
        due_at=after(minutes=5) - timedelta(seconds=30),
    )
    detail = RefreshDetail(
        before_expires_at=after(minutes=4),
        before_refresh_expires_at=after(days=30),
        after_expires_at=after(minutes=10),
        after_refresh_expires_at=after(minutes=30),
        rotated_refresh=True,
        duration_ms=120,
        http_status=200,
        attempt=3,
    )
    expected = Decision(after=row, event=RefreshSucceeded(**common(row), detail=detail))
    assert decided(given_row, ROTATED, jitter=0.5) == expected


def test_a_success_uses_up_a_deadline_that_is_near_already() -> None:
    near = connection(tokens=tokens(refresh_expires_at=after(minutes=50)))
    decision = decided(near, Issued(access_token=Secret("at-new"), expires_in=600.0))
    assert decision.after.due_at == after(minutes=5)


def test_a_refusal_of_what_has_been_reconfigured_meanwhile_is_tried_again() -> None:
    asked, refused = connection(), Terminal(code="invalid_client", http_status=401)
    again = Transient(code="invalid_client", http_status=401, cause="reconfigured")
    assert heed(refused, asked, connection(version=9, due_at=NOW)) == refused
    assert heed(refused, asked, connection(client_secret=Secret("new"))) == again
    assert heed(refused, asked, connection(oauth=structs.replace(CONFIG, client_auth="post"))) == again
    passing = Transient(http_status=503, outcome_unknown=True)
    for verdict in (ROTATED, passing):
        assert heed(verdict, asked, connection(client_secret=Secret("new"))) == verdict


def test_an_absent_refresh_token_keeps_the_old_one_and_its_deadline() -> None:
    decision = decided(connection(), Issued(access_token=Secret("at-new"), expires_in=600.0, refresh_expires_in=5.0))
    expected = tokens(access_token=Secret("at-new"), expires_at=after(minutes=10), lifetime=timedelta(minutes=10))
    assert decision.after.tokens == expected
    assert isinstance(decision.event, RefreshSucceeded)
    assert not decision.event.detail.rotated_refresh


def test_a_refresh_token_sent_again_is_not_a_rotation_but_has_a_new_deadline() -> None:
    decision = decided(connection(), structs.replace(ROTATED, refresh_token=Secret("rt-old"), refresh_expires_in=None))
    assert decision.after.tokens is not None
    assert (decision.after.tokens.refresh_expires_at, decision.after.tokens.refresh_lifetime) == (None, None)
    assert isinstance(decision.event, RefreshSucceeded)
    assert not decision.event.detail.rotated_refresh


def test_a_first_token_of_a_client_is_stored_without_a_refresh_token() -> None:
    decision = decided(machine(tokens=None, needs_reauth=True), ROTATED)
    stored = Tokens(
        access_token=Secret("at-new"), expires_at=after(minutes=10), lifetime=timedelta(minutes=10), scope="read write"
    )
    assert (decision.after.tokens, decision.after.needs_reauth) == (stored, False)
    assert isinstance(decision.event, RefreshSucceeded)
    assert not decision.event.detail.rotated_refresh


@pytest.mark.parametrize(
    ("failure", "before", "attempt", "unknown", "wait"),
    [
        (Transient(code="slow_down", http_status=429, retry_after=60.0), {}, 1, False, 61),
        (Transient(http_status=503, outcome_unknown=True), {"attempt": 2}, 3, True, 4),
        (Transient(cause="dns"), {"attempt": 1, "outcome_unknown": True}, 2, True, 2),
    ],
)
def test_a_transient_failure_keeps_the_tokens_and_tries_again(
    failure: Transient, before: dict[str, Any], attempt: int, unknown: bool, wait: int
) -> None:
    since = NOW if failure.outcome_unknown else None
    row = connection(
        version=8, attempt=attempt, outcome_unknown=unknown, unknown_since=since, due_at=after(seconds=wait)
    )
    detail = RefreshDetail(
        before_expires_at=TOKENS.expires_at,
        before_refresh_expires_at=TOKENS.refresh_expires_at,
        after_expires_at=TOKENS.expires_at,
        after_refresh_expires_at=TOKENS.refresh_expires_at,
        duration_ms=120,
        idp_error_code=failure.code,
        http_status=failure.http_status,
        error_class="transient",
        outcome="unknown" if failure.outcome_unknown else "known",
        cause=failure.cause,
        next_attempt_at=after(seconds=wait),
        attempt=attempt,
    )
    expected = Decision(after=row, event=RefreshFailedTransient(**common(row), detail=detail))
    assert decided(connection(**before), failure, jitter=0.5) == expected


@pytest.mark.parametrize(
    ("code", "dead_grant", "unknown", "reason", "cause"),
    [
        ("invalid_grant", True, False, "invalid_grant", None),
        ("invalid_grant", True, True, "invalid_grant", "lost_rotation"),
        ("invalid_client", False, True, "invalid_client", None),
        (None, False, False, "refresh_failed_revoked", None),
    ],
)
def test_a_refusal_deletes_the_tokens_and_says_so_in_one_event(
    code: str | None, dead_grant: bool, unknown: bool, reason: str, cause: str | None
) -> None:
    row = connection(
        version=8,
        generation=4,
        tokens=None,
        needs_reauth=True,
        due_at=None,
        outcome_unknown=unknown,
        last_revocation=LastRevocation(occurred_at=NOW, reason=reason, idp_host="idp.example"),
    )
    detail = RefreshDetail(
        before_expires_at=TOKENS.expires_at,
        before_refresh_expires_at=TOKENS.refresh_expires_at,
        token_deleted=True,
        duration_ms=120,
        idp_error_code=code,
        http_status=400,
        error_class="revoked",
        outcome="known",
        cause=cause,
        attempt=5,
    )
    verdict = Terminal(code=code, http_status=400, dead_grant=dead_grant)
    decision = decided(connection(attempt=4, outcome_unknown=unknown), verdict)
    assert decision == Decision(after=row, event=RefreshFailedRevoked(**common(row), detail=detail))


def test_a_refused_client_that_never_had_a_token_deletes_none() -> None:
    event = decided(machine(tokens=None), Terminal(code="invalid_client", http_status=401)).event
    assert isinstance(event, RefreshFailedRevoked)
    assert not event.detail.token_deleted


@pytest.mark.parametrize(
    ("subject", "reason"),
    [
        (connection(), None),
        (connection(tokens=None), "no_token"),
        (connection(oauth=None), None),
        (connection(tokens=tokens(refresh_expires_at=None)), None),
        (connection(tokens=tokens(refresh_expires_at=NOW)), "expired"),
        (connection(tokens=tokens(refresh_expires_at=after(seconds=1))), None),
        (connection(tokens=tokens(refresh_token=None)), None),
        (connection(tokens=tokens(refresh_token=None, expires_at=NOW)), "no_token"),
        (connection(tokens=tokens(refresh_token=None, expires_at=after(seconds=1))), None),
        (connection(tokens=tokens(refresh_token=None, expires_at=None)), None),
        (connection(tokens=tokens(refresh_token=None, access_token=None)), "no_token"),
        (machine(tokens=tokens(refresh_token=None, expires_at=after(days=-1))), None),
    ],
)
def test_the_idp_is_not_asked_where_the_answer_is_known(subject: Connection, reason: str | None) -> None:
    assert skip_reason(subject, NOW) == reason


def test_a_local_verdict_deletes_the_tokens_without_blaming_the_idp() -> None:
    detail = RefreshDetail(
        before_expires_at=TOKENS.expires_at, before_refresh_expires_at=TOKENS.refresh_expires_at, token_deleted=True
    )

    def row(reason: str) -> Connection:
        lost = LastRevocation(occurred_at=NOW, reason=reason)
        return connection(version=8, generation=4, tokens=None, needs_reauth=True, due_at=None, last_revocation=lost)

    no_token, expired = row("refresh_skipped_no_token"), row("refresh_skipped_expired")
    subject = connection(attempt=1, outcome_unknown=True)
    assert skip(subject, "no_token", now=NOW, event_id=EVENT_ID, actor=BACKGROUND) == Decision(
        after=no_token, event=RefreshSkippedNoToken(**common(no_token), detail=detail)
    )
    assert skip(subject, "expired", now=NOW, event_id=EVENT_ID, actor=BACKGROUND) == Decision(
        after=expired, event=RefreshSkippedExpired(**common(expired), detail=detail)
    )
    event = skip(connection(tokens=None), "expired", now=NOW, event_id=EVENT_ID, actor=BACKGROUND).event
    assert isinstance(event, RefreshSkippedExpired)
    assert not event.detail.token_deleted


@pytest.mark.parametrize(
    ("subject", "possible"),
    [
        (connection(), True),
        (connection(tokens=None), False),
        (connection(tokens=tokens(refresh_token=None)), False),
        (connection(oauth=None), False),
        (connection(configured=False), False),
        (connection(removed=True), False),
        (machine(tokens=None), True),
        (machine(tokens=None, configured=False), False),
    ],
)
def test_only_a_refresh_token_or_a_client_of_its_own_can_be_refreshed(subject: Connection, possible: bool) -> None:
    assert can_refresh(subject) is possible


def test_the_state_shows_what_is_public_and_nothing_else() -> None:
    lost = LastRevocation(occurred_at=NOW, reason="invalid_grant")
    assert state_of(connection(last_revocation=lost)) == ConnectionState(
        has_oauth=True,
        needs_reauth=False,
        token_acquired=True,
        has_refresh_token=True,
        grant="authorization_code",
        scope="read",
        expires_at=TOKENS.expires_at,
        refresh_expires_at=TOKENS.refresh_expires_at,
        last_refreshed_at=after(hours=-1),
        next_refresh_at=after(minutes=-1),
        authenticated_by="ada",
        authenticated_at=after(days=-30),
        last_revocation=lost,
        client_id="authpulse",
    )


@pytest.mark.parametrize(
    ("subject", "has_oauth", "needs_reauth", "acquired"),
    [
        (connection(oauth=None, tokens=None), False, False, False),
        (connection(oauth=None, tokens=None, configured=False), True, True, False),
        (connection(configured=False), True, True, True),
        (connection(needs_reauth=True, tokens=None), True, True, False),
        (connection(tokens=tokens(access_token=None)), True, False, False),
    ],
)
def test_a_broken_configuration_is_oauth_that_needs_attention(
    subject: Connection, has_oauth: bool, needs_reauth: bool, acquired: bool
) -> None:
    state = state_of(subject)
    assert (state.has_oauth, state.needs_reauth, state.token_acquired) == (has_oauth, needs_reauth, acquired)
    assert state.configured is subject.configured


_CODES = st.none() | st.sampled_from(["invalid_grant", "server_error"])
_VERDICTS = (
    st.builds(
        Issued,
        access_token=st.builds(Secret, st.text(min_size=1)),
        refresh_token=st.none() | st.builds(Secret, st.text(min_size=1)),
        expires_in=st.none() | st.floats(min_value=0.01, max_value=3e8),
        refresh_expires_in=st.none() | st.floats(min_value=0.01, max_value=3e8),
        scope=st.none() | st.text(),
    )
    | st.builds(Transient, code=_CODES, retry_after=st.none() | st.floats(0, 1e9), outcome_unknown=st.booleans())
    | st.builds(Terminal, code=_CODES, dead_grant=st.booleans())
)
_ROWS = st.builds(
    connection,
    oauth=st.sampled_from([CONFIG, MACHINE]),
    tokens=st.none() | st.just(TOKENS) | st.just(tokens(refresh_token=None)),
    attempt=st.integers(0, 10_000),
    outcome_unknown=st.booleans(),
    needs_reauth=st.booleans(),
)


@given(_ROWS, _VERDICTS, st.floats(min_value=0, max_value=1, exclude_max=True))
def test_the_laws_of_a_decision_hold_for_any_row_and_verdict(row: Connection, verdict: Verdict, jitter: float) -> None:
    decision = decided(row, verdict, jitter)
    stored, event = decision.after, decision.event
    assert stored.version == event.version == row.version + 1
    assert event.state == state_of(stored)
    if isinstance(verdict, Transient):
        assert (stored.tokens, stored.generation, stored.needs_reauth) == (row.tokens, row.generation, row.needs_reauth)
        assert stored.outcome_unknown >= row.outcome_unknown
    else:
        assert stored.generation == row.generation + 1
        assert stored.attempt == 0
        assert stored.unknown_since is None
        # A grant given up for want of an answer may be revived by it.
        assert stored.outcome_unknown is (isinstance(verdict, Terminal) and row.outcome_unknown)
        assert stored.needs_reauth is (stored.tokens is None) is isinstance(verdict, Terminal)
    if isinstance(verdict, Terminal):
        assert stored.due_at is None
    else:
        assert stored.due_at is not None
        assert stored.due_at > NOW


@pytest.mark.parametrize(
    ("failure", "before", "due_at", "since"),
    [
        (Transient(outcome_unknown=True), {}, after(seconds=0.15), after(seconds=-3)),
        (Transient(outcome_unknown=True, retry_after=60.0), {}, after(seconds=61), after(seconds=-3)),
        (
            Transient(outcome_unknown=True),
            {"unknown_since": after(seconds=-50)},
            after(seconds=0.15),
            after(seconds=-50),
        ),
        (Transient(), {"unknown_since": after(seconds=-50)}, after(seconds=1), after(seconds=-50)),
        (Transient(outcome_unknown=True), {"attempt": 4}, after(seconds=16), after(seconds=-3)),
        (
            Transient(outcome_unknown=True),
            {"attempt": 4, "unknown_since": after(seconds=-50)},
            after(seconds=5),
            after(seconds=-50),
        ),
    ],
)
def test_a_silence_is_counted_from_its_first_attempt_and_heeds_what_the_idp_grants(
    failure: Transient, before: dict[str, Any], due_at: datetime, since: datetime
) -> None:
    silence = Silence(traits=Traits(grace=60), since=after(seconds=-3))
    row = connection(**before)
    decision = decide(
        row, failure, now=NOW, event_id=EVENT_ID, actor=BACKGROUND, duration_ms=1, jitter=0.5, silence=silence
    )
    assert (decision.after.due_at, decision.after.unknown_since) == (due_at, since)
