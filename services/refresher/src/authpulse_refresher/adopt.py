"""Takes over what a dead refresher left in its journal: answers are stored, attempts without one are given up."""

import asyncio
import logging
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final
from uuid import UUID

from msgspec import Struct

from authpulse_chassis.patience import persist
from authpulse_refresher.attempt import Attempts
from authpulse_refresher.finish import Finish
from authpulse_refresher.frames import Frame, Kind
from authpulse_refresher.journal import open_answered
from authpulse_refresher.lease import give_up
from authpulse_refresher.outages import DATABASE_AWAY, pause
from authpulse_refresher.seal import SealError
from authpulse_refresher.segment import Orphan, orphans
from authpulse_refresher.vault import Vault

LOOK: Final = 0.1
"""Seconds between two looks for a dead one's journal: inside any grace that an IdP grants."""

_log = logging.getLogger(__name__)


class StrangerError(Exception):
    """The journal belongs to another vault, or its key is not in the ring."""


class Heirs(Struct, frozen=True):
    """Who takes over what: refreshes, sign-ins; `wake` looks for what has come due by that."""

    attempts: Attempts
    finish: Finish
    wake: Callable[[], None]


async def adopt(folder: Path, vault: Vault, heirs: Heirs, stop: asyncio.Event) -> None:
    """Adopt whatever is orphaned in `folder`, now and until `stop`. What cannot be read is kept, and told once."""
    passed_over: set[Path] = set()
    while not stop.is_set():
        for orphan in orphans(folder):
            try:
                if orphan.path not in passed_over:
                    await _adopt(orphan, vault, heirs)
                    heirs.wake()
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
        await pause(stop, LOOK)


async def _adopt(orphan: Orphan, vault: Vault, heirs: Heirs) -> None:
    begun: dict[UUID, UUID] = {}
    answers: dict[UUID, Frame] = {}
    for frame in orphan.frames():
        match frame.kind:
            case Kind.BEGUN:
                begun[frame.attempt_id] = UUID(bytes=frame.body)
            case Kind.ANSWERED:
                answers[frame.attempt_id] = frame
                begun.pop(frame.attempt_id, None)
            case Kind.SETTLED:
                answers.pop(frame.attempt_id, None)
                begun.pop(frame.attempt_id, None)
    if begun:
        await _give_up(vault, begun)
        await heirs.finish.give_up(begun)
    await _store(vault, heirs, list(answers.values()))
    orphan.remove()
    if begun or answers:
        _log.warning("adopted %d answers and gave up %d attempts of a dead refresher", len(answers), len(begun))


async def _give_up(vault: Vault, begun: dict[UUID, UUID]) -> None:
    async def storing() -> None:
        async with vault.pool.connection() as db:
            await give_up(db, begun)

    await persist("giving up a dead one's attempts", storing, outages=DATABASE_AWAY)


async def _store(vault: Vault, heirs: Heirs, answers: Sequence[Frame]) -> None:
    try:
        opened = [(frame.attempt_id, open_answered(vault.ring, frame)) for frame in answers]
    except SealError as failure:
        raise StrangerError(str(failure)) from None
    refreshes = [heirs.attempts.adopt(*each) for each in opened if each[1].exchanged is None]
    sign_ins = [heirs.finish.adopt(*each) for each in opened if each[1].exchanged is not None]
    found = await asyncio.gather(*refreshes, *sign_ins)
    if not all(found):
        raise StrangerError("it has answers for connections that are not in this vault")
