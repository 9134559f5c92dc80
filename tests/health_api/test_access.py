"""The laws of tokens, sessions, keys and origins."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authpulse_contract.secret import Secret
from authpulse_health_api.admission.access import bearer, is_own_origin, is_token
from authpulse_health_api.admission.keys import KeysError, digest, line, read_keys
from authpulse_health_api.admission.principal import Principal, Role
from authpulse_health_api.admission.sessions import SESSION_SECONDS, read_session, session_of, write_session
from authpulse_health_api.health.conditional import is_current

ROLES: tuple[Role, Role] = ("viewer", "admin")
tokens = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)


ADA = Principal(name="oidc:ada", role="viewer")


@given(tokens, st.integers(0, 2**33), st.integers(0, 2 * SESSION_SECONDS))
def test_a_session_is_good_until_it_has_run_out(token: str, now: int, later: int) -> None:
    session = session_of(ADA, now)
    assert session == Principal(name="oidc:ada", role="viewer", expires_at=now + SESSION_SECONDS)
    found = read_session(write_session(session, Secret(token)), Secret(token), now + later)
    assert found == (session if later < SESSION_SECONDS else None)


def test_a_session_does_not_outlive_the_token_it_was_made_from() -> None:
    brief = Principal(name="oidc:ada", role="viewer", expires_at=60.0)
    assert session_of(brief, 0).expires_at == 60


@given(tokens, tokens, st.integers(0, 2**33))
def test_a_session_is_good_for_its_own_token_only(token: str, other: str, now: int) -> None:
    found = read_session(write_session(session_of(ADA, now), Secret(token)), Secret(other), now)
    assert (found is not None) == (token == other)


@given(st.text(), st.text())
def test_made_up_sessions_are_none(body: str, signature: str) -> None:
    assert read_session(body, Secret("token"), 0) is None
    assert read_session(f"{body}.{signature}", Secret("token"), 0) is None


def test_nobody_raises_their_own_role() -> None:
    viewer, admin = (write_session(session_of(Principal(name="x", role=role), 0), Secret("t")) for role in ROLES)
    forged = f"{admin.partition('.')[0]}.{viewer.partition('.')[2]}"
    assert read_session(forged, Secret("t"), 0) is None


@given(st.text(st.characters(exclude_characters=":,#", categories=("L", "N"))).filter(bool), st.sampled_from(ROLES))
def test_a_key_is_found_by_its_line(name: str, role: Role) -> None:
    keys = read_keys(f"# ours\n\n{line(name, role, 'apk_x')}\n")
    assert keys == {digest("apk_x"): Principal(name=f"key:{name}", role=role)}


@pytest.mark.parametrize(
    "text",
    ["x", "ci:viewer", f"ci:root:{digest('x')}", "ci:viewer:short", f":viewer:{digest('x')}", f"ci:viewer:{'z' * 64}"],
)
def test_a_line_that_is_no_key_is_refused_by_number_and_not_repeated(text: str) -> None:
    with pytest.raises(KeysError, match="line 2") as refusal:
        read_keys(f"\n{text}")
    assert digest("x") not in str(refusal.value)


def test_two_keys_of_one_name_are_refused() -> None:
    with pytest.raises(KeysError, match="line 2"):
        read_keys(f"{line('ci', 'viewer', 'a')},{line('ci', 'admin', 'b')}")


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
