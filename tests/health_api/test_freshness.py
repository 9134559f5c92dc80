"""How old the rows are, and who is named for it."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authpulse_health_api.health.freshness import STALE, Freshness, Signs

NOW = 100.0
Seen = Callable[[Signs], object]


def nothing(_: Signs) -> None:
    """Not seen again since the beginning."""


def mute(it: Signs) -> None:
    """NATS does not answer either."""
    it.unanswered(nats_there=False)


def signs(
    *, read: Seen = lambda it: it.read(NOW, behind=0), answered: Seen = lambda it: it.answered(NOW, waiting=0)
) -> Signs:
    """All is well unless said otherwise."""
    made = Signs(0.0)
    answered(made)
    read(made)
    return made


def test_while_all_is_well_nobody_is_named() -> None:
    assert signs().judge(NOW + 2) == Freshness(2.0)
    assert signs().judge(NOW + 2).headers == {"age": "2"}


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        (signs(read=nothing), Freshness(100, ("ledger",))),
        (signs(read=nothing, answered=mute), Freshness(100, ("ledger",))),
        (signs(read=lambda it: it.read(NOW, behind=7)), Freshness(7, ("event-store",))),
        (signs(read=lambda it: it.read(NOW, behind=7), answered=mute), Freshness(100, ("nats",))),
        (signs(answered=nothing), Freshness(100, ("refresher",))),
        (signs(answered=lambda it: it.without_vault(NOW)), Freshness(100, ("vault",))),
        (signs(answered=lambda it: it.answered(NOW, waiting=8)), Freshness(8, ("nats",))),
        (signs(read=lambda it: it.read(NOW, behind=7), answered=nothing), Freshness(100, ("event-store", "refresher"))),
    ],
)
def test_whoever_keeps_newer_news_is_named(seen: Signs, told: Freshness) -> None:
    assert seen.judge(NOW) == told


def test_an_answer_that_failed_to_come_once_is_no_news_yet() -> None:
    made = signs()
    mute(made)
    assert made.judge(NOW + 1) == Freshness(1.0)


@pytest.mark.parametrize("seen", [mute, lambda it: it.without_vault(NOW)])
def test_who_is_back_is_forgiven(seen: Seen) -> None:
    made = signs(answered=seen)
    made.answered(NOW, waiting=0)
    made.read(NOW + 7, behind=0)
    assert made.judge(NOW) == Freshness(0.0)
    assert made.judge(NOW + 8) == Freshness(8.0, ("refresher",))


def test_a_vault_that_is_away_shows_that_nats_is_there() -> None:
    made = signs(answered=mute)
    made.without_vault(NOW)
    assert made.judge(NOW).away == ("vault",)


def test_clocks_that_differ_make_nothing_younger_than_now() -> None:
    made = signs(read=lambda it: it.read(NOW, behind=-3), answered=lambda it: it.answered(NOW, waiting=-3))
    assert made.judge(NOW) == Freshness(0.0)


def test_several_are_told_in_one_header() -> None:
    assert Freshness(12.9, ("event-store", "refresher")).headers == {
        "age": "12",
        "authpulse-away": "event-store, refresher",
    }


seconds = st.floats(0, 1000)


@given(seconds, seconds, seconds, seconds, seconds, st.booleans(), st.booleans())
def test_old_rows_have_somebody_to_blame_and_new_ones_nobody(  # noqa: PLR0913, PLR0917 -- one for each that varies
    read: float, behind: float, asked: float, waiting: float, now: float, nats: bool, vault: bool
) -> None:
    made = Signs(0.0)
    made.answered(asked, waiting=waiting)
    if not vault:
        made.without_vault(asked)
    made.unanswered(nats_there=nats)
    made.read(read, behind=behind)
    found = made.judge(now)
    assert bool(found.away) == (found.age >= STALE)
    assert found.age >= 0
