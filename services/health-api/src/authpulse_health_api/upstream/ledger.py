"""Connections to the ledger: read-only, few, and never waited for long."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from psycopg import AsyncConnection, OperationalError
from psycopg.errors import InsufficientPrivilege, InvalidSchemaName, UndefinedTable
from psycopg_pool import AsyncConnectionPool

Pool = AsyncConnectionPool[AsyncConnection]

# Read-only whatever the role may do: this service owns nothing. The times are written in UTC by PostgreSQL itself.
_OPTIONS: Final = "-c default_transaction_read_only=on -c timezone=UTC -c statement_timeout=5s"
_PATIENCE: Final = 2.0
"""Seconds to wait for a connection before the ledger counts as out of reach."""
_DEADLINE: Final = 10.0
"""Seconds for a whole reading: a server that hangs must not take the pool with it."""


class LedgerAwayError(Exception):
    """The ledger is out of reach, or its owner has not made it yet."""


def pool(database_url: str) -> Pool:
    """A pool, not yet open; opening it waits for nothing and PostgreSQL may come later."""
    return AsyncConnectionPool(
        database_url,
        min_size=1,
        max_size=4,
        timeout=_PATIENCE,
        kwargs={"options": _OPTIONS, "connect_timeout": 5, "tcp_user_timeout": 10_000},
        open=False,
        name="ledger",
    )


@asynccontextmanager
async def reading(ledger: Pool) -> AsyncIterator[AsyncConnection]:
    """A read-only transaction. Raises `LedgerAwayError`."""
    try:
        async with asyncio.timeout(_DEADLINE), ledger.connection() as db:
            yield db
    except (TimeoutError, OperationalError, UndefinedTable, InvalidSchemaName, InsufficientPrivilege) as failure:
        raise LedgerAwayError(str(failure)) from failure
