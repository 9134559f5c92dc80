"""`authpulse reseal`: everything sealed comes under the active key, a page at a time, while the services go on."""

import asyncio
import sys
from argparse import Namespace

import msgspec
from msgspec import Struct
from nats.aio.client import Client

from authpulse_chassis.bus import Access
from authpulse_cli.bus import access_to, ask, connected
from authpulse_cli.errors import CommandError
from authpulse_cli.instance import find_instance
from authpulse_contract.commands import RESEAL, Refused, Reseal, Resealed


class Outcome(Struct, frozen=True, kw_only=True):
    """What `--json` prints. `left`: values that still are under another key, by its id."""

    key: str
    resealed: int
    left: dict[str, int]
    unknown_keys: tuple[str, ...]


def run(arguments: Namespace) -> int:
    """Reseal everything; 1 if something stays under an old key. Raises `CommandError`."""
    instance = find_instance(arguments.data)
    outcome = asyncio.run(_reseal(access_to(instance)))
    if arguments.json:
        sys.stdout.write(msgspec.json.encode(outcome).decode() + "\n")
    else:
        for line in told(outcome):
            print(line)
    return 1 if outcome.left else 0


async def _reseal(access: Access) -> Outcome:
    async with connected(access) as client:
        page = await _page(client, Reseal())
        resealed = page.resealed
        while page.after is not None:
            print(f"{resealed} resealed", file=sys.stderr)
            page = await _page(client, Reseal(after=page.after, key=page.key))
            resealed += page.resealed
    return Outcome(key=page.key, resealed=resealed, left=page.left, unknown_keys=page.unknown_keys)


async def _page(client: Client, command: Reseal) -> Resealed:
    match await ask(client, RESEAL, command):
        case Resealed() as page:
            return page
        case Refused(detail=detail):
            raise CommandError(detail)
        case other:
            raise CommandError(f"The refresher answered with {type(other).__name__}. Are all parts of one version?")


def told(outcome: Outcome) -> list[str]:
    """What a person reads."""
    lines = [f"{outcome.resealed} resealed under {outcome.key!r}"]
    if not outcome.left:
        lines.append("nothing is left under another key")
    for key, number in outcome.left.items():
        if not key:
            why = "they are no sealed values; sign in again, or declare the connections again"
        elif key in outcome.unknown_keys:
            why = f"the refresher does not have that key; put {key!r} back into AUTHPULSE_SEALING_KEYS and reseal again"
        else:
            why = "altered, or stored meanwhile by a refresher with older keys; restart those and reseal again"
        lines.append(f"{number} left under {key!r}: {why}")
    return lines
