"""`python -m authpulse_cli.demo.declare`: registers the demonstration's connections, where Compose runs its IdP."""

import asyncio
import sys
import time
from typing import Annotated, Final

from msgspec import Meta

from authpulse_chassis.bus import BusSettings, access_of
from authpulse_chassis.settings import SettingsError, read_settings
from authpulse_cli.bus import connected
from authpulse_cli.demo.connections import demo_connections
from authpulse_cli.errors import CommandError
from authpulse_cli.registry import Change, Manner, register
from authpulse_contract.secret import Secret

# As if by hand: `authpulse apply --prune` leaves alone what no file has declared.
MANNER: Final = Manner(actor="system:authpulse-demo", declared_by="http")


class Settings(BusSettings, frozen=True, kw_only=True):
    """Each member is the variable `AUTHPULSE_<MEMBER>`."""

    demo_key: Annotated[Secret, Meta(description="The key that the demo IdP has.")]
    demo_url: Annotated[str, Meta(description="Where the refresher finds the demo IdP.")]
    demo_browsers_url: Annotated[str | None, Meta(description="Where browsers find it, if elsewhere.")] = None


def main() -> None:
    """Register them and end."""
    try:
        asyncio.run(_declare(read_settings(Settings)))
    except (SettingsError, CommandError) as failure:
        sys.exit(f"authpulse: {failure}")


async def _declare(settings: Settings) -> None:
    now = int(time.time() * 1000)
    declarations = demo_connections(
        settings.demo_url, settings.demo_key.reveal(), serial=now, browsers_url=settings.demo_browsers_url
    )
    changes: list[Change] = []
    async with connected(access_of(settings)) as client:
        await register(client, declarations, MANNER, changes.append)
    for change in changes:
        print(f"{change.kind}/{change.name}: {change.problem or change.action}")


if __name__ == "__main__":
    main()
