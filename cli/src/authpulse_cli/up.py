"""`authpulse up`: everything on one machine."""

import asyncio
import os
import sys
from argparse import Namespace
from urllib.parse import urlsplit

from authpulse_cli.declared.file import read_declarations
from authpulse_cli.embedded import system
from authpulse_cli.errors import CommandError
from authpulse_cli.instance import default_data
from authpulse_contract.connections import Declaration


def run(arguments: Namespace) -> int:
    """Serve until SIGTERM or SIGINT. Raises `CommandError`."""
    host, port = _address(arguments.http)
    declarations: tuple[Declaration, ...] = ()
    if arguments.connections:
        declared = read_declarations(arguments.connections, os.environ)
        declarations = declared.declarations
        for warning in declared.warnings:
            print(f"warning: {warning}", file=sys.stderr)
    data = arguments.data or default_data()
    wishes = system.Wishes(data=data, host=host, port=port, declarations=declarations, demo=arguments.demo)
    asyncio.run(system.run(wishes, _say))
    return 0


def _address(text: str) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{text}")
        if parts.hostname and parts.port and parts.netloc == text and "@" not in text:
            return parts.hostname, parts.port
    except ValueError:
        pass
    raise CommandError(f"--http {text!r} is no address. Write HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080.")


def _say(line: str) -> None:
    # Whoever reads a pipe has to see the sign-in link while we run.
    print(line, flush=True)
