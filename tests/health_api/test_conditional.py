"""A client that has the answer is not sent it again."""

import pytest

from authpulse_health_api.health.conditional import is_current

ETAG = '"abc"'


@pytest.mark.parametrize("header", [ETAG, "*", f"W/{ETAG}", f'"old", {ETAG}', f'"old" ,W/{ETAG},"older"'])
def test_a_client_that_holds_the_tag_in_any_way_of_saying_so_is_current(header: str) -> None:
    assert is_current(header, ETAG)


@pytest.mark.parametrize("header", [None, "", '"old"', "abc", '"abc', "w/" + ETAG, '"old", "older"'])
def test_a_client_that_holds_another_or_none_is_not(header: str | None) -> None:
    assert not is_current(header, ETAG)
