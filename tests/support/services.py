"""The services as real processes: started as in production, killed as in an accident, their logs kept."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path


class Service:
    """One service process; `kill` and `start` again as often as needed, the log goes on in the same file."""

    def __init__(self, module: str, settings: Mapping[str, str], log: Path) -> None:
        self.module, self.log = module, log
        self._began = 0
        self._settings = dict(settings)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._began = self.log.stat().st_size if self.log.exists() else 0
        # The rest of the environment goes along: coverage follows processes through it.
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self.module], env={**os.environ, **self._settings}, stdout=output, stderr=output
            )

    def has_said(self, words: str) -> bool:
        """Whether it has logged them since it was last started."""
        return words.encode() in self.log.read_bytes()[self._began :]

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def kill(self) -> None:
        """SIGKILL: nothing is finished, nothing is closed."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def freeze(self) -> None:
        """SIGSTOP: it stands still, whatever comes meanwhile."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        assert self._process
        self._process.send_signal(signal.SIGCONT)

    def terminate(self) -> None:
        """SIGTERM, without waiting."""
        assert self._process
        self._process.terminate()

    def stop(self, *, seconds: float = 30.0) -> int:
        """SIGTERM and wait; the exit status. Raises `subprocess.TimeoutExpired` after `seconds`."""
        self.terminate()
        return self.wait(seconds=seconds)

    def wait(self, *, seconds: float = 30.0) -> int:
        """The exit status of a process that ends by itself."""
        assert self._process
        return self._process.wait(seconds)
