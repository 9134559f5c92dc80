"""The operator's side: the command `authpulse`, and an `authpulse up` to be watched, stopped and killed."""

import json
import os
import shutil
import signal
import subprocess
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil

from support.servers import free_port, until

Ran = subprocess.CompletedProcess[str]


def authpulse(*words: str, **environ: str) -> Ran:
    """Run the command to its end."""
    command = [program(), *words]
    return subprocess.run(
        command, env={**os.environ, **environ}, check=False, capture_output=True, text=True, timeout=60
    )


def program() -> str:
    """The installed command."""
    found = shutil.which("authpulse", path=sysconfig.get_path("scripts"))
    assert found
    return found


class Up:
    """An `authpulse up` with its own folder and port; what it says is in `said`."""

    def __init__(self, data: Path) -> None:
        self.data, self.http = data, f"127.0.0.1:{free_port()}"
        self._output = data.with_name(f"{data.name}.out")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *words: str, seconds: float = 60.0) -> None:
        """Start it and return once it says how to sign in."""
        self.launch(*words)
        until(lambda: "sign in:" in self.said or not self.running, seconds=seconds, what="authpulse up")
        assert self.running, self.said

    def launch(self, *words: str) -> None:
        """Start it and return at once."""
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                [program(), "up", "--data", str(self.data), "--http", self.http, *words], stdout=output, stderr=output
            )

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def said(self) -> str:
        return self._output.read_text() if self._output.exists() else ""

    @property
    def instance(self) -> dict[str, Any]:
        described: dict[str, Any] = json.loads((self.data / "instance.json").read_bytes())
        return described

    def alive(self) -> list[str]:
        """Which of its children run."""
        return [name for name, pid in self.instance["pids"].items() if _runs(pid)]

    def kill(self) -> None:
        """SIGKILL."""
        assert self._process
        self._process.kill()
        self._process.wait()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it in order; the exit status."""
        assert self._process
        if self.running:
            self._process.send_signal(number)
        return self._process.wait(30)

    def ask(self, *words: str, **environ: str) -> Ran:
        """Run another command on this instance."""
        return authpulse(words[0], "--data", str(self.data), *words[1:], **environ)

    def events(self, *words: str) -> list[dict[str, Any]]:
        """The events so far, oldest first."""
        ran = self.ask("events", "--json", *words)
        assert ran.returncode == 0, ran.stderr
        return [json.loads(line) for line in ran.stdout.splitlines()]

    def health(self) -> dict[str, dict[str, Any]]:
        """The rows of the bulk answer by `kind/name`; none while nobody answers."""
        bearer = {"Authorization": f"Bearer {self.instance['admin_token']}"}
        try:
            answer = httpx.get(f"http://{self.http}/api/v1/admin/connections/oauth-health", headers=bearer)
        except httpx.TransportError:
            return {}
        rows = answer.json()["connections"] if answer.status_code == httpx.codes.OK else []
        return {f"{row['kind']}/{row['name']}": row for row in rows}


def _runs(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@contextmanager
def running_up(data: Path, *words: str) -> Iterator[Up]:
    """An `authpulse up` that is stopped in the end, whatever happens."""
    up = Up(data)
    try:
        up.start(*words)
        yield up
    finally:
        up.stop()
