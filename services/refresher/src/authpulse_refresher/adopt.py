"""Takes over what a dead refresher left in its journal: answers are stored, lost ones asked for or given up."""

import asyncio
import logging
import traceback
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final
from uuid import UUID

from msgspec import Struct

from authpulse_chassis.patience import persist
from authpulse_refresher.connecting.finish import Finish
from authpulse_refresher.outages import DATABASE_AWAY, pause
from authpulse_refresher.refreshing.attempt import Attempts
from authpulse_refresher.refreshing.refresh import Refresher
from authpulse_refresher.spill.frames import Frame, Kind
from authpulse_refresher.spill.journal import Answered, Sent, open_answered, open_begun
from authpulse_refresher.spill.segment import Orphan, orphans
from authpulse_refresher.storage.lease import give_up
from authpulse_refresher.storage.seal import KeyRing, SealError
from authpulse_refresher.storage.vault import Vault

LOOK: Final = 0.1
"""Seconds between two looks for a dead one's journal: inside any grace that an IdP grants."""

_log = logging.getLogger(__name__)


class StrangerError(Exception):
    """The journal belongs to another vault, or its key is not in the ring."""


class Heirs(Struct, frozen=True):
    """Who takes over what: refreshes, sign-ins; and the loop that waits for it and then looks for what is due."""

    attempts: Attempts
    finish: Finish
    refresher: Refresher


class Legacy(Struct, frozen=True):
    """What a dead refresher left, by attempt: answers, what may be asked again, and whose other attempts they were."""

    answers: dict[UUID, Answered]
    lost: dict[UUID, Sent]
    begun: dict[UUID, UUID]


async def adopt(folder: Path, vault: Vault, heirs: Heirs, stop: asyncio.Event) -> None:
    """Adopt whatever is orphaned in `folder`, now and until `stop`. What cannot be read is kept, and told once."""
    passed_over: set[Path] = set()
    while not stop.is_set():
        for orphan in orphans(folder):
            if orphan.path in passed_over:
                orphan.release()
            else:
                # By itself: one that waits for the vault must not keep another from being in time.
                heirs.refresher.accompany(_adopt(orphan, vault, heirs, passed_over))
        await pause(stop, LOOK)


async def _adopt(orphan: Orphan, vault: Vault, heirs: Heirs, passed_over: set[Path]) -> None:
    try:
        await _take_over(read_legacy(orphan.frames(), vault.ring), vault, heirs)
        orphan.remove()
        heirs.refresher.wake()
    except Exception as failure:
        passed_over.add(orphan.path)
        _log.error(
            "%s is kept: %s",
            orphan.path,
            failure if isinstance(failure, StrangerError) else type(failure).__name__,
            extra={"trace": traceback.format_tb(failure.__traceback__)},
        )
    finally:
        orphan.release()


def read_legacy(frames: Iterable[Frame], ring: KeyRing) -> Legacy:
    """What is in the journal and not settled. Raises `StrangerError`."""
    open_frames: dict[UUID, Frame] = {}
    for frame in frames:
        if frame.kind is Kind.SETTLED:
            open_frames.pop(frame.attempt_id, None)
        else:
            open_frames[frame.attempt_id] = frame
    legacy = Legacy({}, {}, {})
    try:
        for attempt_id, frame in open_frames.items():
            if frame.kind is Kind.ANSWERED:
                legacy.answers[attempt_id] = open_answered(ring, frame)
                continue
            connection_id, sent = open_begun(ring, frame)
            if sent:
                legacy.lost[attempt_id] = sent
            else:
                legacy.begun[attempt_id] = connection_id
    except SealError as failure:
        raise StrangerError(str(failure)) from None
    return legacy


async def _take_over(legacy: Legacy, vault: Vault, heirs: Heirs) -> None:
    repeating = [_repeat(attempt_id, sent, vault, heirs) for attempt_id, sent in legacy.lost.items()]
    giving_up = [_give_up(vault, heirs, legacy.begun)] if legacy.begun else []
    storing = asyncio.gather(
        *(
            heirs.attempts.adopt(*each) if each[1].exchanged is None else heirs.finish.adopt(*each)
            for each in legacy.answers.items()
        )
    )
    await asyncio.gather(storing, *repeating, *giving_up)
    if not all(storing.result()):
        raise StrangerError("it has answers for connections that are not in this vault")
    if legacy.answers or legacy.lost or legacy.begun:
        _log.warning(
            "took over from a dead refresher: %d answers, %d attempts to ask for again, %d others",
            len(legacy.answers),
            len(legacy.lost),
            len(legacy.begun),
        )


async def _repeat(attempt_id: UUID, sent: Sent, vault: Vault, heirs: Heirs) -> None:
    if not await heirs.attempts.repeat(attempt_id, sent):
        await _give_up(vault, heirs, {attempt_id: sent.connection_id})


async def _give_up(vault: Vault, heirs: Heirs, begun: Mapping[UUID, UUID]) -> None:
    async def storing() -> None:
        async with vault.pool.connection() as db:
            await give_up(db, begun)

    await persist("giving up a dead one's attempts", storing, outages=DATABASE_AWAY)
    await heirs.finish.give_up(begun)
