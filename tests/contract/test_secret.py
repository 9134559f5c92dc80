"""A secret shows itself to nobody who does not ask for it by name."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from authpulse_contract.codec import from_builtins, from_json, to_builtins, to_json
from authpulse_contract.connections import BroughtToken
from authpulse_contract.secret import Secret


@given(st.text(min_size=1).filter(lambda text: not set(text) <= set("[*]")))
def test_no_way_of_showing_a_secret_gives_it_away(value: str) -> None:
    secret = Secret(value)
    shown = [repr(secret), str(secret), f"{secret}", f"{secret:>40}", repr([secret])]
    assert [text for text in shown if value in text] == []
    assert secret.reveal() == value


def test_secrets_are_compared_by_value_and_hash_alike() -> None:
    assert {Secret("a"), Secret("a"), Secret("b")} == {Secret("a"), Secret("b")}
    assert Secret("a") != "a"


@given(st.text())
def test_a_secret_crosses_a_border_as_the_text_it_is(value: str) -> None:
    token = BroughtToken(refresh_token=Secret(value))
    assert from_json(to_json(token), BroughtToken) == token
    assert from_builtins(to_builtins(token), BroughtToken) == token
    assert to_builtins(token) == {"refresh_token": value}


def test_a_secret_that_is_no_text_is_refused_by_the_name_of_its_member() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"refresh_token"):
        from_builtins({"refresh_token": 7}, BroughtToken)


def test_what_no_contract_knows_does_not_cross_a_border() -> None:
    with pytest.raises(NotImplementedError, match="object does not cross a border"):
        to_json(object())
