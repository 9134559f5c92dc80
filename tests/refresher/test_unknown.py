"""After a silence the stored token is spent again where that helps or hurts nobody, and never an older one."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authpulse_refresher.decision.traits import STRICT, Traits
from authpulse_refresher.decision.unknown import (
    FAST_SPREAD,
    FASTEST,
    JUST_NOW,
    Silence,
    counts,
    in_grace,
    may_repeat,
    next_try,
)
from authpulse_refresher.model import Connection
from support.connections import NOW, after, connection, machine

HOLD = timedelta(minutes=5)
BACKOFF = after(seconds=90)
SOON = after(seconds=0.15)
REUSABLE = Traits(rotates=False)


def tried(
    row: Connection, silence: Silence = JUST_NOW, *, since: datetime = NOW, backoff: datetime = BACKOFF
) -> datetime:
    return next_try(row, silence, since=since, backoff=backoff, now=NOW, jitter=0.5)


@pytest.mark.parametrize(
    ("row", "traits", "since", "due"),
    [
        (connection(), STRICT, NOW, SOON),
        (connection(attempt=1), STRICT, NOW, BACKOFF),
        (connection(), REUSABLE, NOW, BACKOFF),
        (machine(), STRICT, NOW, BACKOFF),
        (connection(oauth=None), STRICT, NOW, BACKOFF),
        # The back-off would oversteps the grace: half of what is left of it, then half of that.
        (connection(attempt=1), Traits(grace=60), NOW, after(seconds=30)),
        (connection(attempt=1), Traits(grace=60), after(seconds=-40), after(seconds=10)),
        (connection(attempt=1), Traits(grace=60), after(seconds=-59.8), SOON),
        (connection(attempt=1), Traits(grace=60), after(seconds=-59.85), SOON),
        (connection(attempt=1), Traits(grace=60), after(seconds=-59.9), BACKOFF),
        (connection(attempt=1), Traits(grace=90), NOW, BACKOFF),
        (connection(attempt=1), Traits(grace=1), NOW, after(seconds=0.5)),
    ],
)
def test_where_nobody_has_the_answer_the_first_retry_is_fast_and_later_ones_are_within_the_grace_or_as_usual(
    row: Connection, traits: Traits, since: datetime, due: datetime
) -> None:
    assert tried(row, Silence(traits=traits), since=since) == due


@pytest.mark.parametrize(
    ("row", "traits", "since", "due"),
    [
        (connection(), STRICT, NOW, NOW + HOLD),
        (connection(attempt=3), STRICT, NOW, NOW + HOLD),
        (connection(), Traits(grace=60), after(seconds=-60), NOW + HOLD),
        (connection(), Traits(grace=60), after(seconds=-59.85), SOON),
        (connection(), Traits(previous_only=True), after(days=-1), SOON),
        (connection(), Traits(replay_kills=False), after(days=-1), SOON),
        (connection(), REUSABLE, after(days=-1), SOON),
        (machine(), STRICT, after(days=-1), SOON),
    ],
)
def test_where_a_paused_holder_may_have_the_answer_nothing_that_could_kill_it_is_sent(
    row: Connection, traits: Traits, since: datetime, due: datetime
) -> None:
    assert tried(row, Silence(traits=traits, hold=HOLD), since=since) == due


_TRAITS = st.builds(
    Traits,
    grace=st.floats(0, 3600),
    previous_only=st.booleans(),
    replay_kills=st.booleans(),
    rotates=st.booleans(),
)
_SPANS = st.timedeltas(timedelta(0), timedelta(hours=2))


@given(_TRAITS, _SPANS, st.integers(0, 9), _SPANS, st.floats(0, 1, exclude_max=True))
def test_a_retry_is_never_at_once_never_later_than_usual_and_a_hold_never_shorter_unless_harmless(
    traits: Traits, ago: timedelta, attempt: int, backoff: timedelta, jitter: float
) -> None:
    backoff += timedelta(seconds=1)
    row, since = connection(attempt=attempt), NOW - ago
    usual = NOW + backoff
    fast = NOW + FASTEST + FAST_SPREAD * jitter
    seen = next_try(row, Silence(traits=traits), since=since, backoff=usual, now=NOW, jitter=jitter)
    assert fast <= seen <= usual
    held = next_try(row, Silence(traits=traits, hold=HOLD), since=since, backoff=usual, now=NOW, jitter=jitter)
    within = fast <= since + timedelta(seconds=traits.grace)
    kills = traits.rotates and traits.replay_kills and not traits.previous_only and not within
    assert held == (NOW + HOLD if kills else fast)


@pytest.mark.parametrize(
    ("row", "held", "issued", "expected"),
    [
        (connection(generation=3), True, True, True),
        (connection(generation=3), True, False, True),
        (connection(generation=3), False, True, True),
        (connection(generation=3), False, False, False),
        (connection(generation=4), True, True, False),
        (connection(generation=4, tokens=None, needs_reauth=True, outcome_unknown=True), False, True, True),
        (connection(generation=4, tokens=None, needs_reauth=True, outcome_unknown=True), True, False, False),
        (connection(generation=5, tokens=None, needs_reauth=True, outcome_unknown=True), True, True, False),
        (connection(generation=4, tokens=None, needs_reauth=True), True, True, False),
        (connection(generation=4, tokens=None, outcome_unknown=True), True, True, False),
        (connection(generation=4, needs_reauth=True, outcome_unknown=True), True, True, False),
        (connection(generation=4, tokens=None, needs_reauth=True, outcome_unknown=True, removed=True), 0, 1, False),
    ],
)
def test_tokens_count_for_the_grant_that_they_descend_from_and_a_refusal_only_for_who_holds_it(
    row: Connection, *, held: bool, issued: bool, expected: bool
) -> None:
    assert counts(row, 3, held=bool(held), issued=bool(issued)) is expected


@pytest.mark.parametrize(
    ("row", "traits", "may"),
    [
        (connection(), Traits(grace=1), True),
        (connection(), STRICT, False),
        (connection(), Traits(previous_only=True), False),
        (connection(), Traits(grace=1, rotates=False), False),
        (machine(), Traits(grace=1), False),
        (connection(oauth=None), Traits(grace=1), False),
    ],
)
def test_a_request_is_repeated_at_once_only_where_it_spends_what_the_idp_forgives(
    row: Connection, traits: Traits, may: bool
) -> None:
    assert may_repeat(row, traits) is may


@given(grace=st.floats(0, 1000), waited=st.floats(-1000, 2000))
def test_a_spent_token_is_sent_again_only_if_it_arrives_within_the_grace(grace: float, waited: float) -> None:
    now = NOW + timedelta(seconds=waited)
    expected = 0 <= round(waited, 6) <= round(timedelta(seconds=grace) / timedelta(seconds=1), 6) - 0.05
    slack = abs(waited - (grace - 0.05)) < 1e-5
    assert slack or in_grace(Traits(grace=grace), since=NOW, now=now) is expected
