"""A journal that was torn or altered gives what is whole before that, and never anything made up."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authpulse_refresher.spill.frames import Frame, Kind, read_frames, written

_FRAMES = st.lists(st.builds(Frame, st.sampled_from(Kind), st.uuids(), st.binary(max_size=40)), max_size=6)


def test_a_frame_is_written_as_the_form_says() -> None:
    text = written(Frame(Kind.ANSWERED, UUID(int=7), b"body"))
    assert text == bytes.fromhex("00000004ed0ccc4802" + "00" * 15 + "07") + b"body"


@given(_FRAMES)
def test_what_was_written_is_read(frames: list[Frame]) -> None:
    assert list(read_frames(b"".join(map(written, frames)))) == frames


@given(_FRAMES, st.data())
def test_of_a_journal_cut_anywhere_the_whole_frames_are_read(frames: list[Frame], data: st.DataObject) -> None:
    text = b"".join(map(written, frames))
    cut = data.draw(st.integers(0, len(text)))
    whole = [number for number in range(len(frames) + 1) if len(b"".join(map(written, frames[:number]))) <= cut]
    assert list(read_frames(text[:cut])) == frames[: whole[-1]]


@given(_FRAMES, st.data())
def test_an_altered_byte_ends_the_reading_and_makes_nothing_up(frames: list[Frame], data: st.DataObject) -> None:
    text = bytearray(b"".join(map(written, frames)))
    if not text:
        return
    text[data.draw(st.integers(0, len(text) - 1))] ^= data.draw(st.integers(1, 255))
    read = list(read_frames(bytes(text)))
    assert read == frames[: len(read)]
    assert len(read) < len(frames)


@given(st.binary(max_size=200))
def test_no_bytes_are_too_strange_to_read(data: bytes) -> None:
    assert b"".join(map(written, read_frames(data))) == data[: sum(len(written(each)) for each in read_frames(data))]


@pytest.mark.parametrize("kind", [0, 4, 255])
def test_an_unknown_kind_ends_the_reading(kind: int) -> None:
    strange = written(Frame(kind, UUID(int=1)))  # type: ignore[arg-type]  # what a later form might have
    assert list(read_frames(strange + written(Frame(Kind.BEGUN, UUID(int=2))))) == []
