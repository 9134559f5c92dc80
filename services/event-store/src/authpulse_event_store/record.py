"""Commits a batch of deliveries: facts to the ledger, the rest to quarantine; one bad message spoils no other."""

from collections.abc import Sequence
from typing import Final

import psycopg
from psycopg_pool import AsyncConnectionPool

from authpulse_contract.cloudevents import NotAnEventError, read
from authpulse_event_store.metrics import committed
from authpulse_event_store.quarantine import Delivery, set_aside
from authpulse_event_store.store import Fact, append

# What PostgreSQL says of a value that it cannot hold (such as U+0000 in a text); any other error is an outage.
_CONTENT_FAULTS: Final = (
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.errors.ProgramLimitExceeded,
    psycopg.errors.StatementTooComplex,
)

Unfit = tuple[Delivery, str]
Fit = tuple[Delivery, Fact]


async def record(pool: AsyncConnectionPool, deliveries: Sequence[Delivery]) -> int | None:
    """Commit the deliveries; returns the position of the last new fact, None if there was none.

    Raises `psycopg.Error` while the database cannot do its work; trying the same deliveries again is safe then.
    """
    fit: list[Fit] = []
    unfit: list[Unfit] = []
    for delivery in deliveries:
        try:
            fit.append((delivery, Fact(read(delivery.headers, delivery.body), delivery.body.decode())))
        except NotAnEventError as refusal:
            unfit.append((delivery, str(refusal)))
    return await _commit(pool, fit, unfit)


async def _commit(pool: AsyncConnectionPool, fit: Sequence[Fit], unfit: Sequence[Unfit]) -> int | None:
    try:
        async with pool.connection() as db:
            appended = await append(db, [fact for _, fact in fit])
            refused = [(fit[place][0], reason) for place, reason in appended.refused.items()]
            await set_aside(db, [*unfit, *refused])
    except _CONTENT_FAULTS as fault:
        if not fit:
            raise
        if len(fit) == 1:
            return await _commit(pool, (), [*unfit, (fit[0][0], f"the ledger cannot hold it: {fault}")])
    else:
        committed((fact.event for _, fact in fit), set_aside=len(unfit) + len(refused))
        return appended.position
    middle = len(fit) // 2
    first = await _commit(pool, fit[:middle], unfit)
    return await _commit(pool, fit[middle:], ()) or first
