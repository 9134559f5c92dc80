"""The laws of tokens, sessions and origins."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authpulse_contract.secret import Secret
from authpulse_health_api.access import SESSION_SECONDS, bearer, is_own_origin, is_session, is_token, new_session
from authpulse_health_api.conditional import is_current

tokens = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)


@given(tokens, st.integers(0, 2**33), st.integers(0, 2 * SESSION_SECONDS))
def test_a_session_is_good_until_it_has_run_out(token: str, now: int, later: int) -> None:
    cookie = new_session(Secret(token), now)
    assert is_session(cookie, Secret(token), now + later) == (later < SESSION_SECONDS)


@given(tokens, tokens, st.integers(0, 2**33))
def test_a_session_is_good_for_its_own_token_only(token: str, other: str, now: int) -> None:
    assert is_session(new_session(Secret(token), now), Secret(other), now) == (token == other)


@given(st.text())
def test_made_up_sessions_are_none(cookie: str) -> None:
    assert not is_session(cookie, Secret("token"), 0)


@given(st.text(), tokens)
def test_only_the_token_is_the_token(presented: str, token: str) -> None:
    assert is_token(presented, Secret(token)) == (presented == token)


@pytest.mark.parametrize(
    ("header", "token"),
    [(None, None), ("", None), ("Basic x", None), ("Bearer x", "x"), ("bearer  x ", "x"), ("Bearer ", "")],
)
def test_the_token_is_read_from_a_bearer_header_only(header: str | None, token: str | None) -> None:
    assert bearer(header) == token


@pytest.mark.parametrize(
    ("origin", "own"),
    [
        (None, False),
        ("null", False),
        ("http://127.0.0.1:8080", True),
        ("http://127.0.0.1:8081", False),
        ("https://authpulse.example", True),
        ("http://authpulse.example", False),
        ("https://authpulse.example.evil", False),
    ],
)
def test_an_origin_is_ours_by_host_header_or_public_url(origin: str | None, own: bool) -> None:
    assert is_own_origin(origin, "127.0.0.1:8080", "https://authpulse.example") is own


@pytest.mark.parametrize(
    ("header", "current"),
    [(None, False), ("", False), ('"a"', True), ('W/"a"', True), ('"b", "a"', True), ('"b"', False), ("*", True)],
)
def test_if_none_match_is_a_list_compared_weakly(header: str | None, current: bool) -> None:
    assert is_current(header, '"a"') is current
