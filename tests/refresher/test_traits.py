"""What is known of an IdP is found by its host, and nothing known means the strictest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authpulse_refresher.decision.traits import BUILT_IN, STRICT, AtHosts, Traits, TraitsError, read_traits, traits_of

FILE = """
[[idp]]
hosts = ["idp.example", "127.0.0.1"]
grace = 2.5
previous_only = true
replay_kills = false
rotates = false
[[idp]]
hosts = ["example"]
"""


def test_a_file_gives_the_traits_of_its_hosts() -> None:
    hosts = ("idp.example", "127.0.0.1")
    lenient = AtHosts(hosts=hosts, grace=2.5, previous_only=True, replay_kills=False, rotates=False)
    assert read_traits(FILE) == (lenient, AtHosts(hosts=("example",)))


@pytest.mark.parametrize("host", ["idp.example", "idp.example:8443", "login.idp.example", "127.0.0.1:9"])
def test_a_host_has_the_traits_given_for_it_or_for_one_above_it(host: str) -> None:
    lenient = Traits(grace=2.5, previous_only=True, replay_kills=False, rotates=False)
    assert traits_of(host, read_traits(FILE)) == lenient


@pytest.mark.parametrize("host", [None, "", "other.example", "notidp.example", "idp.example.org"])
def test_of_any_other_host_the_strictest_is_assumed(host: str | None) -> None:
    assert traits_of(host, read_traits(FILE)) == STRICT


@given(st.text(max_size=30))
def test_any_text_is_a_host_and_nothing_known_is_strict(host: str) -> None:
    assert traits_of(host, ()) == STRICT == Traits(grace=0.0, previous_only=False, replay_kills=True, rotates=True)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[[idp]]\n", "hosts"),
        ("[[idp]]\nhosts = ['a']\ngrace = -1", "grace"),
        ("[[idp]]\nhosts = ['a']\ngraze = 1", "graze"),
        ("idp =", "Invalid value"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(text: str, named: str) -> None:
    with pytest.raises(TraitsError, match=named):
        read_traits(text)


def test_what_comes_with_the_program_has_the_well_known_ones() -> None:
    assert traits_of("oauth2.googleapis.com", BUILT_IN) == Traits(rotates=False)
    assert traits_of("acme.okta.com", BUILT_IN) == Traits(grace=30)
    assert traits_of("github.com", BUILT_IN) == STRICT
