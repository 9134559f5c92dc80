"""Whoever guesses has to wait; whoever knows does not have to because others guess."""

from hypothesis import given
from hypothesis import strategies as st

from authpulse_health_api.admission.attempts import Attempts


def failing(attempts: Attempts, times: int, now: float = 0.0, address: str = "guesser") -> None:
    for _ in range(times):
        attempts.failed(address, now)


def test_as_many_failures_as_allowed_are_forgiven_and_then_one_has_to_wait() -> None:
    attempts = Attempts(10)
    failing(attempts, 9)
    assert attempts.wait("guesser", 0.0) == 0
    failing(attempts, 1)
    assert attempts.wait("guesser", 0.0) == 6
    assert attempts.wait("guesser", 6.0) == 0
    assert attempts.wait("another", 0.0) == 0


@given(st.lists(st.tuples(st.floats(0, 10), st.integers(0, 20)), max_size=20))
def test_after_waiting_as_long_as_told_one_may_try(history: list[tuple[float, int]]) -> None:
    attempts, now = Attempts(5), 0.0
    for pause, times in history:
        now += pause
        failing(attempts, times, now)
    wait = attempts.wait("guesser", now)
    assert 0 <= wait <= 12.001
    assert attempts.wait("guesser", now + wait + 0.001) == 0


def test_many_addresses_together_are_held_back_but_not_those_who_know() -> None:
    attempts = Attempts(10)
    attempts.succeeded("ours")
    for number in range(300):
        failing(attempts, 1, 0.0, str(number))
    assert attempts.wait("a new one", 0.0) > 0
    assert attempts.wait("ours", 0.0) == 0
