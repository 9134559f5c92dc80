"""The real nats-server and PostgreSQL that `authpulse up` starts, for the length of a test run."""

import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from authpulse_cli.embedded import nats_server as embedded_nats
from authpulse_cli.embedded import postgres as embedded_postgres
from authpulse_cli.embedded.ports import free_port
from authpulse_cli.embedded.program import Program, command_line

__all__ = ["NatsServer", "PostgresServer", "Server", "free_port", "nats_server", "postgres", "until"]

_PASSWORD = "only-tests"


def until(
    condition: Callable[[], object], *, seconds: float = 10.0, pause: float = 0.05, what: str = "the condition"
) -> None:
    """Look every `pause` seconds whether `condition` is true; AssertionError after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come true within {seconds} s"
        time.sleep(pause)


class Server:
    """A server that can be killed and started again on the same port and files."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            command_line(self._program),
            env=self._program.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        until(self._program.ready, seconds=30, what=self._program.name)

    def freeze(self) -> None:
        """SIGSTOP: it takes what is sent and answers nothing, until it is killed or thawed."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        assert self._process
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL."""
        assert self._process
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.send_signal(self._program.stop_signal)
            self._process.wait()


class NatsServer(Server):
    """A nats-server with JetStream; `url` has the user and password in it."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = embedded_nats.nats_url(self.port, "tests", _PASSWORD)
        super().__init__(
            embedded_nats.nats_server(folder, self.port, [embedded_nats.NatsUser(name="tests", password=_PASSWORD)])
        )


class PostgresServer(Server):
    """A PostgreSQL; `url` is a superuser's, to be formatted with a database name: `url.format(database="x")`."""

    def __init__(self, folder: Path, settings: tuple[str, ...] = ()) -> None:
        port = free_port()
        self.url = embedded_postgres.postgres_url(port, "postgres", _PASSWORD, "{database}")
        super().__init__(embedded_postgres.postgres(folder, port, _PASSWORD, settings=settings))


@contextmanager
def nats_server(folder: Path) -> Iterator[NatsServer]:
    server = NatsServer(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@contextmanager
def postgres(settings: tuple[str, ...] = ()) -> Iterator[PostgresServer]:
    # Not below pytest's folder: any other run that starts shuts that to all accounts but its own, and PostgreSQL, which
    # never runs as root, has another.
    with tempfile.TemporaryDirectory(prefix="authpulse-postgres-") as folder:
        server = PostgresServer(Path(folder) / "data", settings)
        try:
            server.start()
            yield server
        finally:
            server.stop()
