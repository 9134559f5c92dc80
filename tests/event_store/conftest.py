"""An event-store that runs in the test's own loop, and what tests need to look at it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import nats
import pytest
from nats.aio.client import Client
from nats.js import JetStreamContext
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from authpulse_chassis.streams import ensure_stream
from authpulse_event_store.main import serve

Running = Callable[..., AbstractAsyncContextManager[None]]


@pytest.fixture
async def pool(ledger_url: str) -> AsyncIterator[AsyncConnectionPool]:
    async with AsyncConnectionPool(ledger_url, min_size=1, max_size=4, open=False) as opened:
        yield opened


@pytest.fixture
async def ledger(ledger_url: str) -> AsyncIterator[AsyncConnection]:
    async with await AsyncConnection.connect(ledger_url, autocommit=True) as db:
        yield db


@pytest.fixture
async def client(nats_url: str) -> AsyncIterator[Client]:
    connection = await nats.connect(nats_url)
    yield connection
    await connection.close()


@pytest.fixture
async def js(client: Client) -> JetStreamContext:
    context = client.jetstream()
    await ensure_stream(context)
    return context


@pytest.fixture
def running(ledger_url: str, nats_url: str, monkeypatch: pytest.MonkeyPatch) -> Running:
    """Runs an event-store as `main` wires it, until the end of the block; `environ` adds settings."""
    monkeypatch.setenv("AUTHPULSE_DATABASE_URL", ledger_url)
    monkeypatch.setenv("AUTHPULSE_NATS_URL", nats_url)

    @asynccontextmanager
    async def run(**environ: str) -> AsyncIterator[None]:
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        stop = asyncio.Event()
        service = asyncio.create_task(serve(stop))
        try:
            yield
        finally:
            stop.set()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait_for(service, 20)

    return run
