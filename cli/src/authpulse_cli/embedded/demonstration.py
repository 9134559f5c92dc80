"""Puts the demonstration's connections in, and takes them out once there is something real to see."""

import time

from nats.aio.client import Client

from authpulse_cli.demo.connections import KIND, demo_connections
from authpulse_cli.demo.declare import MANNER
from authpulse_cli.embedded.site import Site
from authpulse_cli.registry import Change, register, registered, remove
from authpulse_contract.commands import Listed
from authpulse_contract.connections import Declaration


async def demo_wanted(client: Client, site: Site, asked: bool | None) -> bool:
    """Whether to show the demonstration: as `asked`, else if nothing but an earlier one is registered."""
    if asked is not None:
        return asked
    ours = _names(site)
    return all((each.kind, each.name) in ours for each in await registered(client))


async def declare_demo(client: Client, site: Site) -> int:
    """Register its connections, with grants of this run; returns how many. Raises `CommandError`."""
    changes: list[Change] = []
    await register(client, _connections(site), MANNER, changes.append)
    return len(changes)


async def end_demo(client: Client, site: Site, keep: tuple[Declaration, ...]) -> int:
    """Remove what an earlier run of it registered, save `keep`; returns how many. Raises `CommandError`."""
    ours = _names(site) - {(each.kind, each.name) for each in keep}
    leaving: list[Listed] = [each for each in await registered(client) if (each.kind, each.name) in ours]
    changes: list[Change] = []
    await remove(client, leaving, MANNER, changes.append)
    site.demo_key_file.unlink(missing_ok=True)
    return len(changes)


def _connections(site: Site) -> tuple[Declaration, ...]:
    return demo_connections(site.demo_url, site.demo_key(), serial=int(time.time() * 1000))


def _names(site: Site) -> set[tuple[str, str]]:
    # Without the key there was no demonstration here: what has such a name is somebody's own.
    if not site.demo_key_file.exists():
        return set()
    return {(KIND, each.name) for each in _connections(site)}
