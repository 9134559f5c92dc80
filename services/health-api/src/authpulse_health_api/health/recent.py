"""The newest changes of the board: what to tell a reader who knows it as it was at some position. Pure."""

from collections import deque
from collections.abc import Iterable
from typing import Final

from authpulse_health_api.health.board import Change, Key

LENGTH: Final = 10_000
"""Changes remembered; the rows they hold are the board's own until these change again."""


class Recent:
    """The newest `length` changes, in order of position; `position` is that of the last one."""

    def __init__(self, length: int = LENGTH) -> None:
        self._changes: deque[Change] = deque(maxlen=length)
        self._forgotten = 0
        self.position = 0

    def add(self, changes: Iterable[Change]) -> None:
        """Remember `changes`, which come in order of position."""
        for change in changes:
            if len(self._changes) == self._changes.maxlen:
                self._forgotten = self._changes[0].position
            self._changes.append(change)
            self.position = change.position

    def since(self, position: int) -> list[Change] | None:
        """The newest change of each connection that changed after `position`, in order of position.

        None: it is too long ago, or lies ahead; only the whole board helps.
        """
        if not self._forgotten <= position <= self.position:
            return None
        newest: dict[Key, Change] = {}
        for change in reversed(self._changes):
            if change.position <= position:
                break
            newest.setdefault((change.kind, change.name), change)
        return list(reversed(newest.values()))
