"""The durable consumer that all event-stores share, and what to do when the server has lost it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

import nats.errors
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig

from authpulse_chassis.fitness import Pulse
from authpulse_chassis.streams import ensure_stream
from authpulse_contract.subjects import EVENTS, STREAM

DURABLE: Final = "event-store"
ACK_WAIT: Final = 10.0
"""Seconds until what a killed event-store had in hand is delivered again."""
PAUSE: Final = 0.5
"""Seconds between attempts while the server is away or has lost the consumer."""

_log = logging.getLogger(__name__)


async def ensure_consumer(js: JetStreamContext, *, max_age: float | None) -> None:
    """Make the stream and its consumer `event-store` if absent; idempotent. Raises `nats.errors.Error`.

    Acknowledgement is explicit: acknowledging "all up to here" would settle what another event-store has in hand.
    """
    await ensure_stream(js, max_age=max_age)
    await js.add_consumer(
        STREAM,
        ConsumerConfig(
            durable_name=DURABLE,
            filter_subject=EVENTS,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=ACK_WAIT,
            max_ack_pending=10_000,
        ),
    )


class LastingSubscription:
    """A pull subscription that outlives its consumer: FastStream asks again at once, without a pause and without
    making anything anew, when the server answers that nobody is there.
    """

    def __init__(
        self,
        inner: JetStreamContext.PullSubscription,
        ready: Callable[[], bool],
        renew: Callable[[], Awaitable[None]],
        pulse: Pulse,
    ) -> None:
        self._inner, self._ready, self._renew, self._pulse = inner, ready, renew, pulse

    async def fetch(self, batch: int, timeout: float | None) -> list[Msg]:  # noqa: ASYNC109 -- FastStream passes it
        """Up to `batch` messages within `timeout` seconds; none, after a pause, while there is nobody to ask."""
        self._pulse.beat()
        if not self._ready():  # else requests pile up and all go out when the server is back
            await asyncio.sleep(PAUSE)
            return []
        try:
            return await self._inner.fetch(batch, timeout)
        except TimeoutError:
            return []
        except nats.errors.Error as failure:
            _log.warning("fetching events: %r", failure)
        await asyncio.sleep(PAUSE)
        try:
            await self._renew()
        except (nats.errors.Error, TimeoutError) as failure:
            _log.warning("making the consumer again: %r", failure)
        return []

    async def unsubscribe(self) -> None:
        """Take no more."""
        await self._inner.unsubscribe()
