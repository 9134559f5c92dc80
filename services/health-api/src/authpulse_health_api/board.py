"""The board: every connection's health row, encoded once and kept in order. Pure."""

from collections.abc import Iterable
from functools import cached_property
from operator import itemgetter
from typing import Final

from msgspec import Struct

from authpulse_contract.health import HealthRow
from authpulse_health_api.page import MODULUS, Page, Row, encode

Key = tuple[str, str]
"""(kind, name), ordered by code point as the ledger's collation "C" orders them."""


class Change(Struct, frozen=True, kw_only=True):
    """A connection as the ledger has it since `position`. `row` None: it was removed."""

    position: int
    kind: str
    name: str
    row: HealthRow | None


class Board(Struct, frozen=True, kw_only=True, dict=True):
    """All rows in order of key, after ledger position `position`. `digest` is the sum of the rows' digests.

    `dict=True` so that what is built on demand is built once a board.
    """

    rows: dict[Key, Row]
    position: int
    digest: int

    @cached_property
    def keys(self) -> list[Key]:
        """The keys in order, for finding where a page begins."""
        return list(self.rows)

    @cached_property
    def everything(self) -> Page:
        """The answer to those who select nothing."""
        return Page(rows=list(self.rows.values()), digest=self.digest)


EMPTY: Final = Board(rows={}, position=0, digest=0)


def apply(board: Board, changes: Iterable[Change]) -> Board:
    """The board after `changes`, which come in order of position; only the changed rows are encoded.

    Changes that the board has seen already are passed over, so applying twice is applying once.
    """
    rows, position, digest, grown = dict(board.rows), board.position, board.digest, False
    for change in changes:
        if change.position <= position:
            continue
        position, key = change.position, (change.kind, change.name)
        old = rows.get(key)
        digest -= old.digest if old else 0
        if change.row is not None:
            rows[key] = new = encode(change.row)
            digest += new.digest
            grown = grown or old is None
        elif old:
            del rows[key]
    ordered = dict(sorted(rows.items(), key=itemgetter(0))) if grown else rows
    return Board(rows=ordered, position=position, digest=digest % MODULUS)
