"""`python -m authpulse_cli.demo`: serves the demo IdP, on loopback unless told otherwise, until it is told to stop."""

import signal
import sys
from http.server import ThreadingHTTPServer
from types import FrameType
from typing import Annotated

from msgspec import Meta, Struct

from authpulse_chassis.settings import SettingsError, read_settings
from authpulse_cli.demo.books import Books
from authpulse_cli.demo.endpoint import Endpoint
from authpulse_contract.secret import Secret


class Settings(Struct, frozen=True, kw_only=True):
    """Each member is the variable `AUTHPULSE_<MEMBER>`."""

    demo_host: Annotated[str, Meta(description="The address to serve at.")] = "127.0.0.1"
    demo_port: Annotated[int, Meta(ge=1, le=65535, description="The port to serve at.")]
    demo_key: Annotated[Secret, Meta(description="Any long random text; it makes the demo's credentials.")]


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    try:
        settings = read_settings(Settings)
    except SettingsError as error:
        sys.exit(f"authpulse: {error}")
    key = settings.demo_key.reveal()
    handler = type("DemoEndpoint", (Endpoint,), {"books": Books(key), "key": key})
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    with ThreadingHTTPServer((settings.demo_host, settings.demo_port), handler) as server:
        server.daemon_threads = True
        server.serve_forever()


def _leave(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 -- the shape of a signal handler
    sys.exit(0)


main()
