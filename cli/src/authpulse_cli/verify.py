"""`authpulse verify`: do vault, ledger, health and HTTP agree?"""

import sys
import time
from argparse import Namespace
from collections.abc import Callable
from typing import Final

import msgspec
import psycopg
from msgspec import Struct

from authpulse_cli.errors import CommandError
from authpulse_cli.http import fetch_bulk
from authpulse_cli.instance import Instance, find_instance, named
from authpulse_cli.verifying.disagreement import Disagreement
from authpulse_cli.verifying.ledger import Ledger, read_ledger
from authpulse_cli.verifying.others import compare_api, compare_vault, read_health

PAUSE: Final = 0.25
PROGRESS_EVERY: Final = 100_000


class Verdict(Struct, frozen=True, kw_only=True):
    """What `--json` prints."""

    agree: bool
    connections: int
    events: int
    disagreements: list[Disagreement]


def run(arguments: Namespace) -> int:
    """Print each disagreement; 1 if there is one. Raises `CommandError` where something cannot be read."""
    instance = find_instance(arguments.data)
    vault_url, ledger_url = (
        named(instance.vault_url, "AUTHPULSE_VAULT_URL"),
        named(instance.ledger_url, "AUTHPULSE_LEDGER_URL"),
    )
    try:
        ledger = read_ledger(ledger_url, _show_progress())
        lasting = _lasting(lambda: _compare(instance, vault_url, ledger_url), seconds=arguments.wait)
    except psycopg.Error as failure:
        raise CommandError(
            f"A database cannot be read: {str(failure).strip()}. Is authpulse up, and is this its --data?"
        ) from None
    verdict = _verdict(ledger, lasting)
    if arguments.json:
        sys.stdout.write(msgspec.json.encode(verdict).decode() + "\n")
    else:
        _print(verdict)
    return 0 if verdict.agree else 1


def _compare(instance: Instance, vault_url: str, ledger_url: str) -> set[Disagreement]:
    health = read_health(ledger_url)
    return compare_vault(vault_url, health) | compare_api(fetch_bulk(instance), health)


def _lasting(look: Callable[[], set[Disagreement]], *, seconds: float) -> set[Disagreement]:
    """What `look` finds every time until `seconds` are over: the rest was merely on its way."""
    deadline = time.monotonic() + seconds
    found = look()
    while found and time.monotonic() < deadline:
        time.sleep(PAUSE)
        found &= look()
    return found


def _verdict(ledger: Ledger, lasting: set[Disagreement]) -> Verdict:
    found = sorted({*ledger.disagreements, *lasting})
    connections = sum(not row["removed"] for row in ledger.health.values())
    return Verdict(agree=not found, connections=connections, events=ledger.events, disagreements=found)


def _print(verdict: Verdict) -> None:
    for each in verdict.disagreements:
        who = f"{each.kind}/{each.name}" if each.kind else "everything"
        print(f"{who}: {each.where}: {each.what}")
    seen = f"{verdict.connections} connections, {verdict.events} events"
    if verdict.agree:
        print(f"vault, ledger, health and the HTTP answer agree: {seen}")
    else:
        print(f"{len(verdict.disagreements)} disagreements in {seen}. The ledger's events are the truth about health;")
        print("a health row that differs from them can be rebuilt with: python -m authpulse_event_store.replay")


def _show_progress() -> Callable[[int], None]:
    shown = 0

    def progress(events: int) -> None:
        nonlocal shown
        if events - shown >= PROGRESS_EVERY:
            shown = events
            print(f"{events} events read", file=sys.stderr)

    return progress
