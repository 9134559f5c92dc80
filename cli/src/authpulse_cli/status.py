"""`authpulse status`: the health of all connections, the ones in trouble first."""

import sys
import time
from argparse import Namespace
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Final

import httpx
import msgspec
from rich.console import Console, Group, RenderableType
from rich.live import Live

from authpulse_cli.http import Bulk, client, fetch_health, fetch_schedule
from authpulse_cli.instance import find_instance
from authpulse_cli.status_table import SCHEDULED, Line, is_scheduled, notes, table, trouble_first
from authpulse_contract.health import HealthRow

EVERY: Final = 2.0
"""Seconds between two looks of `--watch`."""
AT_ONCE: Final = 8


def run(arguments: Namespace) -> int:
    """Print the table or the JSON, once or again and again. Raises `CommandError`."""
    with client(find_instance(arguments.data)) as session:
        if arguments.json:
            _print_json(session, watch=arguments.watch)
        elif arguments.watch:
            _watch(session, every_next=arguments.every_next)
        else:
            Console().print(_shown(session, every_next=arguments.every_next))
    return 0


def _print_json(session: httpx.Client, *, watch: bool) -> None:
    shown: list[HealthRow] | None = None
    while True:
        rows = fetch_health(session).rows
        if rows != shown:
            shown = rows
            sys.stdout.write(msgspec.json.encode(Bulk(rows)).decode() + "\n")
            sys.stdout.flush()
        if not watch:
            return
        time.sleep(EVERY)


def _watch(session: httpx.Client, *, every_next: bool) -> None:
    with Live(console=Console(), auto_refresh=False) as live:
        while True:
            live.update(_shown(session, every_next=every_next), refresh=True)
            time.sleep(EVERY)


def _shown(session: httpx.Client, *, every_next: bool) -> RenderableType:
    health = fetch_health(session)
    rows = trouble_first(health.rows)
    due = [row for row in rows if is_scheduled(row)]
    asked = due if every_next else due[:SCHEDULED]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        scheduled = dict(zip(asked, pool.map(lambda row: fetch_schedule(session, row), asked), strict=True))
    lines = [Line(row, scheduled[row].next_refresh_at if row in scheduled else None) for row in rows]
    shown = table(lines, datetime.now(UTC)) if rows else "No connections are registered."
    return Group(shown, *notes(health.age, health.away, unasked=len(due) - len(asked)))
