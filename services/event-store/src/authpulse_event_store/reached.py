"""Up to which time the ledger holds all that was on the stream. Pure."""

from collections.abc import Sequence

from msgspec import Struct


class Mark(Struct, frozen=True):
    """At time `at` (seconds, rising) the newest message on the stream was `sequence`."""

    at: float
    sequence: int


class Reached(Struct, frozen=True):
    """The ledger holds all that was on the stream at time `at` (None: that is not known); `waiting`: later marks."""

    at: float | None
    waiting: tuple[Mark, ...]


def reached(marks: Sequence[Mark], floor: int, *, settled: bool) -> Reached:
    """The newest of `marks`, which come in order, up to which everything is acknowledged, and those after it.

    Messages up to sequence `floor` are acknowledged, hence committed. `settled`: so is whatever there was when that was
    asked, which the floor does not say where the last messages have gone by age.
    """
    number = max((place for place, mark in enumerate(marks, 1) if settled or mark.sequence <= floor), default=0)
    return Reached(marks[number - 1].at if number else None, tuple(marks[number:]))
