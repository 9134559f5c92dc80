"""Carries events from the outbox to the stream: at least once, in order, for as long as it takes."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final
from uuid import UUID, uuid4

import nats.errors
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import PubAck

from authpulse_chassis.streams import ensure_stream
from authpulse_contract.cloudevents import headers
from authpulse_contract.commands import Progress, Refused
from authpulse_contract.events import type_of
from authpulse_contract.subjects import STREAM, event_subject
from authpulse_refresher.outages import DATABASE_AWAY, NATS_AWAY, pause
from authpulse_refresher.storage.outbox import Waiting, delete_published, next_batch, waiting_for, yield_turn
from authpulse_refresher.storage.vault import Vault
from authpulse_refresher.traces import sending, sent, told

BATCH: Final = 500
# The turn lasts longer, so that nobody else publishes the same batch while this one still waits.
_ACKNOWLEDGED_WITHIN: Final = 5.0
# How long an event waits at most where it was not this process that stored it, or another has the turn.
_POLL: Final = 0.25
_LONGEST_PAUSE: Final = 5.0
# Who asks how far we are waits two seconds, and is to hear that the vault is away rather than nothing.
_SAYS_WITHIN: Final = 1.0

_log = logging.getLogger(__name__)


async def relay(vault: Vault, bus: Client, stop: asyncio.Event) -> None:
    """Publish what is in the outbox until `stop`, and then what is left, provided that NATS and the database are there.

    Any number of relays may run; they take turns.
    """
    js, holder = bus.jetstream(), uuid4()
    stream_made, seconds = False, _POLL
    while True:
        stopping = stop.is_set()
        vault.outgoing.clear()
        try:
            if not bus.is_connected:
                raise nats.errors.ConnectionReconnectingError
            if not stream_made:
                await ensure_stream(js)
            stream_made, published = True, await publish_batch(vault, js, holder)
            seconds = _POLL
        except (*NATS_AWAY, *DATABASE_AWAY) as outage:
            _log.warning("events wait in the outbox: %s", type(outage).__name__)
            stream_made, published, seconds = False, 0, min(2 * seconds, _LONGEST_PAUSE)
        if published < BATCH:
            if stopping:
                return
            await pause(vault.outgoing, seconds)


async def progress(vault: Vault) -> Progress | Refused:
    """How far all relays of this vault are. Refused without a word in the log: it is asked every second."""
    try:
        async with vault.pool.connection(_SAYS_WITHIN) as db:
            return Progress(waiting=await waiting_for(db))
    except DATABASE_AWAY:
        return Refused(slug="unavailable", detail="The vault cannot be reached.")


async def publish_batch(vault: Vault, js: JetStreamContext, holder: UUID) -> int:
    """Publish the oldest events and delete those that the stream has; their number.

    Raises one of `NATS_AWAY` if any was not acknowledged; it stays, and the stream drops it should it come twice.
    """
    async with vault.pool.connection() as db:
        waiting = await next_batch(db, holder, BATCH)
    if not waiting:
        return 0
    acknowledged, failure = await _publish(js, waiting)
    async with vault.pool.connection() as db:
        await delete_published(db, acknowledged)
        await yield_turn(db, holder)
    if failure is not None:
        raise failure
    return len(acknowledged)


async def _publish(js: JetStreamContext, waiting: Sequence[Waiting]) -> tuple[list[int], Exception | None]:
    """The ids that were acknowledged, and the first failure."""
    promises: dict[asyncio.Future[PubAck], int] = {}
    try:
        for one in waiting:
            event = one.event()
            subject = event_subject(event.connection_kind, event.connection_name, type_of(event))
            running = sending(event, subject, one.trace())
            named = headers(event, told(running, one.trace()))
            promise = await js.publish_async(subject, one.body.encode(), stream=STREAM, headers=named)
            sent(running, promise)
            promises[promise] = one.outbox_id
        done, late = await asyncio.wait(promises, timeout=_ACKNOWLEDGED_WITHIN)
    finally:
        # One that nobody waits for would keep its place among the pending ones of the client for ever.
        for promise in promises:
            promise.cancel()
    failures = [failure for promise in done if isinstance(failure := promise.exception(), Exception)]
    if late:
        failures.append(nats.errors.TimeoutError())
    return [promises[promise] for promise in done if promise.exception() is None], failures[0] if failures else None
