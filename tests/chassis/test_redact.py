"""Whatever a library writes into the log, credentials and the texts of exceptions are not in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authpulse_chassis.redact import frames, redact

SECRET = "s3cret"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("cannot reach nats://ada:s3cret@nats:4222, trying on", "cannot reach nats://***@nats:4222, trying on"),
        ("postgresql://u:p@ss@host/db?x=1", "postgresql://***@host/db?x=1"),
        (
            "at tls://token@nats:4222 and https://idp.example/token",
            "at tls://***@nats:4222 and https://idp.example/token",
        ),
        ("invalid dsn: host=db password=s3cret dbname=x", "invalid dsn: host=db password=*** dbname=x"),
        ("{'client_secret': 's3cret', 'grant': 'x'}", "{'client_secret': '***', 'grant': 'x'}"),
        ('{"refresh_token":"s3cret"}', '{"refresh_token":"***"}'),
        ("refresh_token=s3cret&scope=read", "refresh_token=***&scope=read"),
        ("Authorization: Bearer s3cret", "Authorization: ***"),
        ("authorization='Basic s3cret'", "authorization='***'"),
        ("nats: 'Authorization Violation'", "nats: 'Authorization Violation'"),
        ("refresh_failed_revoked", "refresh_failed_revoked"),
    ],
)
def test_credentials_are_masked_and_the_rest_is_kept(written: str, kept: str) -> None:
    assert redact(written) == kept


@given(st.text() | st.text("ab:/@=&'\" ,password"))
def test_what_was_redacted_once_stays_as_it_is(text: str) -> None:
    once = redact(text)
    assert redact(once) == once


@given(st.text(st.characters(categories=["L", "N"]), min_size=8), st.sampled_from(["nats", "postgresql", "https"]))
def test_no_password_of_an_address_is_kept(password: str, scheme: str) -> None:
    told = redact(f"at {scheme}://user:{password}@[::1]:1/")
    # A password may be what stands there anyway.
    assert password not in told.removeprefix(f"at {scheme}").replace("user", "")


def raised(failure: Exception) -> Exception:
    try:
        raise failure
    except Exception as caught:
        return caught


def test_an_exception_is_told_by_where_it_comes_from_and_its_kind() -> None:
    told = frames(raised(ValueError(SECRET)))
    assert told.splitlines()[-1] == "builtins.ValueError"
    assert "in raised" in told
    assert SECRET not in told


def test_what_led_to_it_and_what_is_among_it_is_told_too() -> None:
    try:
        try:
            raise KeyError(SECRET)
        except KeyError as before:
            raise ExceptionGroup(SECRET, [raised(OSError(SECRET)), raised(ValueError(SECRET))]) from before
    except ExceptionGroup as caught:
        told = frames(caught)
    kinds = [line for line in told.splitlines() if not line.startswith(" ")]
    assert kinds == [
        "builtins.KeyError",
        "which led to:",
        "builtins.ExceptionGroup",
        "among them:",
        "builtins.OSError",
        "among them:",
        "builtins.ValueError",
    ]
    assert SECRET not in told


def test_a_circle_of_exceptions_ends() -> None:
    first, second = raised(ValueError()), raised(KeyError())
    first.__cause__, second.__cause__ = second, first
    assert frames(first).splitlines()[-1] == "builtins.ValueError"
