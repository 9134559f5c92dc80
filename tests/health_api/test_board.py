"""The laws of the board: however changes arrive, the same rows give the same bytes and the same tag."""

from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from authpulse_contract.health import HealthRow
from authpulse_health_api.board import EMPTY, Board, Change, apply
from authpulse_health_api.select import EVERYTHING, Query, from_cursor, select, to_cursor

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
        changes.append(Change(position=position, kind=key[0], name=key[1], row=row))
    return changes


def settled(changes: list[Change]) -> list[HealthRow]:
    newest = {(change.kind, change.name): change.row for change in changes}
    return [row for _, row in sorted(newest.items()) if row is not None]


def one_by_one(changes: list[Change]) -> Board:
    board = EMPTY
    for change in changes:
        board = apply(board, [change])
    return board


@given(histories())
def test_changes_one_by_one_give_the_board_that_all_at_once_give(changes: list[Change]) -> None:
    stepwise, at_once = one_by_one(changes), apply(EMPTY, changes)
    assert stepwise == at_once
    assert list(stepwise.rows) == list(at_once.rows)
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
    assert (one.etag == other.etag) == (one.body == other.body)


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


def test_a_change_of_one_row_encodes_no_other() -> None:
    row = HealthRow(
        kind="api",
        name="a",
        has_oauth=True,
        needs_reauth=False,
        token_acquired=True,
        refresh_failing=False,
        changed_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    before = apply(EMPTY, [Change(position=n, kind="api", name=str(n), row=row) for n in range(1, 100)])
    after = apply(before, [Change(position=100, kind="api", name="5", row=row)])
    assert sum(before.rows[key] is not after.rows[key] for key in before.rows) == 1
