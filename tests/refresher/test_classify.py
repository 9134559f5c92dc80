"""Neighbours of the corpus: the same rules on answers that nobody has collected.

Longer than 200 lines because its tables of whole values are the specification, row by row.
"""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authpulse_contract.secret import Secret
from authpulse_refresher.model import Answer, Issued, NoAnswer, Terminal, Transient, Verdict
from authpulse_refresher.verdict.classify import classify

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


def verdict_on(
    status: int,
    body: Any = b"",
    *,
    host: str | None = "idp.example",
    headers: dict[str, str] | None = None,
    truncated: bool = False,
    **context: Any,
) -> Verdict:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = Answer(status=status, headers=headers or {}, body=data, truncated=truncated)
    return classify(answer, idp_host=host, now=NOW, **context)


@pytest.mark.parametrize("code", ["invalid_grant", "invalid_client", "unauthorized_client", "unsupported_grant_type"])
@pytest.mark.parametrize("status", [200, 201, 299, 400, 401, 403])
def test_the_four_codes_are_terminal_where_a_code_is_believed(status: int, code: str) -> None:
    expected = Terminal(code=code, http_status=status, dead_grant=code == "invalid_grant")
    assert verdict_on(status, {"error": code}) == expected


@pytest.mark.parametrize("status", [300, 302, 307, 399, 402, 404, 408, 410, 422, 425, 429, 499])
def test_the_same_code_is_transient_and_known_at_any_other_status_below_500(status: int) -> None:
    assert verdict_on(status, {"error": "invalid_grant"}) == Transient(code="invalid_grant", http_status=status)


@pytest.mark.parametrize("status", [100, 199, 500, 503, 599, 999])
def test_where_the_server_failed_the_outcome_is_unknown(status: int) -> None:
    expected = Transient(code="invalid_grant", http_status=status, outcome_unknown=True)
    assert verdict_on(status, {"error": "invalid_grant"}) == expected


@pytest.mark.parametrize("code", ["invalid_request", "invalid_scope", "server_error", "temporarily_unavailable", "huh"])
def test_other_codes_are_transient_at_400(code: str) -> None:
    assert verdict_on(400, {"error": code}) == Transient(code=code, http_status=400)


def test_a_401_without_a_code_is_terminal_under_its_status() -> None:
    assert verdict_on(401, b"<html>") == Terminal(code="http_401", http_status=401)
    assert verdict_on(401, {"error": 401, "message": "Unauthorized"}) == Terminal(code="http_401", http_status=401)


@pytest.mark.parametrize(("sent", "unknown"), [(True, True), (False, False)])
def test_no_answer_leaves_the_outcome_unknown_only_if_the_request_was_sent(sent: bool, unknown: bool) -> None:
    verdict = classify(NoAnswer(cause="reset", sent=sent), idp_host=None, now=NOW)
    assert verdict == Transient(cause="reset", outcome_unknown=unknown)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"error": "incorrect_client_credentials"}, "incorrect_client_credentials"),  # GitHub
        ({"error": "invalid_client_credentials"}, "invalid_client_credentials"),  # Salesforce
        ({"error": "deleted_client"}, "deleted_client"),  # Google
        ({"ok": False, "error": "bad_client_secret"}, "bad_client_secret"),  # Slack
        ({"error": "consent_required"}, "consent_required"),  # Entra
        (
            {"error": {"code": 400, "message": "TOKEN_EXPIRED", "status": "INVALID_ARGUMENT"}},
            "TOKEN_EXPIRED",
        ),  # Firebase
        ({"error": {"code": 400, "message": "INVALID_REFRESH_TOKEN : gone"}}, "INVALID_REFRESH_TOKEN"),
        ({"error": {"type": "invalid_grant", "code": 7}}, "invalid_grant"),
        ({"error": ["x"], "code": "invalid_grant"}, "invalid_grant"),
        ({"error": [{"code": "invalid_grant"}]}, "invalid_grant"),
        ({"error": "invalid_client: Invalid client_id or client_secret"}, None),  # Dropbox
        ({"code": "unauthorized.bad_refresh_token"}, "unauthorized.bad_refresh_token"),  # Monzo
        ({"error_code": "refresh_token_already_used", "code": 400}, "refresh_token_already_used"),  # Supabase
        ({"errcode": 42002, "errmsg": "refresh_token expired"}, "42002"),  # WeChat
        ({"errcode": "40030"}, "40030"),
        ({"error": {"code": 190, "type": "OAuthException"}}, "OAuthException"),  # Meta
        ({"error": {"code": 102, "type": "OAuthException"}}, "OAuthException"),
        ({"error": "Refresh Token expired", "ErrorCode": "x"}, "Refresh Token expired"),  # Apigee
        ({"fault": {"detail": {"errorcode": "keymanagement.service.invalid_refresh_token"}}}, None),  # Apigee
        ({"status": 503, "error": "Invalid Params: invalid refresh_token"}, None),  # Withings
        ({"data": {"error_code": "invalid_refresh_token"}}, "invalid_refresh_token"),
        ({"errors": [{"code": 8, "meta": {"type": "invalid_grant"}}]}, "invalid_grant"),
        ({"Error": "invalid_grant"}, "invalid_grant"),
        ({"error": "invalid_request", "error_code": "refresh_token_revoked"}, "refresh_token_revoked"),
    ],
)
def test_vendor_equals_are_terminal_at_400_and_200_alike(body: dict[str, Any], code: str | None) -> None:
    for status in (200, 400, 403):
        verdict = verdict_on(status, body)
        assert isinstance(verdict, Terminal)
        assert verdict.http_status == status
        assert code is None or verdict.code == code


@pytest.mark.parametrize(
    "body",
    [
        {"message": "The refresh token is invalid."},
        {"status": 400, "error": "Bad Request", "message": "Invalid refresh token"},
        {"__type": "NotAuthorizedException", "message": "Refresh Token has expired"},
        {"code": 36004004, "message": "refreshToken has been revoked"},
        {"errors": [{"resource": "RefreshToken", "field": "refresh_token", "code": "invalid"}]},
    ],
)
def test_a_sentence_counts_where_the_code_says_nothing(body: dict[str, Any]) -> None:
    verdict = verdict_on(400, body)
    assert isinstance(verdict, Terminal)
    assert verdict.dead_grant


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"error": "invalid_request", "message": "Invalid refresh token"}, "invalid_request"),
        ({"error": "temporarily_unavailable", "code": "invalid_grant"}, "temporarily_unavailable"),
        ({"error": "server_error", "code": "invalid_grant"}, "server_error"),
        ({"error": {"code": 190, "type": "OAuthException", "is_transient": True}}, "OAuthException"),
        ({"error": {"code": 17, "type": "OAuthException"}}, "OAuthException"),
        ({"error": {"code": 190, "type": "Other"}}, "Other"),
        ({"error": {"code": 503, "message": "The service is down", "status": "UNAVAILABLE"}}, None),
        ({"errcode": -1, "errmsg": "system busy"}, "-1"),
        ({"errcode": 45011}, "45011"),
        ({"code": 40030}, "40030"),
        ({"code": 20037}, "20037"),
        ({"error": "Access Denied"}, "Access Denied"),
        ({"error": "invalid_auth"}, "invalid_auth"),
        ({"error": "invalid_client_metadata"}, "invalid_client_metadata"),
        ({"status": "error", "message": "Invalid client IP"}, None),
        ({"type": "about:blank", "title": "Bad Request", "status": 400}, None),
        ({"error": 400, "message": "Bad Request"}, None),
        ({"code": 16, "message": "unauthenticated"}, None),
        ({"error": {"nested": "x"}}, None),
        ({"error": ["invalid_grant"]}, None),
        ({"error": True}, None),
    ],
)
def test_what_only_looks_like_a_refusal_is_transient(body: dict[str, Any], code: str | None) -> None:
    assert verdict_on(400, body) == Transient(code=code, http_status=400)


@pytest.mark.parametrize("host", ["accounts.zoho.eu", "zoho.eu:443"])
def test_zoho_s_access_denied_is_a_throttle_at_any_status(host: str) -> None:
    assert verdict_on(401, {"error": "Access Denied"}, host=host) == Transient(code="Access Denied", http_status=401)
    elsewhere = verdict_on(401, {"error": "Access Denied"}, host="notzoho.eu")
    assert elsewhere == Terminal(code="Access Denied", http_status=401)


def test_an_ambiguous_code_or_number_is_judged_by_its_host() -> None:
    assert verdict_on(200, {"error": "invalid_auth"}, host="slack.com") == Terminal(
        code="invalid_auth", http_status=200
    )
    expected = Terminal(code="20037", http_status=400, dead_grant=True)
    assert verdict_on(400, {"code": 20037}, host="open.feishu.cn") == expected


@pytest.mark.parametrize("status", [200, 400, 403, 404, 422])
def test_a_connection_s_own_terminal_code_counts_at_any_answer_but_a_passing_one(status: int) -> None:
    own = ("token_is_gone",)
    body = {"error": "invalid_request", "code": "token_is_gone"}
    assert verdict_on(status, body, terminal_codes=own) == Terminal(code="token_is_gone", http_status=status)
    for passing in (302, 408, 425, 429, 503):
        assert isinstance(verdict_on(passing, body, terminal_codes=own), Transient)


@pytest.mark.parametrize("error", [None, "", 0, False, [], {}, "0", "none", "OK", "success"])
def test_an_error_member_that_says_none_does_not_lose_a_token(error: object) -> None:
    verdict = verdict_on(200, {"access_token": "at", "error": error, "errcode": 0})
    assert verdict == Issued(access_token=Secret("at"))


def test_an_error_beside_a_token_has_the_right_of_way_but_the_outcome_is_unknown() -> None:
    body = {"access_token": "at", "error": "invalid_scope"}
    assert verdict_on(200, body) == Transient(code="invalid_scope", http_status=200, outcome_unknown=True)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"<html>",
        b'{"access_token":',
        b'{"access_token":"\\ud800"}',
        b'{"access_token":" "}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'"x"',
        b"error code: 1020",
        b'{"access_token":"\xff"}',
        b'{"access_token":7}',
    ],
)
def test_a_broken_2xx_is_transient_with_its_outcome_unknown(body: bytes) -> None:
    assert verdict_on(200, body) == Transient(http_status=200, outcome_unknown=True)


def test_an_error_at_2xx_is_known_where_an_error_member_states_it() -> None:
    assert verdict_on(200, {"errcode": 45011}) == Transient(code="45011", http_status=200)
    assert verdict_on(200, {"code": "processing"}) == Transient(
        code="processing", http_status=200, outcome_unknown=True
    )


def test_a_form_that_was_cut_off_gives_no_token() -> None:
    assert verdict_on(200, b"access_token=at&expires_in=60") == Issued(access_token=Secret("at"), expires_in=60)
    cut = verdict_on(200, b"access_token=at&expires_in=60", truncated=True)
    assert cut == Transient(http_status=200, outcome_unknown=True)


def test_the_code_shown_is_sanitised_but_judged_as_sent() -> None:
    secret = Secret("invalid_grant")
    body = {"error": "invalid_grant", "error_description": "rt"}
    expected = Terminal(code="***", http_status=400, dead_grant=True)
    assert verdict_on(400, body, secrets=(secret,)) == expected
    hidden = verdict_on(400, {"error": "invalid\u200b_grant\r\n" + "x" * 5000})
    assert hidden == Terminal(code="invalid_grant " + "x" * 185 + "…", http_status=400, dead_grant=True)
    assert verdict_on(400, {"error": "\u200b"}) == Transient(http_status=400)
    url = verdict_on(400, {"error": "see https://idp.example/?token=rt"})
    assert url == Transient(code="(redacted: URL-shaped content)", http_status=400)


@pytest.mark.parametrize("status", [200, 302, 400, 404, 429, 503])
def test_retry_after_is_read_wherever_it_stands(status: int) -> None:
    verdict = verdict_on(status, headers={"retry-after": "120"})
    assert isinstance(verdict, Transient)
    assert verdict.retry_after == 120


@pytest.mark.parametrize("status", [199, 300, 400, 401, 500])
def test_a_token_counts_only_in_an_answer_that_claims_success(status: int) -> None:
    assert not isinstance(verdict_on(status, {"access_token": "at"}), Issued)


def test_a_retry_date_without_the_answer_s_own_date_counts_from_now() -> None:
    verdict = verdict_on(503, headers={"retry-after": "Wed, 01 Jul 2026 12:01:00 GMT"})
    assert verdict == Transient(http_status=503, retry_after=60, outcome_unknown=True)


_NAMES = st.sampled_from(
    [
        "error",
        "errors",
        "code",
        "type",
        "status",
        "message",
        "errcode",
        "data",
        "body",
        "access_token",
        "refresh_token",
        "expires_in",
        "scope",
        "meta",
        "field",
    ]
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["invalid_grant", "at"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=6),
    max_leaves=12,
)
_BODIES = st.binary(max_size=300) | _JSON.map(lambda tree: json.dumps(tree).encode())


@given(st.integers(min_value=0, max_value=999), _BODIES)
def test_it_never_raises_and_holds_the_laws_for_any_bytes(status: int, body: bytes) -> None:
    verdict = verdict_on(status, body)
    if isinstance(verdict, Issued):
        assert 200 <= status < 300
        assert verdict.access_token.reveal().encode()
    if status >= 500 or status in (302, 408, 425, 429):
        assert isinstance(verdict, Transient)
    if status == 401:
        assert isinstance(verdict, Terminal)
        assert verdict.code
    if isinstance(verdict, Transient):
        assert status < 500 or verdict.outcome_unknown
