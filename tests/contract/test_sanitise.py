"""What a stranger's string looks like once it is safe to show.

Longer than 200 lines because its tables of whole values are the specification, row by row.
"""

import sys
from base64 import b64encode, urlsafe_b64encode
from unicodedata import category
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from authpulse_contract.sanitise import REDACTED, sanitise
from authpulse_contract.secret import Secret

TOKEN = Secret("rt-old/9f=8+e?7")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "invalid_grant",
        "INVALID_REFRESH_TOKEN",
        "unauthorized.bad_refresh_token.evicted",
        "InvalidParameter.RefreshToken",
        "Access Denied",
        "HTTP 404 Not Found",
        "40030",
        "and/or",
        "rate limit: 10/min",
        "Error: data: nothing",
        "file not found",
        "a = b? c",
        "at 10:30",
        "someone@idp.example",
        "idp.example",
        "día: ошибка 授权",
        "x" * 200,
        "(redacted: URL-shaped content)",
    ],
)
def test_a_harmless_text_stays_as_it_is(text: str) -> None:
    assert sanitise(text, [TOKEN]) == text


@pytest.mark.parametrize(
    "text",
    [
        "https://idp.example",
        "see https://user:pw@idp.example.com/?refresh_token=rt-old for more",
        "HTTPS://IDP.EXAMPLE",
        "hxxp://idp.example",
        "myapp://callback",
        "https:/ /idp.example",
        "https:\\\\idp.example",
        "https:\\/\\/idp.example",
        "https:idp.example",
        "//idp.example",
        "\\\\idp.example\\share",
        "javascript:alert(1)",
        "javascript :alert(1)",
        "java\nscript:alert(1) //x",
        "vbscript:x",
        "data:text/html,x",
        "data:,x",
        "mailto:a@b.example",
        "www.idp.example",
        "www2.idp.example",
        "user:pw@idp.example",
        "idp.example/token",
        "idp.example:8443/token",
        "127.0.0.1/x",
        "localhost:8080/cb",
        "[::1]:80/x",
        "cb?code=abc",
        "https%3A%2F%2Fidp.example",
        "https%253A%252F%252Fidp.example",
        "https&#58;&#47;&#47;idp.example",
        "\uff48\uff54\uff54\uff50\uff53\uff1a\uff0f\uff0fidp.example",
        "\u2215\u2215idp.example",
        "ht\u200btps:/\u200b/idp.example",
        "x" * 5000 + " https://idp.example",
    ],
)
def test_anything_like_a_url_is_replaced_whole(text: str) -> None:
    assert sanitise(text) == REDACTED == "(redacted: URL-shaped content)"


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("  a  ", "a"),
        ("a\r\nb", "a b"),
        ("a\nb\rc\u2028d\u2029e\x85f", "a b c d e f"),
        ("\r\n", ""),
        ("a\tb\x00c\x1bd\x7fe\x9bf", "abcdef"),
        ("a\u202eb\u2066c\u200ed", "abcd"),
        ("a\u200bb\u200dc\ufeffd\u00ade\u2060f", "abcdef"),
        ("a\u034fb\u115fc\u3164d\ufe0fe\U000e0041f", "abcdef"),
        ("a\ud800b\ue000c\ufffed", "abcd"),
        ("invalid_grant\r\nlevel=ERROR msg=forged", "invalid_grant level=ERROR msg=forged"),
    ],
)
def test_what_cannot_be_seen_goes_and_a_line_break_becomes_a_space(text: str, safe: str) -> None:
    assert sanitise(text) == safe


def test_every_control_and_format_character_goes() -> None:
    breaks = {"\n", "\r", "\x85"}
    gone = [chr(point) for point in range(sys.maxunicode + 1) if category(chr(point)) in ("Cc", "Cf", "Cs")]
    assert {sanitise(f"a{char}b") for char in gone if char not in breaks} == {"ab"}


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("x" * 200, "x" * 200),
        ("x" * 201, "x" * 199 + "…"),
        ("x" * 198 + "  y" + "z" * 10, "x" * 198 + "…"),
        ("é" * 5000, "é" * 199 + "…"),
        ("\U0001f512" * 201, "\U0001f512" * 199 + "…"),
        ("\u200b" * 100_000 + "x", "x"),
        ("x" * 16_384, "x" * 199 + "…"),
        ("x" * 16_385, "x" * 199 + "…"),
        (" " * 16_384 + "x", "…"),
    ],
)
def test_at_most_200_characters_remain_the_ellipsis_included(text: str, safe: str) -> None:
    assert sanitise(text) == safe


def test_the_limit_can_be_another() -> None:
    assert sanitise("x" * 41, limit=40) == "x" * 39 + "…"
    assert sanitise("x" * 40, limit=40) == "x" * 40


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("rt-old/9f=8+e?7", "***"),
        ("token rt-old/9f=8+e?7 is gone", "token *** is gone"),
        ("rt-old/9f=8+e?7rt-old/9f=8+e?7 x", "*** x"),
        ("rt-old/9f=8+e?7 x rt-old/9f=8+e?7", "*** x ***"),
        ("rt-old\u200b/9f=8+e?7", "***"),
        ("x rt-old/\r\n9f=8+e?7 y", "x *** y"),
        ("x r t - o l d / 9 f = 8 + e ? 7 y", "x *** y"),
        ("x " + quote("rt-old/9f=8+e?7") + " y", "x *** y"),
        ("x " + quote("rt-old/9f=8+e?7", safe="") + " y", "x *** y"),
        ("x " + quote(quote("rt-old/9f=8+e?7", safe="")) + " y", "x *** y"),
        ("x rt-old\\/9f=8+e?7 y", REDACTED),
        ("x " + b"rt-old/9f=8+e?7".hex() + " y", "x *** y"),
        ("x " + b"rt-old/9f=8+e?7".hex().upper() + " y", "x *** y"),
        ("x rt-%6fld/9f=8+e?7 y", "***"),
        ("x rt&#45;old/9f=8+e?7 y", "***"),
        ("x rt\\u002dold/9f=8+e?7 y", "***"),
        ("x \uff52\uff54-old/9f=8+e?7 y", "***"),
        ("x" * 195 + " rt-old/9f=8+e?7", "x" * 195 + " ***"),
        ("x" * 16_380 + "rt-old/9f=8+e?7", "x" * 199 + "…"),
        ("y" + " " * 16_376 + "rt-old/9f=8+e?7", "y…"),
    ],
)
def test_a_secret_is_masked_however_it_is_wrapped(text: str, safe: str) -> None:
    assert sanitise(text, [Secret("unrelated"), TOKEN]) == safe


@pytest.mark.parametrize("prefix", [b"", b"a", b"ab", b"abc", b"client:"])
def test_a_secret_inside_base64_is_masked_at_any_alignment(prefix: bytes) -> None:
    secret = b"\xc3\xbe-secret-value?>~~"
    for encode in (b64encode, urlsafe_b64encode):
        shown = sanitise(encode(prefix + secret + b"...").decode(), [Secret(secret.decode())])
        assert "***" in shown
        assert len(shown) < len(prefix) * 2 + 12


def test_overlapping_secrets_leave_nothing_of_either() -> None:
    assert sanitise("x abcdefgh y", [Secret("abcdef"), Secret("defgh")]) == "x *** y"
    assert sanitise("x aaaaa y", [Secret("aaaa")]) == "x *** y"


def test_a_mask_that_makes_another_secret_does_not_stop_short() -> None:
    assert sanitise("b12345c", [Secret("b***c"), Secret("12345")]) == "***"


@pytest.mark.parametrize("secret", ["", "abc", " a b c ", "****", "…", "…***"])
def test_a_secret_of_three_characters_or_of_the_mask_s_own_is_let_be(secret: str) -> None:
    assert sanitise("abc **** …***", [Secret(secret)]) == "abc **** …***"


def test_a_secret_of_four_characters_is_masked() -> None:
    assert sanitise("abcd", [Secret("abcd")]) == "***"


def test_a_secret_that_cannot_be_encoded_is_still_masked() -> None:
    assert sanitise("x secret y", [Secret("\ud800\ud801\ud802\ud803"), Secret("secret")]) == "x *** y"


_PIECES = [
    *("https", ":", "//", " ", "\n", "\u200b", "rt-old/9f=8+e?7", "rt-old", "%2F", "&#47;", "*", "…", "x" * 190, "."),
    *("\u202e", REDACTED, "abcd", "?a=b", "@", "\\"),
]
_TEXTS = st.text(max_size=400) | st.lists(st.sampled_from(_PIECES), max_size=12).map("".join)
_SHARP = ["rt-old/9f=8+e?7", "abcd", "redacted", "xxxx", "…abc", "*…*a"]
_SECRETS = st.lists(st.sampled_from(_SHARP) | st.text(max_size=8))


@pytest.mark.parametrize(
    "piece", ["x", "x.", "x:", "a:b", "data:", "?a", "[", ":8", "-", "a@", ": ", "aaaa", "%", "&#"]
)
def test_no_text_takes_long(piece: str) -> None:
    """In linear time: a quadratic search of a text of this length would not end within the test's own time limit."""
    assert len(sanitise(piece * 500_000, [Secret("a" * 4000), TOKEN])) <= 200


@given(_TEXTS, _SECRETS)
@example("x" * 198 + "*…", ["*…", "x" * 4])
@example("x" * 195 + "//" + " " * 10, [])
def test_the_output_is_a_fixed_point_short_visible_and_without_secrets(text: str, secrets: list[str]) -> None:
    hidden = [Secret(secret) for secret in secrets]
    safe = sanitise(text, hidden)
    assert sanitise(safe, hidden) == safe
    assert len(safe) <= 200
    assert safe == safe.strip()
    assert not any(category(char) in ("Cc", "Cf", "Cs") for char in safe)
    for secret in secrets:
        if safe != REDACTED and len("".join(secret.split())) >= 4 and secret.strip("*… \n\t"):
            assert secret not in safe
