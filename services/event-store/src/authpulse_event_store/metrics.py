"""What the event-store counts and measures."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

from prometheus_client import Counter, Gauge, Histogram
from psycopg_pool import AsyncConnectionPool

from authpulse_chassis.metrics import Sampled
from authpulse_contract.events import Event, type_of

_EVENTS: Final = Counter(
    "authpulse_events_recorded_total", "Events in committed batches, redelivered ones too.", ["event_type"]
)
_LAG: Final = Histogram(
    "authpulse_projection_lag_seconds",
    "From an event's occurrence to its commit in the ledger.",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 600, 3600),
)
_QUARANTINED: Final = Counter("authpulse_messages_quarantined_total", "Messages that were set aside.")
_PENDING: Final = Gauge("authpulse_events_pending", "Events that the stream had yet to deliver after the last batch.")
_TOLD: Final = {"authpulse_ledger_position": "The ledger's position: how many events it has ever taken."}


def committed(events: Iterable[Event], *, set_aside: int) -> None:
    """A batch is in the ledger."""
    now = datetime.now(UTC)
    for event in events:
        _EVENTS.labels(type_of(event)).inc()
        _LAG.observe(max(0.0, (now - event.occurred_at).total_seconds()))
    _QUARANTINED.inc(set_aside)


def delivered(pending: int) -> None:
    """A batch came, and the stream has `pending` more."""
    _PENDING.set(pending)


def sampled(pool: AsyncConnectionPool) -> Sampled:
    """What the ledger knows."""

    async def sample() -> Mapping[str, float | None]:
        async with pool.connection() as db:
            row = await (await db.execute("select position from ledger.position")).fetchone()
        return {"authpulse_ledger_position": row[0] if row else None}

    return Sampled(_TOLD, sample)
