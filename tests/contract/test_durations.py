import pytest
from hypothesis import given
from hypothesis import strategies as st

from authpulse_contract.durations import seconds

UNITS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}


@given(st.lists(st.tuples(st.integers(0, 10_000), st.sampled_from(sorted(UNITS))), min_size=1))
def test_a_duration_is_the_sum_of_its_parts(parts: list[tuple[int, str]]) -> None:
    """Whatever the order of the units."""
    assert seconds("".join(f"{number}{unit}" for number, unit in parts)) == sum(n * UNITS[unit] for n, unit in parts)


@pytest.mark.parametrize("text", ["", "60", 60, "1 h", "-1s", "1y", "1h,", None, "h", "\u0661s", "1e3s", True])
def test_anything_else_is_no_duration(text: object) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        seconds(text)
