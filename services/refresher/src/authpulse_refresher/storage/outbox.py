"""What is on its way out: events wait here from the transaction that made them true until the stream has them."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from msgspec import Struct
from psycopg import AsyncConnection
from psycopg.rows import class_row

from authpulse_contract.codec import from_json, to_json
from authpulse_contract.events import Event
from authpulse_contract.trace import Trace

TURN: Final = 15.0
"""Seconds that a relay's turn lasts; longer than it waits for acknowledgements, or two would publish the same batch."""

_PUT: Final = "insert into vault.outbox (body, traceparent, tracestate) values (%s, %s, %s)"

_TAKE_TURN: Final = """
    update vault.relay
       set holder = %(holder)s, held_until = clock_timestamp() + make_interval(secs => %(seconds)s)
     where (holder = %(holder)s or held_until < clock_timestamp())
       and exists (select from vault.outbox)"""

_NEXT: Final = "select outbox_id, body, traceparent, tracestate from vault.outbox order by outbox_id limit %s"

_OLDEST: Final = """
    select extract(epoch from clock_timestamp() - (body::jsonb ->> 'occurred_at')::timestamptz)::float8
      from vault.outbox order by outbox_id limit 1"""

_DELETE: Final = "delete from vault.outbox where outbox_id = any(%s)"

_YIELD_TURN: Final = "update vault.relay set held_until = clock_timestamp() where holder = %s"


class Waiting(Struct, frozen=True):
    """One event in the outbox, as JSON, and the trace that it belongs to."""

    outbox_id: int
    body: str
    traceparent: str | None
    tracestate: str | None

    def event(self) -> Event:
        return from_json(self.body, Event)  # type: ignore[arg-type]  # a union is a type to msgspec

    def trace(self) -> Trace | None:
        return None if self.traceparent is None else Trace(self.traceparent, self.tracestate)


async def put_in_outbox(db: AsyncConnection, event: Event, trace: Trace | None) -> None:
    """To be published once the caller's transaction has committed."""
    traced = (trace.traceparent, trace.tracestate) if trace else (None, None)
    await db.execute(_PUT, (to_json(event).decode(), *traced))


async def next_batch(db: AsyncConnection, holder: UUID, limit: int) -> list[Waiting]:
    """The oldest events, if it is this holder's turn to publish; else none."""
    turn = await db.execute(_TAKE_TURN, {"holder": holder, "seconds": TURN})
    if not turn.rowcount:
        return []
    async with db.cursor(row_factory=class_row(Waiting)) as cursor:
        return await (await cursor.execute(_NEXT, (limit,))).fetchall()


async def waiting_for(db: AsyncConnection) -> float:
    """For how many seconds the oldest event has been waiting; 0 if none is."""
    oldest = await (await db.execute(_OLDEST)).fetchone()
    return max(0.0, oldest[0]) if oldest else 0.0


async def delete_published(db: AsyncConnection, outbox_ids: Sequence[int]) -> None:
    """Forget what the stream has acknowledged."""
    await db.execute(_DELETE, (list(outbox_ids),))


async def yield_turn(db: AsyncConnection, holder: UUID) -> None:
    """Let another relay have the turn at once."""
    await db.execute(_YIELD_TURN, (holder,))
