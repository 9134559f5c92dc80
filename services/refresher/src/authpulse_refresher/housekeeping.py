"""Deletes what has served: sign-ins long over, links and kept refresh tokens whose time has come."""

import asyncio
import logging
from typing import Final

from psycopg import AsyncConnection

from authpulse_refresher.outages import DATABASE_AWAY, pause
from authpulse_refresher.storage.vault import Vault

INTERVAL: Final = 60.0
"""Seconds between two rounds: a secret is to be gone when its time has come, not some day."""
# A late callback is told what is wrong with it for a day. An outcome that is not told yet may be in a journal, whose
# heir needs the row.
_TIDY: Final = (
    """delete from vault.sign_ins
        where expires_at < clock_timestamp() - interval '1 day' and (spent_at is null or told is not null)
           or expires_at < clock_timestamp() - interval '30 days'""",
    "update vault.sign_ins set verifier = null where verifier is not null and expires_at < clock_timestamp()",
    "delete from vault.owner_links where expires_at < clock_timestamp()",
    "delete from vault.kept_tokens where kept_until < clock_timestamp()",
)

_log = logging.getLogger(__name__)


async def keep_house(vault: Vault, stop: asyncio.Event) -> None:
    """Tidy now and then until `stop`."""
    while not stop.is_set():
        try:
            async with vault.pool.connection() as db:
                await tidy(db)
        except DATABASE_AWAY as outage:
            _log.warning("cannot tidy the vault: %s", type(outage).__name__)
        await pause(stop, INTERVAL)


async def tidy(db: AsyncConnection) -> None:
    """One round, on the caller's transaction."""
    for statement in _TIDY:
        await db.execute(statement)
