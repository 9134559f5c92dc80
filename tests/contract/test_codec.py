"""A secret is written down only where it is meant to cross a border."""

import msgspec
import pytest

from authpulse_contract.codec import from_json, to_json
from authpulse_contract.connections import BroughtToken
from authpulse_contract.secret import Secret

TOKEN = BroughtToken(refresh_token=Secret("r-1"), expires_in=60.0)


def test_what_is_not_given_is_not_written() -> None:
    assert to_json(TOKEN) == b'{"refresh_token":"r-1","expires_in":60.0}'


def test_unknown_members_are_ignored() -> None:
    assert from_json(b'{"colour":"red"}', BroughtToken) == BroughtToken()


def test_a_wrong_member_is_named_and_its_value_is_not_repeated() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"refresh_token") as refusal:
        from_json(b'{"refresh_token":["s3cret"]}', BroughtToken)
    assert "s3cret" not in str(refusal.value)


def test_what_is_not_part_of_the_contract_does_not_cross_a_border() -> None:
    with pytest.raises(NotImplementedError, match="object does not cross a border"):
        to_json({"x": object()})
