"""The board: every connection's health row, encoded once and kept in order. Pure."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from functools import cached_property
from operator import itemgetter
from typing import Final

from msgspec import Struct

from authpulse_health_api.health.page import MODULUS, Page, Row

Key = tuple[str, str]
"""(kind, name), ordered by code point as the ledger's collation "C" orders them."""

_FEW: Final = 64
"""Up to so many changes are put in their places one by one; for more it is cheaper to sort everything anew."""


class Change(Struct, frozen=True, kw_only=True):
    """A connection as the ledger has it since `position`. `row` None: it was removed."""

    position: int
    kind: str
    name: str
    row: Row | None


class Board(Struct, frozen=True, kw_only=True, dict=True):
    """All rows in order of their `keys`, after ledger position `position`. `digest` is the sum of the rows' digests.

    `dict=True` so that what is built on demand is built once a board.
    """

    keys: list[Key]
    rows: list[Row]
    position: int
    digest: int

    @cached_property
    def everything(self) -> Page:
        """The answer to those who select nothing."""
        return Page(rows=self.rows, digest=self.digest)

    def find(self, key: Key) -> Row | None:
        """The row of a connection, None where there is none."""
        place = bisect_left(self.keys, key)
        return self.rows[place] if self.keys[place : place + 1] == [key] else None


EMPTY: Final = Board(keys=[], rows=[], position=0, digest=0)


def apply(board: Board, changes: Iterable[Change]) -> Board:
    """The board after `changes`, which come in order of position; the very same one where they change nothing.

    Changes that the board has seen already are passed over, so applying twice is applying once.
    """
    fresh = [change for change in changes if change.position > board.position]
    if not fresh:
        return board
    newest = {(change.kind, change.name): change.row for change in fresh}
    before = sum(old.digest for key in newest if (old := board.find(key)))
    after = sum(row.digest for row in newest.values() if row)
    keys, rows = (_put_in_place if len(newest) <= _FEW else _sort_anew)(board, newest)
    return Board(keys=keys, rows=rows, position=fresh[-1].position, digest=(board.digest - before + after) % MODULUS)


def _put_in_place(board: Board, newest: Mapping[Key, Row | None]) -> tuple[list[Key], list[Row]]:
    keys, rows = board.keys.copy(), board.rows.copy()
    for key, row in newest.items():
        place = bisect_left(keys, key)
        known = keys[place : place + 1] == [key]
        if row is None:
            # An empty slice where it is not known: nothing to remove.
            del keys[place : place + known], rows[place : place + known]
        else:
            keys[place : place + known], rows[place : place + known] = [key], [row]
    return keys, rows


def _sort_anew(board: Board, newest: Mapping[Key, Row | None]) -> tuple[list[Key], list[Row]]:
    together: dict[Key, Row | None] = {**dict(zip(board.keys, board.rows, strict=True)), **newest}
    ordered = sorted(((key, row) for key, row in together.items() if row), key=itemgetter(0))
    return [key for key, _ in ordered], [row for _, row in ordered]
