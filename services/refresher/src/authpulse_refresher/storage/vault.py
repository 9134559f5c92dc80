"""What works on the vault needs: its connections, its keys, and a way to say that the outbox has something."""

import asyncio

from msgspec import Struct
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from authpulse_contract.secret import Secret
from authpulse_refresher.storage.seal import KeyRing


class Vault(Struct, frozen=True, kw_only=True):
    """`outgoing` is set after each commit that put something in the outbox."""

    pool: AsyncConnectionPool[AsyncConnection]
    ring: KeyRing
    outgoing: asyncio.Event


def new_pool(database_url: Secret, *, size: int) -> AsyncConnectionPool[AsyncConnection]:
    """A pool of at most `size` connections, not opened yet."""
    return AsyncConnectionPool(
        database_url.reveal(),
        min_size=1,
        max_size=size,
        timeout=2.0,
        # The pool's own attempts back off to minutes; one that is given up soon is begun anew by the next who waits.
        reconnect_timeout=5.0,
        open=False,
        check=AsyncConnectionPool.check_connection,
        # Times are UTC everywhere. A plan made for a young, small table would be kept long after the table has grown.
        kwargs={"options": "-c timezone=UTC", "prepare_threshold": None},
    )
