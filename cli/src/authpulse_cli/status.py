"""`authpulse status`: the health of all connections, the ones in trouble first."""

import sys
import time
from argparse import Namespace
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Final

import httpx
import msgspec
from rich.console import Console
from rich.live import Live

from authpulse_cli.http import Bulk, client, fetch_rows, fetch_schedule
from authpulse_cli.instance import find_instance
from authpulse_cli.status_table import Line, table, trouble_first
from authpulse_contract.health import HealthRow

EVERY: Final = 2.0
"""Seconds between two looks of `--watch`."""
SCHEDULED: Final = 50
"""Rows whose next refresh is shown: each takes a request of its own."""
AT_ONCE: Final = 8


def run(arguments: Namespace) -> int:
    """Print the table or the JSON, once or again and again. Raises `CommandError`."""
    with client(find_instance(arguments.data)) as session:
        if arguments.json:
            _print_json(session, watch=arguments.watch)
        elif arguments.watch:
            _watch(session)
        else:
            console = Console()
            rows = trouble_first(fetch_rows(session))
            console.print(table(_lines(session, rows), datetime.now(UTC)) if rows else "No connections are registered.")
    return 0


def _print_json(session: httpx.Client, *, watch: bool) -> None:
    shown: list[HealthRow] | None = None
    while True:
        rows = fetch_rows(session)
        if rows != shown:
            shown = rows
            sys.stdout.write(msgspec.json.encode(Bulk(rows)).decode() + "\n")
            sys.stdout.flush()
        if not watch:
            return
        time.sleep(EVERY)


def _watch(session: httpx.Client) -> None:
    with Live(console=Console(), auto_refresh=False) as live:
        while True:
            rows = trouble_first(fetch_rows(session))
            live.update(table(_lines(session, rows), datetime.now(UTC)), refresh=True)
            time.sleep(EVERY)


def _lines(session: httpx.Client, rows: Sequence[HealthRow]) -> list[Line]:
    due = [row for row in rows if row.has_oauth and not row.needs_reauth][:SCHEDULED]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        scheduled = dict(zip(due, pool.map(lambda row: fetch_schedule(session, row), due), strict=True))
    return [Line(row, scheduled[row].next_refresh_at if row in scheduled else None) for row in rows]
