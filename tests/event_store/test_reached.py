"""Up to which time the ledger holds all that was on the stream."""

from hypothesis import given
from hypothesis import strategies as st

from authpulse_event_store.reached import Mark, Reached, reached

MARKS = (Mark(1.0, 10), Mark(2.0, 10), Mark(3.0, 25))


def test_a_mark_is_reached_once_its_last_message_is_acknowledged() -> None:
    assert reached(MARKS, 9, settled=False) == Reached(None, MARKS)
    assert reached(MARKS, 10, settled=False) == Reached(2.0, (Mark(3.0, 25),))
    assert reached(MARKS, 25, settled=False) == Reached(3.0, ())


def test_where_nothing_is_left_over_every_mark_is_reached_whatever_the_floor() -> None:
    assert reached(MARKS, 0, settled=True) == Reached(3.0, ())


def test_a_stream_made_anew_counts_from_1_again() -> None:
    assert reached((Mark(1.0, 500), Mark(2.0, 3)), 3, settled=False) == Reached(2.0, ())


def test_without_a_mark_nothing_is_known() -> None:
    assert reached((), 7, settled=True) == Reached(None, ())


@given(st.lists(st.integers(0, 100)), st.integers(0, 100), st.integers(0, 100), st.booleans())
def test_a_higher_floor_never_takes_back_what_was_reached(
    sequences: list[int], floor: int, more: int, settled: bool
) -> None:
    marks = [Mark(float(at), sequence) for at, sequence in enumerate(sequences)]
    first, later = reached(marks, floor, settled=settled), reached(marks, floor + more, settled=settled)
    assert (later.at is None) <= (first.at is None)
    assert (later.at or 0) >= (first.at or 0)
    assert len(later.waiting) <= len(first.waiting)
