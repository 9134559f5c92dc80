"""A sealed value opens in its own place only, and nothing else about it can be seen."""

import base64
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authpulse_contract.secret import Secret
from authpulse_refresher.storage.seal import KeyRing, KeyRingError, SealError, read_key_ring

ROW = UUID(int=1)
OLD, NEW = b"o" * 32, b"n" * 32
RING = KeyRing({"old": OLD})
ROTATED = KeyRing({"new": NEW, "old": OLD})


def encoded(key: bytes) -> str:
    return base64.b64encode(key).decode()


@given(st.text(st.characters(codec="utf-8")), st.uuids(), st.text(st.characters(codec="utf-8")))
def test_what_was_sealed_opens_in_its_own_place(text: str, row: UUID, column: str) -> None:
    assert RING.open(RING.seal(Secret(text), row, column), row, column) == Secret(text)


def test_a_value_moved_to_another_row_or_column_does_not_open() -> None:
    sealed = RING.seal(Secret("s3cret"), ROW, "refresh_token")
    for row, column in ((UUID(int=2), "refresh_token"), (ROW, "access_token")):
        with pytest.raises(SealError, match="altered or moved"):
            RING.open(sealed, row, column)


@given(st.data())
def test_any_altered_byte_is_noticed(data: st.DataObject) -> None:
    sealed = bytearray(RING.seal(Secret("s3cret"), ROW, "refresh_token"))
    position = data.draw(st.integers(0, len(sealed) - 1))
    sealed[position] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SealError):
        RING.open(bytes(sealed), ROW, "refresh_token")


@given(st.binary(max_size=80))
def test_arbitrary_bytes_are_an_error_and_nothing_worse(data: bytes) -> None:
    with pytest.raises(SealError):
        RING.open(data, ROW, "refresh_token")


def test_the_same_secret_never_looks_the_same() -> None:
    assert RING.seal(Secret("s3cret"), ROW, "x") != RING.seal(Secret("s3cret"), ROW, "x")


def test_a_new_active_key_seals_and_the_old_one_still_opens() -> None:
    assert ROTATED.open(RING.seal(Secret("s3cret"), ROW, "x"), ROW, "x") == Secret("s3cret")
    with pytest.raises(SealError, match="'new', which is not in the key ring"):
        RING.open(ROTATED.seal(Secret("s3cret"), ROW, "x"), ROW, "x")


def test_a_fingerprint_tells_secrets_apart_and_holds_across_a_new_active_key() -> None:
    known = RING.fingerprint(Secret("s3cret"))
    assert ROTATED.fingerprint(Secret("s3cret"), like=known) == known
    assert ROTATED.fingerprint(Secret("another"), like=known) != known
    assert ROTATED.fingerprint(Secret("s3cret")) != known
    assert b"s3cret" not in known


def test_a_fingerprint_under_a_key_that_is_gone_matches_nothing() -> None:
    known = RING.fingerprint(Secret("s3cret"))
    assert KeyRing({"new": NEW}).fingerprint(Secret("s3cret"), like=known) != known


def test_the_first_key_of_the_ring_is_the_active_one() -> None:
    ring = read_key_ring(Secret(f"new:{encoded(NEW)}, old:{encoded(OLD)}"))
    assert ring.active == "new"
    assert RING.fingerprint(Secret("s3cret")) != ring.fingerprint(Secret("s3cret"))
    assert ring.open(RING.seal(Secret("s3cret"), ROW, "x"), ROW, "x") == Secret("s3cret")


def test_a_file_may_have_a_key_on_each_line() -> None:
    ring = read_key_ring(Secret(f"new:{encoded(NEW)}\nold:{encoded(OLD)}\n"))
    assert (ring.active, ring.knows("old"), ring.knows("other")) == ("new", True, False)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "entry 1 has no id"),
        (encoded(OLD), "entry 1 has no id"),
        (f":{encoded(OLD)}", "entry 1 has no id"),
        (f"a:{encoded(OLD)},", "entry 2 has no id"),
        (f"a:{encoded(OLD)},a:{encoded(NEW)}", "'a' is there twice"),
        ("a:s3cret!", "'a' is not base64"),
        (f"a:{encoded(b'short')}", "'a' has 5 bytes"),
    ],
)
def test_an_unusable_key_ring_is_refused_with_the_reason_and_without_the_key(text: str, reason: str) -> None:
    with pytest.raises(KeyRingError, match=reason) as refusal:
        read_key_ring(Secret(text))
    assert "s3cret!" not in str(refusal.value)
    assert encoded(OLD) not in str(refusal.value)
