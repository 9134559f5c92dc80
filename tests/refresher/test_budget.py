"""One host's trouble stays its own: so many at once, so many a second, quiet where asked for, one probe while down."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from authpulse_refresher.model import Answer, NoAnswer
from authpulse_refresher.provider.budget import (
    FAILURES,
    FIRST_PAUSE,
    FORGOTTEN,
    LONGEST_PAUSE,
    LONGEST_QUIET,
    Budget,
    Heard,
    Limits,
    begun,
    ended,
    hear,
    heard,
    is_idle,
    room,
)

LIMITS = Limits(at_once=4, rate=10.0)
UP, DOWN = Heard("up"), Heard("down")


def after(budget: Budget, *said: Heard, at: float = 100.0, jitter: float = 0.0) -> Budget:
    for each in said:
        budget = heard(budget, each, at, jitter)
    return budget


def answer(status: int, **headers: str) -> Answer:
    return Answer(status=status, headers={name.replace("_", "-"): value for name, value in headers.items()}, body=b"")


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (answer(200), UP),
        (answer(400), UP),
        (answer(499), UP),
        (answer(500), DOWN),
        (answer(503), DOWN),
        (answer(429, retry_after="7"), Heard("up", 7.0)),
        (answer(503, retry_after="7"), Heard("down", 7.0)),
        (answer(503, retry_after="999999"), Heard("down", LONGEST_QUIET)),
        (answer(400, retry_after="7"), UP),
        (answer(500, retry_after="7"), DOWN),
        (NoAnswer(cause="deadline", sent=True), DOWN),
        (NoAnswer(cause="dns", sent=False), DOWN),
        (NoAnswer(cause="ca_file", sent=False), None),
        (NoAnswer(cause="too_late", sent=False), None),
    ],
)
def test_an_answer_says_whether_its_host_lives_and_asks_for_quiet(what: Answer | NoAnswer, said: Heard | None) -> None:
    assert hear(what) == said


def test_so_many_at_once_and_so_many_a_second() -> None:
    budget = Budget()
    for left in (3, 2, 1, 0):
        budget = begun(budget, LIMITS, 100.0)
        assert room(budget, LIMITS, 100.0) == left
    for _ in range(4):
        budget = ended(budget)
    assert (budget.in_flight, room(budget, LIMITS, 100.0)) == (0, 4)
    for _ in range(5):
        budget = ended(begun(budget, LIMITS, 100.0))
    assert [room(budget, LIMITS, at) for at in (100.0, 100.125, 100.25, 100.375, 101.0)] == [1, 2, 3, 4, 4]


def test_a_slow_rate_still_lets_one_begin() -> None:
    slow = Limits(at_once=4, rate=0.5)
    assert room(Budget(), slow, 100.0) == 1
    once = ended(begun(Budget(), slow, 100.0))
    assert [room(once, slow, at) for at in (100.0, 101.9, 102.0)] == [0, 0, 1]


def test_quiet_is_kept_for_as_long_as_asked_and_never_shortened() -> None:
    budget = after(Budget(), Heard("up", 7.0), Heard("up", 2.0), UP)
    assert [room(budget, LIMITS, at) for at in (106.9, 107.0)] == [0, 4]


def test_a_few_outages_open_nothing_and_a_sign_of_life_forgets_them() -> None:
    few = after(Budget(), *[DOWN] * (FAILURES - 1))
    assert room(few, LIMITS, 100.0) == 4
    assert room(after(few, UP, *[DOWN] * (FAILURES - 1)), LIMITS, 100.0) == 4


def test_a_host_that_is_down_gets_one_probe_at_a_time_ever_more_rarely() -> None:
    budget = after(Budget(), *[DOWN] * FAILURES)
    assert room(budget, LIMITS, 100.9) == 0
    pauses, now = [FIRST_PAUSE], 100.0
    for _ in range(8):
        now = budget.quiet_until
        assert room(budget, LIMITS, now) == 1
        probing = begun(budget, LIMITS, now)
        assert room(probing, LIMITS, now) == 0
        budget = ended(after(probing, DOWN, at=now))
        pauses.append(budget.quiet_until - now)
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert max(pauses) == LONGEST_PAUSE
    closed = after(budget, UP, at=budget.quiet_until)
    assert (closed.pause, closed.outages, room(closed, LIMITS, budget.quiet_until)) == (0.0, 0, 4)


def test_stragglers_of_the_same_outage_do_not_lengthen_the_pause_and_probes_are_spread() -> None:
    budget = after(Budget(), *[DOWN] * (FAILURES + 20))
    assert (budget.pause, budget.quiet_until) == (FIRST_PAUSE, 101.0)
    assert after(Budget(), *[DOWN] * FAILURES, jitter=0.5).quiet_until == 100.75


def test_a_sign_of_life_does_not_undo_the_quiet_that_was_asked_for() -> None:
    budget = after(Budget(), Heard("down", 30.0), *[DOWN] * FAILURES, UP)
    assert [room(budget, LIMITS, at) for at in (129.0, 130.0)] == [0, 4]


def test_only_what_says_nothing_is_idle() -> None:
    assert is_idle(Budget(), LIMITS, 100.0)
    spent = ended(begun(Budget(), LIMITS, 100.0))
    assert [is_idle(spent, LIMITS, at) for at in (100.0, 100.125)] == [False, True]
    for busy in ({"in_flight": 1}, {"outages": 1}, {"outages": 9, "pause": 1.0}, {"quiet_until": 100.5}):
        assert not is_idle(structs.replace(Budget(), **busy), LIMITS, 100.0)
    assert is_idle(Budget(quiet_until=100.0), LIMITS, 100.0)


def test_the_trouble_of_a_host_is_forgotten_once_nobody_has_asked_it_for_long() -> None:
    down = ended(after(begun(Budget(), LIMITS, 100.0), *[DOWN] * FAILURES, at=105.0))
    assert down.quiet_until == 106.0
    assert [is_idle(down, LIMITS, 106.0 + FORGOTTEN + late) for late in (-0.125, 0.0)] == [False, True]
    few = ended(after(begun(Budget(), LIMITS, 100.0), DOWN))
    assert [is_idle(few, LIMITS, 100.0 + FORGOTTEN + late) for late in (-0.125, 0.0)] == [False, True]
    assert not is_idle(begun(down, LIMITS, 106.0), LIMITS, 106.0 + 2 * FORGOTTEN)


@given(
    st.lists(
        st.tuples(st.floats(0, 30), st.sampled_from(["up", "down"]), st.floats(0, 5000), st.floats(0, 0.99)),
        max_size=40,
    )
)
def test_no_host_is_silenced_for_ever_or_given_more_than_its_share(
    said: list[tuple[float, str, float, float]],
) -> None:
    budget, now = Budget(), 0.0
    for wait, state, quiet, jitter in said:
        now += wait
        assert 0 <= room(budget, LIMITS, now) <= LIMITS.at_once
        if room(budget, LIMITS, now):
            budget = begun(budget, LIMITS, now)
            asked = Heard("up" if state == "up" else "down", min(quiet, LONGEST_QUIET))
            budget = ended(heard(budget, asked, now, jitter))
    assert room(budget, LIMITS, now + LONGEST_QUIET + LONGEST_PAUSE) >= 1
