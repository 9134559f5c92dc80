"""What a test wants to know of the ledger and of the event-stores' consumer."""

from nats.js import JetStreamContext
from nats.js.errors import NotFoundError
from psycopg import AsyncConnection

from authpulse_contract.subjects import STREAM


async def versions(ledger: AsyncConnection) -> list[int]:
    """The versions of all events in the ledger, in order."""
    found = await (await ledger.execute("select version from ledger.events order by version")).fetchall()
    return [int(version) for (version,) in found]


async def settled(js: JetStreamContext) -> bool:
    """Whether the event-stores have acknowledged everything on the stream."""
    try:
        info = await js.consumer_info(STREAM, "event-store")
    except NotFoundError:
        return False
    return not info.num_pending and not info.num_ack_pending
