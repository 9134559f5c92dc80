"""One `up` for each data folder: a lock that ends with the process, even by SIGKILL."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from authpulse_cli.errors import CommandError


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the lock of `folder`. Raises `CommandError`, naming the holder, if another process has it."""
    with (folder / "lock").open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise CommandError(
                f"authpulse up is running already with --data {folder} (process {file.read().strip() or 'unknown'}). "
                f"Stop that one, or choose another --data."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
