"""PostgreSQL refuses to run as root: the system user that it runs as instead, and the way to its files."""

import os
import pwd
import stat
import subprocess
from pathlib import Path
from typing import Final

from authpulse_cli.embedded.program import Account
from authpulse_cli.errors import CommandError

NAME: Final = "pgserver"
_CREATE: Final = ("useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME)


def postgres_account() -> Account | None:
    """None unless called by root; then the system user `pgserver`, made if there is none.

    Raises `CommandError` if it cannot be made.
    """
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError:
        try:
            subprocess.run(_CREATE, check=True, capture_output=True)  # noqa: S603 -- a constant
        except (OSError, subprocess.CalledProcessError) as failure:
            raise CommandError(
                f"PostgreSQL does not run as root, and the system user {NAME} cannot be made ({failure}). "
                f"Make it by hand, or run authpulse up as another user."
            ) from None
        entry = pwd.getpwnam(NAME)
    return Account(entry.pw_uid, entry.pw_gid)


def let_through(target: Path) -> None:
    """Let other users pass through the folders above `target` (execute only: they can list nothing new)."""
    for folder in target.absolute().parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
