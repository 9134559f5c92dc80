"""Real refresher processes that share a vault and a spill folder, and die when they are told to."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg

from authpulse_refresher.spill.frames import Kind, read_frames
from support.services import Service

KEY = base64.b64encode(b"k" * 32).decode()
NOWHERE = "nats://127.0.0.1:9"
"""Nothing listens there: events stay in the outbox, where the test reads them."""


class Refreshers:
    """Real refresher processes on one vault and one spill folder; killed at the end."""

    def __init__(self, vault_url: str, folder: Path, nats_url: str = NOWHERE) -> None:
        self.spill = folder / "spill"
        self._url, self._folder, self._nats_url = vault_url, folder, nats_url
        self._services: list[Service] = []

    def start(self, key: str = f"test:{KEY}", **more: str) -> Service:
        """One more; `more` are settings by name."""
        settings = {
            "AUTHPULSE_DATABASE_URL": self._url,
            "AUTHPULSE_SEALING_KEYS": key,
            "AUTHPULSE_NATS_URL": self._nats_url,
            "AUTHPULSE_SPILL_DIR": str(self.spill),
            "AUTHPULSE_POLL_INTERVAL": "0.1",
            "AUTHPULSE_IDP_DEADLINE": "10",
            **more,
        }
        service = Service("authpulse_refresher", settings, self._folder / f"{len(self._services)}.log")
        self._services.append(service)
        service.start()
        return service

    def kill(self) -> None:
        for service in self._services:
            service.kill()

    async def answers(self) -> int:
        """How many answers stand in the journals."""
        texts = [path.read_bytes() for path in self.spill.iterdir()] if self.spill.exists() else []
        return sum(frame.kind == Kind.ANSWERED for text in texts for frame in read_frames(text))


@asynccontextmanager
async def row_locked(vault_url: str) -> AsyncIterator[None]:
    """Nobody can store anything of any connection meanwhile."""
    async with await psycopg.AsyncConnection.connect(vault_url) as db:
        await db.execute("select from vault.due for update")
        yield


async def said(service: Service, words: str) -> bool:
    """`Service.has_said`, to be waited for."""
    return service.has_said(words)
