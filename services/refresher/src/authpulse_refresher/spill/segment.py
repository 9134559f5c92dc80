"""One file of a journal, locked for as long as its process lives: whoever can lock it knows that its writer is dead."""

import fcntl
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from uuid import UUID, uuid4

from authpulse_refresher.spill.frames import Frame, read_frames, written

SUFFIX = ".journal1"
"""Ends the names of journals in this form."""


class Segment:
    """A file in `folder`, for the owner's eyes only; `open` are the attempts in it that are not settled."""

    def __init__(self, folder: Path) -> None:
        self.open: set[UUID] = set()
        self.size = 0
        while True:
            self._path = folder / f"{uuid4()}{SUFFIX}"
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX)
            if os.fstat(self._file).st_nlink:
                return
            os.close(self._file)  # taken for a dead one's and removed, before it was locked

    def write(self, frames: Iterable[Frame]) -> None:
        """Give them to the kernel, which keeps them even if this process is killed. Raises `OSError`: none is there."""
        data = b"".join(map(written, frames))
        try:
            if os.write(self._file, data) != len(data):
                raise OSError("the journal took a part only")
        except OSError:
            # Nothing behind a torn frame would be read.
            os.ftruncate(self._file, self.size)
            raise
        self.size += len(data)

    def sync(self) -> None:
        """Have it survive the machine's death too."""
        os.fsync(self._file)

    def clear(self) -> None:
        """Forget everything in it."""
        os.ftruncate(self._file, 0)
        self.size = 0

    def remove(self) -> None:
        """Delete it."""
        self._path.unlink(missing_ok=True)
        os.close(self._file)


class Orphan:
    """The file of a dead writer, locked against all other heirs."""

    def __init__(self, path: Path, file: int) -> None:
        self.path, self._file = path, file

    def frames(self) -> Iterator[Frame]:
        """What is left in it."""
        return read_frames(self.path.read_bytes())

    def remove(self) -> None:
        """Delete it: everything in it has been settled."""
        self.path.unlink(missing_ok=True)

    def release(self) -> None:
        """Let others have it."""
        os.close(self._file)


def orphans(folder: Path) -> Iterator[Orphan]:
    """Those in `folder`; each is locked until it is released."""
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            continue
        yield Orphan(path, file)
