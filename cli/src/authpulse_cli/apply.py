"""`authpulse apply FILE`: makes the connections be as a file declares them."""

import asyncio
import getpass
import os
import sys
from argparse import Namespace

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.progress import Progress

from authpulse_chassis.bus import Access
from authpulse_cli.bus import access_to, connected
from authpulse_cli.declared.file import Declared, read_declarations
from authpulse_cli.instance import find_instance
from authpulse_cli.registry import Change, Manner, describe, register, registered, remove, summary


class Applied(Struct, frozen=True, kw_only=True):
    """What `--json` prints."""

    dry_run: bool
    changes: list[Change]


def run(arguments: Namespace) -> int:
    """Print what changes; 1 if the refresher refused a connection. Raises `CommandError` before anything changes."""
    declared = read_declarations(arguments.file, os.environ)
    for warning in declared.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    access = access_to(find_instance(arguments.data))
    changes = asyncio.run(_apply(access, declared, prune=arguments.prune, dry_run=arguments.dry_run))
    changes.sort(key=lambda change: (change.kind, change.name))
    if arguments.json:
        sys.stdout.write(msgspec.json.encode(Applied(dry_run=arguments.dry_run, changes=changes)).decode() + "\n")
    else:
        for change in changes:
            print(describe(change))
        print(summary(changes) + (" (dry run: nothing was changed)" if arguments.dry_run else ""))
    return 1 if any(change.action == "refused" for change in changes) else 0


async def _apply(access: Access, declared: Declared, *, prune: bool, dry_run: bool) -> list[Change]:
    changes: list[Change] = []
    manner = Manner(actor=f"operator:{getpass.getuser()}", dry_run=dry_run)
    async with connected(access) as client:
        kept = {(each.kind, each.name) for each in declared.declarations}
        leaving = [
            each
            for each in (await registered(client) if prune else ())
            if each.declared_by == "file" and (each.kind, each.name) not in kept
        ]
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("applying", total=len(kept) + len(leaving))

            def done(change: Change) -> None:
                changes.append(change)
                progress.advance(task)

            await register(client, declared.declarations, manner, done)
            await remove(client, leaving, manner, done)
    return changes
