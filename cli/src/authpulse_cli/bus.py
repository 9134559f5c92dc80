"""Talking to NATS from a command: one connection that gives up instead of waiting for ever."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import nats
import nats.errors
from nats.aio.client import Client

from authpulse_cli.errors import CommandError
from authpulse_contract.codec import from_json, to_json
from authpulse_contract.commands import Reply
from authpulse_contract.subjects import command_subject, inbox


@asynccontextmanager
async def connected(url: str, *, seconds: float = 3.0) -> AsyncIterator[Client]:
    """A connection to the NATS server at `url`. Raises `CommandError` if none comes about within `seconds`."""
    try:
        client = await nats.connect(
            url, inbox_prefix=inbox("operator"), allow_reconnect=False, connect_timeout=seconds, error_cb=_ignore
        )
    except (nats.errors.Error, OSError, TimeoutError) as failure:
        raise CommandError(
            f"NATS at {_address(url)} cannot be reached ({type(failure).__name__}). Is authpulse up? "
            f"Start it, or point to it with --data DIR or AUTHPULSE_NATS_URL."
        ) from None
    try:
        yield client
    finally:
        await client.close()


async def ask(client: Client, verb: str, command: object, *, seconds: float = 30.0) -> Reply:
    """What the refresher answers. Raises `CommandError` if it does not."""
    try:
        answer = await client.request(command_subject(verb), to_json(command), timeout=seconds)
    except nats.errors.NoRespondersError:
        raise CommandError("No refresher is running. Start one, or run authpulse up, and try again.") from None
    except (nats.errors.Error, TimeoutError) as failure:
        raise CommandError(
            f"The refresher did not answer {verb} within {seconds:g} s ({type(failure).__name__}). "
            f"Look at its log, then run the command again: what was done already stays as it is."
        ) from None
    return from_json(answer.data, Reply)  # type: ignore[arg-type]  # a union is no type to mypy


def _address(url: str) -> str:
    # The user and the password are nobody's business.
    return url.rpartition("@")[2].removeprefix("nats://")


async def _ignore(failure: Exception) -> None:
    """The one who waits hears of it; nats-py would print it as well."""
