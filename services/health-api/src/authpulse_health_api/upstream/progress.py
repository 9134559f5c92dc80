"""Asks, again and again, whether a refresher is there and how far it is with telling what has happened."""

import asyncio
import time
from typing import Final

from authpulse_contract.commands import PROGRESS, AskProgress, Progress, Refused, Reply
from authpulse_health_api.health.freshness import Signs
from authpulse_health_api.upstream.commands import Commands

EVERY: Final = 1.0
"""Seconds from an answer, or from the want of one, to the next question."""
_PATIENCE: Final = 2.0


async def keep_asking(commands: Commands, signs: Signs) -> None:
    """Tell `signs` of each answer, until cancelled."""
    while True:
        asked_at = time.monotonic()
        match await commands.try_to_ask(PROGRESS, AskProgress(), Reply, patience=_PATIENCE):
            case Progress(waiting=waiting):
                signs.answered(asked_at, waiting=waiting)
            case Refused(slug="unavailable"):
                signs.without_vault(asked_at)
            case _:
                signs.unanswered(nats_there=await commands.reach_nats())
        await asyncio.sleep(EVERY)
