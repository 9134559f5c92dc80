"""The law of the newest changes: with them a reader of any earlier board has the newest, or is told that it cannot."""

from hypothesis import given
from hypothesis import strategies as st

from authpulse_health_api.health.board import EMPTY, Change, apply
from authpulse_health_api.health.page import Row
from authpulse_health_api.health.recent import Recent


def change(position: int, name: str, row: Row | None) -> Change:
    return Change(position=position, kind="api", name=name, row=row)


@st.composite
def histories(draw: st.DrawFn) -> list[Change]:
    positions = sorted(draw(st.sets(st.integers(1, 60), max_size=20)))
    return [change(position, draw(st.sampled_from("abc")), draw(st.none() | rows())) for position in positions]


def rows() -> st.SearchStrategy[Row]:
    return st.binary(max_size=2).map(
        lambda encoded: Row(
            kind="api", name="x", needs_reauth=False, refresh_failing=False, encoded=encoded, digest=len(encoded)
        )
    )


@given(histories(), st.integers(0, 60), st.integers(1, 25))
def test_what_is_told_since_a_position_makes_the_newest_board_of_the_one_then(
    changes: list[Change], known: int, length: int
) -> None:
    recent = Recent(length)
    recent.add(changes)
    told = recent.since(known)
    then = apply(EMPTY, [one for one in changes if one.position <= known])
    if told is not None:
        now = apply(EMPTY, changes)
        assert (apply(then, told).keys, apply(then, told).rows) == (now.keys, now.rows)
        assert len({one.name for one in told}) == len(told)


@given(histories(), st.integers(1, 25))
def test_all_that_fits_can_be_told(changes: list[Change], length: int) -> None:
    recent = Recent(length)
    recent.add(changes)
    forgotten = [one.position for one in changes[:-length]]
    for known in range(recent.position + 1):
        assert (recent.since(known) is None) == (known < max(forgotten, default=0))


def test_a_position_ahead_of_us_cannot_be_told_from() -> None:
    assert Recent().since(1) is None
