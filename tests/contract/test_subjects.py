"""Any kind and name fit one subject token each."""

from hypothesis import given
from hypothesis import strategies as st

from authpulse_contract.subjects import command_subject, escape, event_subject, unescape


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_escaping_is_undone_and_leaves_no_character_that_a_subject_gives_meaning_to(text: str) -> None:
    token = escape(text)
    assert unescape(token) == text
    assert token
    assert not set(token) & set(".*> \t\r\n\0")
    assert token.isascii()


def test_the_event_type_is_the_last_token() -> None:
    assert event_subject("api", "c.r m", "refresh_succeeded") == "auth.events.api.c%2Er%20m.refresh_succeeded"


def test_what_a_path_or_a_url_gives_meaning_to_is_escaped_in_capitals() -> None:
    assert escape("a/b~c.d-e_f") == "a%2Fb%7Ec%2Ed-e_f"


def test_a_command_has_a_subject_of_its_verb() -> None:
    assert command_subject("register") == "auth.commands.register"
