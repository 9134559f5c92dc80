"""Keeps what an IdP answered, sealed, until it is in the vault: a process killed in between loses nothing.

What was written survives the death of the process; while the vault is away it is also made to survive the machine's.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct

from authpulse_contract.codec import from_json, to_json
from authpulse_contract.connections import OAuthConfig
from authpulse_contract.secret import Secret
from authpulse_refresher.model import Answer
from authpulse_refresher.spill.frames import Frame, Kind
from authpulse_refresher.spill.segment import Segment
from authpulse_refresher.storage.seal import KeyRing

SEGMENT_LIMIT: Final = 4 * 1024 * 1024
"""Bytes after which a new file is begun; the old one goes as soon as everything in it is settled."""

_PLACE: Final = "journal"
_SENT_PLACE: Final = "journal.sent"
_ID_SIZE: Final = 16


class Sent(Struct, frozen=True, kw_only=True):
    """A refresh with the grant of `generation` that was sent `at` this time, under a lease until `lease_ends`.

    It is all that is needed to ask again, by the clock of the whole system and without the vault.
    """

    connection_id: UUID
    generation: int
    actor: str
    at: datetime
    lease_ends: datetime
    oauth: OAuthConfig
    client_secret: Secret | None
    refresh_token: Secret


class Answered(Struct, frozen=True, kw_only=True):
    """An answer that came `at` this time to a refresh with the grant of `generation`, after `duration_ms`.

    `exchanged`: the code and the verifier of a sign-in that it came to instead; the attempt's id is then the sign-in's.
    """

    connection_id: UUID
    generation: int
    actor: str
    at: datetime
    duration_ms: int
    answer: Answer
    exchanged: tuple[str, str] | None = None


class Journal:
    """The journal of this process in `folder`, which it makes. Raises `OSError` where that cannot be written."""

    def __init__(self, folder: Path, ring: KeyRing) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder, self._ring = folder, ring
        self._current = Segment(folder)
        self._segments: dict[UUID, Segment] = {}
        self._durable = False

    def begun(self, attempt_id: UUID, connection_id: UUID, sent: Sent | None = None) -> None:
        """An attempt is about to ask; `sent`: what may be asked again, should its answer be lost.

        Raises `OSError`; then it must not.
        """
        repeatable = self._ring.seal_bytes(to_json(sent), attempt_id, _SENT_PLACE) if sent else b""
        if self._current.size > SEGMENT_LIMIT:
            self._current = Segment(self.folder)
        segment = self._current
        segment.write([Frame(Kind.BEGUN, attempt_id, connection_id.bytes + repeatable)])
        segment.open.add(attempt_id)
        self._segments[attempt_id] = segment

    def answered(self, attempt_id: UUID, answered: Answered) -> None:
        """Its answer has come. Raises `OSError`; then only this process has it."""
        sealed = self._ring.seal_bytes(msgspec.msgpack.encode(answered), attempt_id, _PLACE)
        segment = self._segments[attempt_id]
        segment.write([Frame(Kind.ANSWERED, attempt_id, sealed)])
        if self._durable:
            segment.sync()

    def settled(self, attempt_ids: Iterable[UUID]) -> None:
        """Their outcomes are in the vault. Those that never began are ignored."""
        touched: dict[Segment, list[Frame]] = {}
        for attempt_id in attempt_ids:
            if segment := self._segments.pop(attempt_id, None):
                segment.open.discard(attempt_id)
                touched.setdefault(segment, []).append(Frame(Kind.SETTLED, attempt_id))
        for segment, frames in touched.items():
            if segment.open:
                # Unwritten, their answers are found stale by whoever adopts them.
                with suppress(OSError):
                    segment.write(frames)
            elif segment is self._current:
                segment.clear()
            else:
                segment.remove()

    def make_durable(self, *, durable: bool) -> None:
        """Whether answers have to survive the machine's death, those that are here already included."""
        if durable and not self._durable:
            for segment in {self._current, *self._segments.values()}:
                segment.sync()
            _sync_folder(self.folder)
        self._durable = durable

    def close(self) -> None:
        """Leave nothing behind but what is not settled; that is adopted by whoever looks first."""
        if not self._current.open:
            self._current.remove()


def open_begun(ring: KeyRing, frame: Frame) -> tuple[UUID, Sent | None]:
    """Whose attempt it was, and what may be asked again. Raises `seal.SealError`, as `open_answered` does."""
    connection_id, sealed = UUID(bytes=frame.body[:_ID_SIZE]), frame.body[_ID_SIZE:]
    if not sealed:
        return connection_id, None
    return connection_id, from_json(ring.open_bytes(sealed, frame.attempt_id, _SENT_PLACE), Sent)


def open_answered(ring: KeyRing, frame: Frame) -> Answered:
    """The answer in a frame. Raises `seal.SealError`: another key sealed it, or it belongs to another attempt."""
    data = ring.open_bytes(frame.body, frame.attempt_id, _PLACE)
    return msgspec.msgpack.decode(data, type=Answered)


def _sync_folder(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
