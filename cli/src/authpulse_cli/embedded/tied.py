"""Becomes another program that is told to stop when its parent dies, even by SIGKILL (Linux; elsewhere a plain start).

    python -I -S tied.py PARENT SIGNAL UID GID PROGRAM [ARGUMENT...]

A program of its own and not a `preexec_fn`: that would run Python between fork and exec of a process with threads, and
the bond has to be made after the change of user, which undoes it (prctl(2), PR_SET_PDEATHSIG).
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, signal: int, uid: int, gid: int, program: list[str]) -> None:
    """Tie this process to `parent` and become `program`; `uid` and `gid` below 0 leave the user as it is."""
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0)
        if os.getppid() != parent:
            # It died before the bond was made, so no signal will come.
            sys.exit(1)
    try:
        os.execv(program[0], program)  # noqa: S606 -- no shell is the point
    except OSError as failure:
        sys.exit(f"{program[0]} cannot be started: {failure.strerror}")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5:])
