"""The messages of the event stream (WHATWG HTML 9.2). Pure."""

from collections.abc import Sequence
from typing import Final

from authpulse_contract.codec import to_json
from authpulse_health_api.health.board import Board, Change
from authpulse_health_api.health.freshness import Freshness

BEAT: Final = b": beat\n\n"
"""A comment, so that neither side nor anything between takes the quiet for an end."""


def snapshot(board: Board) -> tuple[bytes, bytes, bytes]:
    """The whole board, in parts, so that the body is that of the bulk answer and not a copy for each reader."""
    return b"id: %d\nevent: snapshot\ndata: " % board.position, board.everything.body, b"\n\n"


def changed(changes: Sequence[Change], position: int) -> bytes:
    """`{"changed": [rows], "removed": [{"kind", "name"}]}`: each connection at most once, as it is at `position`."""
    rows = b",".join(change.row.encoded for change in changes if change.row)
    removed = to_json([{"kind": change.kind, "name": change.name} for change in changes if change.row is None])
    return b'id: %d\nevent: changed\ndata: {"changed":[%b],"removed":%b}\n\n' % (position, rows, removed)


def staleness(freshness: Freshness) -> bytes:
    """How old the rows are, and who is away. It has no id: it moves no reader on."""
    told = to_json({"seconds": int(freshness.age), "away": freshness.away})
    return b"event: staleness\ndata: %b\n\n" % told
