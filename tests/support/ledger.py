"""Facts put into the ledger as the event-store puts them, and a health-api process that serves them."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import nats
import psycopg
from nats.aio.msg import Msg

from authpulse_contract.codec import to_json
from authpulse_contract.commands import PROGRESS, Progress
from authpulse_contract.events import Event
from authpulse_contract.subjects import command_subject
from authpulse_event_store.heartbeat import write_beat
from authpulse_event_store.store import Fact, append
from support.servers import free_port, until
from support.services import Service

ADMIN_TOKEN = "admin-token-of-the-tests"
BEARER = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
BULK = "/api/v1/admin/connections/oauth-health"


async def record(ledger_url: str, *events: Event) -> int | None:
    """Append `events`; the position of the last."""
    async with await psycopg.AsyncConnection.connect(ledger_url) as db:
        appended = await append(db, [Fact(one, to_json(one).decode()) for one in events])
    assert not appended.refused
    return appended.position


class Api:
    """A health-api process and its URL."""

    def __init__(self, folder: Path, ledger_url: str, nats_url: str, **settings: str) -> None:
        self.ledger_url, self.port = ledger_url, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = Service(
            "authpulse_health_api",
            {
                "AUTHPULSE_HTTP": f"127.0.0.1:{self.port}",
                "AUTHPULSE_ADMIN_TOKEN": ADMIN_TOKEN,
                "AUTHPULSE_DATABASE_URL": ledger_url,
                "AUTHPULSE_NATS_URL": nats_url,
                **settings,
            },
            folder / "health-api.log",
        )

    def start(self, path: str = "/readyz") -> None:
        """Start and wait until `path` answers 200."""
        self.process.start()
        until(lambda: self.status(path) == 200, seconds=20, what=path)

    def status(self, path: str) -> int:
        """The status of GET `path`, 0 where nobody answers."""
        try:
            return httpx.get(self.url + path, headers=BEARER).status_code
        except httpx.TransportError:
            return 0

    def client(self) -> httpx.AsyncClient:
        """The administrator's."""
        return httpx.AsyncClient(base_url=self.url, headers=BEARER)

    def stranger(self) -> httpx.AsyncClient:
        """Somebody who has not signed in."""
        return httpx.AsyncClient(base_url=self.url)


@contextmanager
def running_api(folder: Path, ledger_url: str, nats_url: str, **settings: str) -> Iterator[Api]:
    """A started health-api; gone afterwards, whatever happens."""
    api = Api(folder, ledger_url, nats_url, **settings)
    try:
        api.start()
        yield api
    finally:
        api.process.kill()


@contextmanager
def attended(ledger_url: str, nats_url: str) -> Iterator[None]:
    """As if an event-store and a refresher were there and had nothing to do, so that the rows are not called old."""
    stop = threading.Event()

    async def attend() -> None:
        async with (
            await psycopg.AsyncConnection.connect(ledger_url, autocommit=True) as db,
            await nats.connect(nats_url) as bus,
        ):

            async def answer(question: Msg) -> None:
                await question.respond(to_json(Progress()))

            await bus.subscribe(command_subject(PROGRESS), cb=answer)
            while not stop.is_set():
                await write_beat(db, 0.0)
                await asyncio.sleep(0.5)

    thread = threading.Thread(target=lambda: asyncio.run(attend()))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
