"""When a connection comes due: every boundary of semantics 7, and the back-off."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from authpulse_refresher.decision.schedule import next_due, retry_due
from authpulse_refresher.model import Connection
from support.connections import CONFIG, NOW, after, connection, machine, tokens


def due(subject: Connection, *, jitter: float = 0.0, refreshed: bool = True) -> datetime | None:
    return next_due(subject, now=NOW, jitter=jitter, refreshed=refreshed)


def lasting(seconds: float, **members: Any) -> Connection:
    life = timedelta(seconds=seconds)
    return connection(tokens=tokens(expires_at=NOW + life, lifetime=life, refresh_expires_at=None, **members))


def test_there_is_nothing_to_refresh_without_oauth_or_tokens() -> None:
    assert due(connection(oauth=None)) is None
    assert due(connection(tokens=None)) is None


@pytest.mark.parametrize(
    ("life", "lead"),
    [(3600, 300), (86_400, 300), (600, 300), (598, 299), (60, 30), (4, 2)],
)
def test_an_access_token_is_refreshed_five_minutes_before_its_end_or_at_half_its_life(life: int, lead: int) -> None:
    assert due(lasting(life)) == after(seconds=life - lead)


@pytest.mark.parametrize(
    ("life", "jitter", "expected"),
    [(3600, 0.5, 3300 - 150), (3000, 0.5, 2700 - 150), (86_400, 0.5, 86_100 - 150), (600, 0.5, 300 - 30)],
)
def test_jitter_makes_it_earlier_by_up_to_five_minutes_or_a_tenth_of_its_life(
    life: int, jitter: float, expected: int
) -> None:
    assert due(lasting(life), jitter=jitter) == after(seconds=expected)


@pytest.mark.parametrize("life", [0, 1, 2])
def test_a_token_that_ends_at_once_does_not_make_the_loop_spin(life: int) -> None:
    assert due(lasting(life), jitter=0.9) == after(seconds=1)
    assert due(lasting(-3600)) == after(seconds=1)


def test_without_a_known_life_what_is_left_of_it_counts() -> None:
    assert due(
        lasting(
            60,
        ),
        refreshed=False,
    ) == after(seconds=30)
    unknown = connection(tokens=tokens(expires_at=after(seconds=60), lifetime=None, refresh_expires_at=None))
    assert due(unknown) == after(seconds=30)


def test_without_a_known_end_the_default_life_counts() -> None:
    unknown = connection(
        oauth=structs.replace(CONFIG, default_lifetime=60.0),
        tokens=tokens(expires_at=None, lifetime=None, refresh_expires_at=None),
    )
    assert due(unknown) == after(seconds=30)


def test_a_brought_refresh_token_without_an_access_token_is_due_at_once() -> None:
    assert due(connection(tokens=tokens(access_token=None, expires_at=None)), refreshed=False) == NOW


def test_before_a_refresh_a_lead_already_entered_is_due_at_once_boundary_included() -> None:
    assert due(lasting(3600), refreshed=False) == after(minutes=55)
    assert due(connection(tokens=tokens(expires_at=after(minutes=5))), refreshed=False) == NOW
    assert due(connection(tokens=tokens(expires_at=after(minutes=5, seconds=1))), refreshed=False) == after(seconds=1)
    assert due(connection(tokens=tokens(expires_at=after(hours=-5))), refreshed=False) == NOW


def test_without_a_refresh_token_it_is_due_when_the_access_token_has_run_out() -> None:
    spent = connection(tokens=tokens(refresh_token=None, expires_at=after(minutes=4)))
    assert due(spent, jitter=0.9) == after(minutes=4)
    endless = connection(tokens=tokens(refresh_token=None, expires_at=None))
    assert due(endless) == after(hours=1)


def test_a_client_credentials_grant_needs_no_refresh_token() -> None:
    tokens_of_an_hour = structs.replace(tokens(refresh_token=None, refresh_expires_at=None), expires_at=after(hours=1))
    assert due(machine(tokens=tokens_of_an_hour)) == after(minutes=55)


@pytest.mark.parametrize(
    ("ends_in", "life", "expected"),
    [
        (timedelta(hours=2), timedelta(days=30), timedelta(hours=1)),
        (timedelta(hours=2), None, timedelta(hours=1)),
        (timedelta(minutes=30), timedelta(minutes=30), timedelta(minutes=15)),
        (timedelta(hours=1, seconds=1), timedelta(days=30), timedelta(seconds=1)),
    ],
)
def test_the_refresh_deadline_is_met_an_hour_before_it_or_at_half_its_life(
    ends_in: timedelta, life: timedelta | None, expected: timedelta
) -> None:
    subject = connection(
        tokens=tokens(expires_at=after(days=1), refresh_expires_at=NOW + ends_in, refresh_lifetime=life)
    )
    assert due(subject, jitter=0.0) == NOW + expected


def test_a_refresh_deadline_is_acted_on_once_and_not_on_every_tick() -> None:
    near = connection(tokens=tokens(expires_at=after(hours=3), refresh_expires_at=after(hours=1)))
    assert due(near, refreshed=False) == NOW
    assert due(near, refreshed=True) == after(hours=3, minutes=-5)


def test_the_longest_life_of_a_sign_in_is_acted_on_an_hour_before_and_once() -> None:
    def signed_in(ago: timedelta, longest: float = 86_400.0) -> Connection:
        return connection(
            oauth=structs.replace(CONFIG, refresh_max_lifetime=longest),
            tokens=tokens(expires_at=after(days=3)),
            authenticated_at=NOW - ago,
        )

    assert due(signed_in(timedelta(hours=20))) == after(hours=3)
    assert due(signed_in(timedelta(hours=23)), refreshed=False) == NOW
    assert due(signed_in(timedelta(hours=23)), refreshed=True) == after(days=3, minutes=-5)
    assert due(signed_in(timedelta(), longest=600)) == after(minutes=5)
    never = structs.replace(signed_in(timedelta(hours=23)), authenticated_at=None)
    assert due(never, refreshed=False) == after(days=3, minutes=-5)


@pytest.mark.parametrize(
    ("attempt", "ceiling"),
    [(1, 2), (2, 4), (3, 8), (8, 256), (9, 512), (10, 900), (17, 900), (10_000, 900)],
)
def test_each_failure_doubles_the_span_from_which_the_next_try_is_drawn(attempt: int, ceiling: int) -> None:
    assert retry_due(attempt, now=NOW, jitter=0.5, retry_after=None) == after(seconds=max(ceiling / 2, 1))


def test_a_retry_never_comes_within_a_second() -> None:
    assert retry_due(5, now=NOW, jitter=0.0, retry_after=None) == after(seconds=1)


@pytest.mark.parametrize(("asked", "expected"), [(7, 8), (120, 121), (3600, 3601), (3601, 3601), (1e300, 3601)])
def test_retry_after_is_added_to_and_capped_at_an_hour(asked: float, expected: int) -> None:
    assert retry_due(1, now=NOW, jitter=0.5, retry_after=asked) == after(seconds=expected)


@given(
    life=st.floats(min_value=0, max_value=3e8),
    refresh_life=st.none() | st.floats(min_value=0, max_value=3e8),
    jitter=st.floats(min_value=0, max_value=1, exclude_max=True),
)
def test_a_refreshed_connection_is_due_in_the_future_and_before_its_token_ends(
    life: float, refresh_life: float | None, jitter: float
) -> None:
    longest = None if refresh_life is None else timedelta(seconds=refresh_life)
    subject = connection(
        tokens=tokens(
            expires_at=after(seconds=life),
            lifetime=timedelta(seconds=life),
            refresh_expires_at=None if longest is None else NOW + longest,
            refresh_lifetime=longest,
        )
    )
    moment = due(subject, jitter=jitter)
    assert moment is not None
    assert after(seconds=1) <= moment <= max(after(seconds=life), after(seconds=1))
