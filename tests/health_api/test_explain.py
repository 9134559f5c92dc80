"""Every trouble has words of its own; what is well has none."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from authpulse_contract.events import (
    ConnectFailed,
    ConnectionRegistered,
    ConnectionState,
    ConnectStarted,
    Event,
    LastRevocation,
    RefreshDetail,
    RefreshFailedRevoked,
    RefreshFailedTransient,
    RefreshSkippedExpired,
)
from authpulse_health_api.health.explain import WORDS, explain
from support.events import ALIVE, DEAD, EVENT_TYPES, START, event


def lost(reason: str) -> ConnectionState:
    """A connection that lost its grant."""
    revocation = LastRevocation(occurred_at=START, reason=reason)
    return ConnectionState(has_oauth=True, needs_reauth=True, token_acquired=False, last_revocation=revocation)


def cause(told: Event) -> str | None:
    why = explain(told)
    return why.cause if why else None


def test_a_rotated_secret_is_said_to_be_one() -> None:
    detail = RefreshDetail(idp_error_code="invalid_client")
    why = explain(event(RefreshFailedRevoked, state=lost("invalid_client"), detail=detail))
    assert why is not None
    assert why.explanation == "The IdP refuses the client itself: the secret was probably rotated."
    assert why.next_step == "Edit the secret, then try again."
    assert why.title == "idp.example refuses the client"


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("invalid_grant", "invalid_grant"),
        ("BAD_REFRESH_TOKEN", "invalid_grant"),
        ("http_401", "invalid_client"),
        ("refresh_skipped_expired", "refresh_skipped_expired"),
        ("refresh_skipped_no_token", "refresh_skipped_no_token"),
        ("token_deleted_admin", "token_deleted_admin"),
        ("connection_changed", "connection_changed"),
        ("Some {strange} code", "refused"),
    ],
)
def test_a_lost_grant_is_explained_by_how_it_was_lost(reason: str, expected: str) -> None:
    assert cause(event(RefreshSkippedExpired, state=lost(reason))) == expected


def test_a_sign_in_that_was_begun_does_not_hide_why_the_grant_was_lost() -> None:
    assert cause(event(ConnectStarted, state=lost("invalid_grant"))) == "invalid_grant"


def test_a_refusal_after_a_lost_answer_is_not_called_a_revocation() -> None:
    detail = RefreshDetail(idp_error_code="invalid_grant", cause="lost_rotation")
    assert cause(event(RefreshFailedRevoked, state=lost("invalid_grant"), detail=detail)) == "lost_rotation"


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        ({"http_status": 503, "outcome": "unknown"}, "outage"),
        ({"http_status": 429}, "throttled"),
        ({"http_status": 302}, "redirected"),
        ({"cause": "dns"}, "dns"),
        ({"cause": "connect"}, "connect"),
        ({"cause": "tls"}, "tls"),
        ({"cause": "deadline", "outcome": "unknown"}, "no_answer"),
        ({"http_status": 200, "outcome": "unknown"}, "no_answer"),
        ({"http_status": 400, "idp_error_code": "invalid_scope"}, "invalid_scope"),
        ({"http_status": 400, "idp_error_code": "odd"}, "failing_with_code"),
        ({}, "failing"),
    ],
)
def test_a_failure_that_passes_is_explained_by_code_cause_or_status(detail: dict[str, Any], expected: str) -> None:
    assert cause(event(RefreshFailedTransient, detail=RefreshDetail(**detail))) == expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (DEAD, "never_connected"),
        (structs.replace(DEAD, grant="client_credentials"), "not_yet_issued"),
        (structs.replace(DEAD, configured=False), "unreadable_configuration"),
        (ConnectionState(has_oauth=False, needs_reauth=False, token_acquired=False), None),
        (ALIVE, None),
    ],
)
def test_what_was_never_connected_is_told_from_what_is_broken_or_well(
    state: ConnectionState, expected: str | None
) -> None:
    assert cause(event(ConnectionRegistered, state=state)) == expected


def test_a_failed_sign_in_leaves_a_working_connection_working() -> None:
    assert cause(event(ConnectFailed)) == "connect_failed"


texts = st.none() | st.text() | st.sampled_from(sorted(WORDS))


@given(
    st.sampled_from([one for one in EVENT_TYPES if one.__name__.startswith("Refresh")]),
    st.builds(
        ConnectionState,
        has_oauth=st.booleans(),
        needs_reauth=st.booleans(),
        token_acquired=st.booleans(),
        configured=st.booleans(),
        last_revocation=st.none() | st.builds(LastRevocation, occurred_at=st.just(START), reason=st.text()),
    ),
    st.builds(RefreshDetail, idp_error_code=texts, cause=texts, http_status=st.none() | st.integers(0, 999)),
)
def test_whatever_needs_attention_is_explained_and_whatever_happened_can_be(
    kind: type[Event], state: ConnectionState, detail: RefreshDetail
) -> None:
    told = event(kind, state=state, detail=detail)
    needs_attention = state.has_oauth and (state.needs_reauth or isinstance(told, RefreshFailedTransient))
    assert not needs_attention or explain(told) is not None


def test_a_code_that_goes_on_and_on_does_not_drown_the_sentence() -> None:
    why = explain(event(RefreshFailedTransient, detail=RefreshDetail(idp_error_code="A" * 200, http_status=400)))
    assert why
    assert "A" * 59 + "…" in why.explanation
    assert len(why.explanation) <= 200


def test_no_code_stands_for_two_causes() -> None:
    names = [name.lower() for cause, words in WORDS.items() for name in (cause, *words.also)]
    assert len(names) == len(set(names))
