"""The stream that the facts travel on: made if absent, brought up to date if not, by whoever starts first."""

from typing import Final

from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, StorageType, StreamConfig
from nats.js.errors import BadRequestError, NotFoundError

from authpulse_contract.subjects import EVENTS, STREAM

DUPLICATE_WINDOW: Final = 120.0
"""Seconds in which a second message with the same `Nats-Msg-Id` is dropped; later ones the ledger recognises."""
MAX_AGE: Final = 90 * 86400.0
"""Seconds that a fact stays on a stream made here; a ledger restored from a backup can catch up from so far back."""


async def ensure_stream(js: JetStreamContext, *, max_age: float | None = None) -> None:
    """Make `AUTH_EVENTS` be as the services need it. Idempotent; any number of processes may do it at once.

    `max_age` in seconds, 0 for ever; None leaves an existing stream's as it is. Replicas, placement and size limits
    are the operator's and are left alone. Raises `nats.errors.Error` where the server refuses or is away.
    """
    wanted = StreamConfig(
        name=STREAM,
        subjects=[EVENTS],
        storage=StorageType.FILE,
        duplicate_window=DUPLICATE_WINDOW,
        allow_direct=True,
        max_age=MAX_AGE if max_age is None else max_age,
        # A full stream refuses new facts, and they wait in the outbox; discarding old ones would lose them unseen.
        discard=DiscardPolicy.NEW,
    )
    try:
        await js.add_stream(wanted)
    except BadRequestError as refusal:
        try:
            there = (await js.stream_info(STREAM)).config
        except NotFoundError:
            raise refusal from None  # not because of a stream by this name: subjects overlap, no file store, ...
        due = there.evolve(
            subjects=wanted.subjects,
            duplicate_window=wanted.duplicate_window,
            allow_direct=True,
            max_age=there.max_age if max_age is None else max_age,
            discard=wanted.discard,
        )
        if due != there:
            await js.update_stream(due)
