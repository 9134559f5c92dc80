"""Takes batches of events from the stream: decodes, records, announces the position, acknowledges."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, cast

import psycopg
from faststream.middlewares import AckPolicy
from faststream.nats import JStream, NatsBroker, PullSub
from faststream.nats.message import NatsBatchMessage
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from psycopg_pool import AsyncConnectionPool

from authpulse_chassis.fitness import Pulse
from authpulse_contract.subjects import ADVANCED, EVENTS, STREAM, inbox
from authpulse_event_store.consumer import DURABLE, LastingSubscription, ensure_consumer
from authpulse_event_store.metrics import delivered
from authpulse_event_store.quarantine import Delivery
from authpulse_event_store.record import record
from authpulse_event_store.traces import given_back, recorded, taken, tick_headers

BATCH_SIZE: Final = 500
# FastStream collects until the batch is full or this many seconds are over, so it bounds how long a lone event waits.
COLLECT_FOR: Final = 0.1
PAUSE: Final = 1.0
"""Seconds between attempts while the database cannot do its work."""

_log = logging.getLogger(__name__)


def subscribe(
    broker: NatsBroker, pool: AsyncConnectionPool, pulse: Pulse, *, max_age: float | None
) -> Callable[[], Awaitable[None]]:
    """Returns what starts the taking of events, which lasts until `broker.stop()`.

    Starting raises `nats.errors.Error` or `OSError` if the server is away or refuses; it may be tried again.
    """
    subscriber = broker.subscriber(
        EVENTS,
        stream=JStream(STREAM, declare=False),
        durable=DURABLE,
        pull_sub=PullSub(batch_size=BATCH_SIZE, timeout=COLLECT_FOR, batch=True),
        ack_policy=AckPolicy.MANUAL,
        decoder=_as_delivered,
        # FastStream would take nats-py's default here, whatever the broker was told.
        inbox_prefix=f"{inbox('event-store')}.".encode(),
    )

    async def announce(position: int, headers: Mapping[str, str] | None) -> None:
        await broker.publish(str(position).encode(), ADVANCED, headers=None if headers is None else dict(headers))

    subscriber(taking(pool, announce))

    async def start() -> None:
        connection = await broker.connect()
        js = connection.jetstream()

        async def renew() -> None:
            await ensure_consumer(js, max_age=max_age)

        await renew()
        await broker.start()
        if isinstance(subscriber.subscription, JetStreamContext.PullSubscription):
            lasting = LastingSubscription(subscriber.subscription, lambda: connection.is_connected, renew, pulse)
            subscriber.subscription = cast(JetStreamContext.PullSubscription, lasting)

    return start


def taking(
    pool: AsyncConnectionPool, announce: Callable[[int, Mapping[str, str] | None], Awaitable[None]]
) -> Callable[[list[Msg]], Awaitable[None]]:
    """The handler of a batch: nothing is acknowledged before it is committed, and all of it is then."""

    async def take(messages: list[Msg]) -> None:
        running = taken(messages)
        try:
            position = await record(pool, [_delivery(message) for message in messages])
        except psycopg.Error as outage:
            _log.warning("the ledger cannot be written: %s", type(outage).__name__)
            given_back(running, outage)
            await asyncio.sleep(PAUSE)
            for message in messages:
                await message.nak()
            return
        if position is not None:
            await announce(position, tick_headers(running))
        recorded(running, position)
        delivered(messages[-1].metadata.num_pending)
        for message in messages:
            await message.ack()

    return take


async def _as_delivered(batch: NatsBatchMessage) -> list[Msg]:
    """In place of FastStream's own decoding, which parses each body as JSON and fails the whole batch on a bad one."""
    return batch.raw_message


def _delivery(message: Msg) -> Delivery:
    return Delivery(message.metadata.sequence.stream, message.subject, message.headers or {}, message.data)
