"""Reads the event stream in order, from a place on, without leaving anything behind on the server."""

from collections.abc import AsyncIterator

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

from authpulse_cli.errors import CommandError
from authpulse_contract.subjects import STREAM

PATIENCE = 5.0
"""Seconds of silence after which it is checked that the server is still there."""


async def messages(client: Client, subject: str, *, start: int, follow: bool) -> AsyncIterator[Msg]:
    """The messages on `subject` from stream sequence `start` on; without `follow` those there are now.

    Raises `CommandError` where there is no stream or the server goes away.
    """
    config = ConsumerConfig(deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=start)
    try:
        feed = await client.jetstream().subscribe(subject, stream=STREAM, ordered_consumer=True, config=config)
        there = await feed.consumer_info()
        # What has been delivered in the meantime waits in `feed` and has yet to be read.
        left = (there.delivered.consumer_seq if there.delivered else 0) + (there.num_pending or 0)
        while follow or left:
            try:
                message = await feed.next_msg(timeout=PATIENCE)
            except nats.errors.TimeoutError:
                if not client.is_connected:
                    raise CommandError("The connection to NATS was lost.") from None
                continue
            yield message
            left = message.metadata.num_pending
    except NotFoundError:
        raise CommandError(f"There is no stream {STREAM} yet. Start authpulse; the refresher makes it.") from None
    except (nats.errors.Error, OSError) as failure:
        raise CommandError(f"The events cannot be read from NATS ({type(failure).__name__}).") from None
