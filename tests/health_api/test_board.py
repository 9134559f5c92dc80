"""The laws of the board: however changes arrive, the same rows give the same bytes and the same tag."""

from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from authpulse_contract.health import HealthRow
from authpulse_health_api.health.board import EMPTY, Board, Change, apply
from authpulse_health_api.health.page import encode
from authpulse_health_api.health.select import EVERYTHING, Query, from_cursor, select, to_cursor

# Few names, so that changes of one connection meet; strange ones, so that escaping and order count.
keys = st.tuples(st.sampled_from(["api", "Z", "ü"]), st.sampled_from(["", "a/b", "%2F", "crm", "☃", '"']))


@st.composite
def rows(draw: st.DrawFn, key: tuple[str, str]) -> HealthRow:
    return HealthRow(
        kind=key[0],
        name=key[1],
        has_oauth=draw(st.booleans()),
        needs_reauth=draw(st.booleans()),
        token_acquired=draw(st.booleans()),
        idp_error_code=draw(st.just(UNSET) | st.text()),
        refresh_failing=draw(st.booleans()),
        changed_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=draw(st.integers(0, 10**6))),
    )


@st.composite
def histories(draw: st.DrawFn) -> list[Change]:
    """Changes in order of position, with gaps, removals and returns."""
    positions = sorted(draw(st.sets(st.integers(1, 1000), max_size=30)))
    changes = []
    for position in positions:
        key = draw(keys)
        row = draw(st.none() | rows(key))
        changes.append(change(position, key, row))
    return changes


def change(position: int, key: tuple[str, str], row: HealthRow | None) -> Change:
    return Change(position=position, kind=key[0], name=key[1], row=None if row is None else encode(row))


def settled(changes: list[Change]) -> list[HealthRow]:
    newest = {(change.kind, change.name): change.row for change in changes}
    return [msgspec.json.decode(row.encoded, type=HealthRow) for _, row in sorted(newest.items()) if row is not None]


def one_by_one(changes: list[Change]) -> Board:
    board = EMPTY
    for change in changes:
        board = apply(board, [change])
    return board


@given(histories())
def test_changes_one_by_one_give_the_board_that_all_at_once_give(changes: list[Change]) -> None:
    stepwise, at_once = one_by_one(changes), apply(EMPTY, changes)
    assert stepwise == at_once
    assert stepwise.everything.body == at_once.everything.body


@given(histories())
def test_the_body_parses_back_to_the_newest_rows_in_order(changes: list[Change]) -> None:
    body = apply(EMPTY, changes).everything.body
    assert msgspec.json.decode(body, type=dict[str, list[HealthRow]]) == {"connections": settled(changes)}


@given(histories())
def test_applying_twice_is_applying_once(changes: list[Change]) -> None:
    board = apply(EMPTY, changes)
    assert apply(board, changes) == board


@given(histories(), histories())
def test_tags_are_equal_just_when_the_bodies_are(some: list[Change], others: list[Change]) -> None:
    one, other = apply(EMPTY, some).everything, apply(EMPTY, others).everything
    assert (one.etag() == other.etag()) == (one.body == other.body)


@given(histories(), st.integers(1, 5))
def test_pages_put_together_are_the_whole(changes: list[Change], limit: int) -> None:
    board = apply(EMPTY, changes)
    page = select(board, Query(limit=limit))
    found = list(page.rows)
    while page.following is not None:
        page = select(board, Query(limit=limit, after=from_cursor(page.following)))
        found += page.rows
    assert found == select(board, EVERYTHING).rows


@given(histories(), st.builds(Query, needs_reauth=st.none() | st.booleans(), refresh_failing=st.none() | st.booleans()))
def test_a_filter_keeps_order_and_keeps_all_that_match(changes: list[Change], query: Query) -> None:
    found = msgspec.json.decode(select(apply(EMPTY, changes), query).body, type=dict[str, list[HealthRow]])
    assert found["connections"] == [
        row
        for row in settled(changes)
        if query.needs_reauth in {None, row.needs_reauth} and query.refresh_failing in {None, row.refresh_failing}
    ]


@given(st.tuples(st.text(), st.text()))
def test_a_cursor_leads_back_to_its_key(key: tuple[str, str]) -> None:
    assert from_cursor(to_cursor(key)) == key


def numbered(numbers: range, *, start: int) -> list[Change]:
    """Connections named by number, each changed once."""
    row = HealthRow(
        kind="api",
        name="",
        has_oauth=True,
        needs_reauth=False,
        token_acquired=True,
        refresh_failing=False,
        changed_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    named = [msgspec.structs.replace(row, name=str(number)) for number in numbers]
    return [change(position, (row.kind, row.name), row) for position, row in enumerate(named, start)]


def test_a_change_of_one_row_encodes_no_other() -> None:
    before = apply(EMPTY, numbered(range(1, 100), start=1))
    after = apply(before, numbered(range(5, 6), start=100))
    assert sum(old is not new for old, new in zip(before.rows, after.rows, strict=True)) == 1


def test_many_changes_at_once_give_the_board_that_few_at_a_time_give() -> None:
    """More and fewer than the number from which on everything is sorted anew."""
    changes = numbered(range(300), start=1) + numbered(range(100, 400, 3), start=301)
    changes += [msgspec.structs.replace(one, row=None, position=one.position + 1000) for one in changes[50:250:2]]
    assert apply(EMPTY, changes) == one_by_one(changes)


def test_what_changes_nothing_leaves_the_very_board() -> None:
    """Else the body that was built for it would be built again."""
    board = apply(EMPTY, numbered(range(3), start=1))
    assert apply(board, numbered(range(3), start=1)) is board
