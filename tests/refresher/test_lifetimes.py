"""The forms in which lifetimes come."""

import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authpulse_refresher.verdict.lifetimes import LONGEST, jwt_life, retry_after, seconds
from support.connections import NOW


@pytest.mark.parametrize(
    ("sent", "understood"),
    [
        (3600, 3600),
        (1, 1),
        (0.5, 0.5),
        (3599.40778, 3599.40778),
        ("3600", 3600),
        (" 3600 ", 3600),
        ("+3600", 3600),
        ("3600.5", 3600.5),
        ("3600.", 3600),
        ("3.6e3", 3600),
        ("3.6E+3", 3600),
        (LONGEST, LONGEST),
        (LONGEST + 1, None),
        (0, None),
        (-1, None),
        ("0", None),
        ("-1", None),
        ("", None),
        ("never", None),
        ("3600s", None),
        ("1_000", None),
        ("\uff13\uff16", None),
        ("0x10", None),
        ("inf", None),
        ("nan", None),
        ("1e999", None),
        ("9" * 5000, None),
        (float("nan"), None),
        (float("inf"), None),
        (10**400, None),
        (9223372036854775807, None),
        (1_893_456_000, None),
        (1_893_456_000_000, None),
        (True, None),
        (None, None),
        ([3600], None),
        ({"s": 1}, None),
    ],
)
def test_a_lifetime_is_a_sane_number_or_unknown(sent: object, understood: float | None) -> None:
    assert seconds(sent) == understood


@pytest.mark.parametrize(
    ("headers", "delay"),
    [
        ({"retry-after": "120"}, 120),
        ({"retry-after": " 7 "}, 7),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "120, 60"}, 120),
        ({"retry-after": "0"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({}, None),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after": "Wed, 01 Jul 2026 12:01:00 GMT"}, 60),
        ({"retry-after": "Wed, 01 Jul 2026 14:01:00 +0200"}, 60),
        ({"retry-after": "Wed, 01 Jul 2026 12:01:00 -0000"}, 60),
        ({"retry-after": "Wed, 01 Jul 2026 11:59:00 GMT"}, None),
        ({"retry-after": "Wed, 99 Jul 2026 11:59:00 GMT"}, None),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 -2359"}, None),
        ({"retry-after": "Wed, 21 Oct 2015 07:29:00 GMT", "date": "Wed, 21 Oct 2015 07:28:00 GMT"}, 60),
        ({"retry-after": "Wed, 01 Jul 2026 12:01:00 GMT", "date": "yesterday"}, 60),
    ],
)
def test_retry_after_is_seconds_or_a_date_by_the_answer_s_own_clock(
    headers: dict[str, str], delay: float | None
) -> None:
    assert retry_after(headers, now=NOW) == delay


def jwt(claims: Any) -> str:
    payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    return f"e30.{urlsafe_b64encode(payload).decode().rstrip('=')}.sig"


@pytest.mark.parametrize("padding", ["", "x", "xx", "xxx"])
def test_what_is_left_of_a_jwt_is_read_from_its_exp(padding: str) -> None:
    assert jwt_life(jwt({"exp": NOW.timestamp() + 90, "pad": padding}), now=NOW) == 90


@pytest.mark.parametrize(
    "token",
    [
        "",
        "opaque",
        "a.b",
        "a.b.c.d",
        "a.*.c",
        "a.\u00e9.c",
        jwt(b"no json"),
        jwt(b"\xff\xff"),
        jwt([1]),
        jwt({}),
        jwt({"exp": "90"}),
        jwt({"exp": None}),
        jwt({"exp": NOW.timestamp()}),
        jwt({"exp": NOW.timestamp() - 1}),
        jwt({"exp": NOW.timestamp() + LONGEST + 1}),
        jwt(b'{"exp": ' + b"9" * 400 + b"}"),
        jwt(b'{"exp": ' + b"9" * 5000 + b"}"),
        jwt(b"[" * 100_000),
    ],
)
def test_whatever_is_no_jwt_or_over_has_no_known_life(token: str) -> None:
    assert jwt_life(token, now=NOW) is None


@given(st.text() | st.lists(st.text(), min_size=3, max_size=3).map(".".join))
def test_no_token_makes_it_raise(token: str) -> None:
    assert jwt_life(token, now=NOW) is None or "." in token
