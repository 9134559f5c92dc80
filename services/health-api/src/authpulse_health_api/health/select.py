"""Selects rows of a board: filters and pages. Pure."""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice
from typing import Final
from urllib.parse import quote, unquote

from msgspec import Struct

from authpulse_health_api.health.board import Board, Key
from authpulse_health_api.health.page import Page, Row, total


class Query(Struct, frozen=True, kw_only=True):
    """Which rows are asked for. `q` is sought in `kind/name`, letter case aside; `limit` None: all that match."""

    kind: str | None = None
    needs_reauth: bool | None = None
    refresh_failing: bool | None = None
    q: str | None = None
    limit: int | None = None
    after: Key | None = None


EVERYTHING: Final = Query()


def select(board: Board, query: Query) -> Page:
    """The rows of `board` that `query` asks for, in order."""
    if query == EVERYTHING:
        return board.everything
    matching = (row for row in _following(board, query.after) if _matches(row, query))
    # One more than the limit tells whether another page follows.
    rows = list(matching if query.limit is None else islice(matching, query.limit + 1))
    if query.limit is None or len(rows) <= query.limit:
        return Page(rows=rows, digest=total(rows))
    del rows[query.limit :]
    return Page(rows=rows, digest=total(rows), following=to_cursor((rows[-1].kind, rows[-1].name)))


def to_cursor(key: Key) -> str:
    """A cursor that means: after `key`. To callers it is opaque."""
    kind, name = key
    return f"{quote(kind, safe='')}/{quote(name, safe='')}"


def from_cursor(cursor: str) -> Key:
    """The key in `cursor`; any text is some place in the order, so there is no wrong one."""
    kind, _, name = cursor.partition("/")
    return unquote(kind), unquote(name)


def _following(board: Board, after: Key | None) -> Iterator[Row]:
    return islice(board.rows, 0 if after is None else bisect_right(board.keys, after), None)


def _matches(row: Row, query: Query) -> bool:
    return (
        (query.kind is None or row.kind == query.kind)
        and (query.needs_reauth is None or row.needs_reauth is query.needs_reauth)
        and (query.refresh_failing is None or row.refresh_failing is query.refresh_failing)
        and (query.q is None or query.q.casefold() in f"{row.kind}/{row.name}".casefold())
    )
