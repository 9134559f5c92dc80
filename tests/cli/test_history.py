from hypothesis import given
from hypothesis import strategies as st

from authpulse_cli.verifying.history import Folded, Recorded, faults, fold
from authpulse_contract.codec import to_json
from authpulse_contract.events import Event, RefreshFailedRevoked, RefreshSucceeded, type_of
from authpulse_event_store.project import project
from support.events import DEAD, event

KINDS = (RefreshSucceeded, RefreshFailedRevoked)


def recorded(one: Event, **changed: object) -> Recorded:
    row = {
        "position": 100 + one.version,
        "event_id": one.event_id,
        "connection_id": one.connection_id,
        "kind": one.connection_kind,
        "name": one.connection_name,
        "version": one.version,
        "event_type": type_of(one),
        "body": to_json(one).decode(),
    }
    return Recorded(**(row | changed))  # type: ignore[arg-type]  # a row with one column changed


def history(length: int) -> list[Recorded]:
    return [recorded(event(KINDS[version % 2], version=version)) for version in range(1, length + 1)]


@given(st.integers(1, 30), st.booleans())
def test_a_whole_history_has_no_faults(length: int, may_be_pruned: bool) -> None:
    assert list(faults(history(length), may_be_pruned=may_be_pruned)) == []


@given(st.integers(3, 30), st.data())
def test_a_hole_is_found_wherever_it_is_and_a_pruned_beginning_is_none(length: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(2, length - 1))
    last = data.draw(st.integers(first, length - 1))
    said = f"version {first} is missing" if first == last else f"versions {first} to {last} are missing"
    whole = history(length)
    holed = [row for row in whole if not first <= row.version <= last]
    assert list(faults(holed, may_be_pruned=True)) == [said]
    assert list(faults(whole[last:], may_be_pruned=True)) == []
    assert len(list(faults(whole[last:], may_be_pruned=False))) == 1


@given(st.integers(1, 10))
def test_a_doubled_version_is_found(length: int) -> None:
    rows = history(length)
    assert list(faults([*rows, rows[-1]], may_be_pruned=False)) == [f"version {length} is there twice"]


def test_a_row_that_contradicts_its_event_is_found() -> None:
    one = event()
    assert list(faults([recorded(one, event_type="connect_started")], may_be_pruned=False)) == [
        "the event of version 1 says event_type refresh_succeeded, its row says connect_started"
    ]
    assert list(faults([recorded(one, body="{}")], may_be_pruned=False)) == ["the event of version 1 cannot be read"]


def test_the_newest_event_that_can_be_read_decides() -> None:
    old, new = event(), event(RefreshFailedRevoked, version=2, state=DEAD)
    rows = [recorded(old), recorded(new)]
    assert fold(rows) == Folded(project(None, new), 102)
    assert fold([*rows, recorded(event(version=3), body="{}")]) == Folded(project(None, new), 102)
    assert fold([recorded(old, body="no JSON")]) == Folded(None, 0)
