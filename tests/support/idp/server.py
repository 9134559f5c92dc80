"""Serves the books over HTTP from a thread with a loop of its own, so that it answers whatever the test is doing."""

import asyncio
import threading
from types import TracebackType
from typing import Any

from aiohttp import web

from support.idp.books import Client
from support.idp.endpoint import TokenEndpoint
from support.idp.front import Front


class Idp:
    """Starts on entering, stops on leaving; `stop` and `start` in between are an outage on the same port."""

    def __init__(self) -> None:
        self.port = 0
        self._clients: dict[str, Client] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="idp", daemon=True)
        self._runner: web.AppRunner | None = None

    def client(self, client_id: str, *, secret: str = "", **members: Any) -> Client:
        """Register a client; `members` are those of `Client`. Its endpoint is `client.token_url`."""
        url = f"http://127.0.0.1:{self.port}/{len(self._clients)}/token"
        client = Client(client_id=client_id, secret=secret, token_url=url, **members)
        self._clients[str(len(self._clients))] = client
        return client

    def start(self) -> None:
        """Listen, on the port of the first start."""
        self._run(self._start())

    def stop(self) -> None:
        """Drop whoever is waiting and refuse connections."""
        self._run(self._stop())

    def __enter__(self) -> "Idp":
        self._thread.start()
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, step: Any) -> None:
        asyncio.run_coroutine_threadsafe(step, self._loop).result(timeout=10)

    async def _start(self) -> None:
        app = web.Application()
        app.router.add_post("/{number}/token", TokenEndpoint(self._clients).answer)
        front = Front(self._clients)
        app.router.add_get("/{number}/authorize", front.authorize)
        app.router.add_post("/{number}/revoke", front.revoke)
        app.router.add_get("/.well-known/oauth-authorization-server/{number}", front.metadata)
        # The requests that hang by script must end with their connection.
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True).start()
        self.port = self._runner.addresses[0][1]

    async def _stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()
            self._runner = None
            # Connections that were dropped are closed in the rounds that follow, which the loop must still go.
            for _ in range(5):
                await asyncio.sleep(0)
