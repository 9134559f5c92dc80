"""Any kind and name fit one subject token each."""

from hypothesis import given
from hypothesis import strategies as st

from authpulse_contract.subjects import escape, event_subject, unescape


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_escaping_is_undone_and_leaves_no_character_that_a_subject_gives_meaning_to(text: str) -> None:
    token = escape(text)
    assert unescape(token) == text
    assert token
    assert not set(token) & set(".*> \t\r\n\0")
    assert token.isascii()


def test_the_event_type_is_the_last_token() -> None:
    assert event_subject("api", "c.r m", "refresh_succeeded") == "auth.events.api.c%2Er%20m.refresh_succeeded"
