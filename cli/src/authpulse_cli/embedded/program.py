"""What `up` runs: a command line that dies with it, how to stop it, and how to tell that it is ready."""

import os
import signal
import sys
from collections.abc import Callable

from msgspec import Struct

from authpulse_cli.embedded import tied


class Account(Struct, frozen=True):
    """The system user that a program runs as, where that is not the one who called `up`."""

    uid: int
    gid: int


class Program(Struct, frozen=True, kw_only=True):
    """One child process of `up`.

    `environ` is its whole environment. `ready` answers at once (a second at most), from any thread, and never raises.
    """

    name: str
    argv: tuple[str, ...]
    environ: dict[str, str]
    ready: Callable[[], bool]
    stop_signal: signal.Signals = signal.SIGTERM
    account: Account | None = None


def command_line(program: Program) -> list[str]:
    """The command line that starts `program` tied to the calling process: when that dies, it is told to stop."""
    uid, gid = (program.account.uid, program.account.gid) if program.account else (-1, -1)
    bond = (str(os.getpid()), str(int(program.stop_signal)), str(uid), str(gid))
    return [sys.executable, "-I", "-S", tied.__file__, *bond, *program.argv]
