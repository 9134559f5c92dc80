"""`authpulse events`: what happened, oldest first, from the stream."""

import asyncio
import sys
from argparse import Namespace
from typing import Final

from nats.aio.msg import Msg

from authpulse_chassis.bus import Access
from authpulse_cli.bus import access_to, connected
from authpulse_cli.errors import CommandError
from authpulse_cli.event_line import event_line
from authpulse_cli.instance import find_instance
from authpulse_cli.stream import messages
from authpulse_contract.cloudevents import NotAnEventError, read
from authpulse_contract.codec import to_json
from authpulse_contract.subjects import EVENTS, escape

PAUSE: Final = 1.0
"""Seconds between attempts to reach NATS again while following."""


def run(arguments: Namespace) -> int:
    """Print the events until there are no more, or for ever with `--follow`. Raises `CommandError`."""
    access = access_to(find_instance(arguments.data))
    asyncio.run(_print_all(access, _subject(arguments.connection), follow=arguments.follow, as_json=arguments.json))
    return 0


def _subject(connection: str | None) -> str:
    if connection is None:
        return EVENTS
    kind, slash, name = connection.partition("/")
    if not (kind and slash and name):
        raise CommandError(f"{connection!r} names no connection. Write KIND/NAME, such as api/crm.")
    return EVENTS.replace(">", f"{escape(kind)}.{escape(name)}.*")


async def _print_all(access: Access, subject: str, *, follow: bool, as_json: bool) -> None:
    sequence, reached = 1, False
    while True:
        try:
            async with connected(access) as client:
                async for message in messages(client, subject, start=sequence, follow=follow):
                    reached = True
                    sequence = message.metadata.sequence.stream + 1
                    _print(message, as_json=as_json)
        except CommandError as failure:
            if not (follow and reached):
                raise
            print(f"{failure} Trying again.", file=sys.stderr)
            await asyncio.sleep(PAUSE)
        else:
            return


def _print(message: Msg, *, as_json: bool) -> None:
    try:
        event = read(message.headers or {}, message.data)
    except NotAnEventError as reason:
        print(f"message {message.metadata.sequence.stream} on {message.subject} is no event: {reason}", file=sys.stderr)
        return
    sys.stdout.write((to_json(event).decode() if as_json else event_line(event)) + "\n")
    sys.stdout.flush()
