"""The command line of `authpulse`: what can be said, and how failures are told."""

import importlib
import os
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from authpulse_cli.errors import CommandError

INTERRUPTED = 130


def main(words: Sequence[str] | None = None) -> None:
    """Run one command and exit: 0 done, 1 refused or disagreeing, 2 misspelt, 130 interrupted."""
    arguments = parser().parse_args(words)
    try:
        sys.exit(_run(arguments))
    except CommandError as failure:
        print(f"authpulse {arguments.command}: {failure}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # The reader (`| head`) has seen enough; Python would complain once more while it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _run(arguments: Namespace) -> int:
    try:
        # Imported now, so that no command pays for what another one needs.
        command = importlib.import_module(f"authpulse_cli.{arguments.command}")
    except ModuleNotFoundError as lacking:
        raise CommandError(
            f'It needs {lacking.name}, which is not installed. Install it with: pip install "authpulse-cli[embedded]"'
        ) from None
    return int(command.run(arguments))


def parser() -> ArgumentParser:
    """Everything that can be said to `authpulse`."""
    top = ArgumentParser(prog="authpulse", description="Keeps OAuth connections alive and says which one has died.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    up = _command(commands, "up", "run everything on this machine", "authpulse up --http 127.0.0.1:8080")
    up.add_argument(
        "--http", default="127.0.0.1:8080", metavar="HOST:PORT", help="where to serve (default %(default)s)"
    )
    up.add_argument("--connections", type=Path, metavar="FILE", help="declare the connections of FILE at start")
    demo = up.add_mutually_exclusive_group()
    demo.add_argument(
        "--demo", action="store_true", default=None, help="show the demonstration, whatever else is there"
    )
    demo.add_argument("--no-demo", action="store_false", dest="demo", help="never show the demonstration")

    apply = _command(commands, "apply", "declare connections", "authpulse apply connections.toml --prune --dry-run")
    apply.add_argument("file", type=Path, metavar="FILE", help="TOML, one [[connection]] each")
    apply.add_argument("--prune", action="store_true", help="remove what a file once declared and FILE does not")
    apply.add_argument("--dry-run", action="store_true", help="only say what would change")
    _json(apply)

    status = _command(commands, "status", "show the health of all connections", "authpulse status --watch")
    status.add_argument("--watch", action="store_true", help="look again every two seconds")
    status.add_argument("--every-next", action="store_true", help="when each is looked at next, however many")
    _json(status)

    events = _command(commands, "events", "show what happened", "authpulse events --follow api/crm")
    events.add_argument("connection", nargs="?", metavar="KIND/NAME", help="only of this connection")
    events.add_argument("--follow", action="store_true", help="wait for more")
    _json(events)

    verify = _command(commands, "verify", "check that vault, ledger and health agree", "authpulse verify --json")
    verify.add_argument(
        "--wait",
        type=float,
        default=10.0,
        metavar="SECONDS",
        help="what is on its way gets this long to arrive (default %(default)g)",
    )
    _json(verify)

    reseal = _command(commands, "reseal", "seal the secrets anew under the active key", "authpulse reseal --json")
    _json(reseal)
    return top


def _command(commands: Any, name: str, purpose: str, example: str) -> ArgumentParser:
    command: ArgumentParser = commands.add_parser(
        name,
        help=purpose,
        description=purpose[0].upper() + purpose[1:] + ".",
        epilog=f"Example:\n  {example}",
        formatter_class=RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "--data", type=Path, metavar="DIR", help="the local instance (default: $AUTHPULSE_DATA, else .authpulse)"
    )
    return command


def _json(command: ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="print JSON")
