"""Keeps what an IdP has answered: in the journal at once, in the database for as long as that takes."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar
from uuid import UUID

from authpulse_chassis.patience import persist
from authpulse_refresher.outages import DATABASE_AWAY
from authpulse_refresher.spill.journal import Answered, Journal

T = TypeVar("T")

_log = logging.getLogger(__name__)


def note(journal: Journal | None, attempt_id: UUID, answered: Answered, about: Mapping[str, str]) -> None:
    """Write the answer down, before anything is done with it that could fail. If that fails, it is in memory only.

    `about`: whose it is, for the log.
    """
    if journal is None:
        return
    try:
        journal.answered(attempt_id, answered)
    except OSError as failure:
        _log.error("an answer is in memory only: %s", failure.strerror, extra=about)


async def store(what: str, storing: Callable[[], Awaitable[T]], journal: Journal | None) -> T:
    """The result of `storing`, tried until the database is there. Raises whatever else it raises.

    While the database is away, what the journal holds has to survive the death of the machine too.
    """

    async def once() -> T:
        try:
            stored = await storing()
        except DATABASE_AWAY:
            if journal:
                journal.make_durable(durable=True)
            raise
        if journal:
            journal.make_durable(durable=False)
        return stored

    return await persist(what, once, outages=DATABASE_AWAY)
