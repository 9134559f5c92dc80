"""A client of the health API: `AUTHPULSE_TOKEN=... python health_client.py http://HOST:PORT` prints what changes."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from datetime import datetime

import httpx
import msgspec


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """The health of one connection."""

    kind: str
    name: str
    has_oauth: bool
    needs_reauth: bool
    token_acquired: bool
    refresh_failing: bool
    changed_at: datetime
    idp_error_code: str | None = None


class Ref(msgspec.Struct, frozen=True, kw_only=True):
    """What names a connection."""

    kind: str
    name: str


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Rows, and where the next ones are."""

    connections: list[Row]
    next_cursor: str | None = None


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """One message of the stream."""

    changed: list[Row]
    removed: list[Ref]


class HealthClient:
    """Asks with a bearer token: the administrator's, an API key, or one of your OIDC issuer."""

    def __init__(self, url: str, token: str) -> None:
        self._http = httpx.AsyncClient(base_url=f"{url}/api/v1/admin", headers={"Authorization": f"Bearer {token}"})
        self._position: str | None = None

    async def close(self) -> None:
        await self._http.aclose()

    async def rows(self, *, limit: int = 1000, **filters: str) -> AsyncIterator[Row]:
        """All rows that match, page by page; filters are kind, needs_reauth, refresh_failing, q and as_of."""
        query = {"limit": str(limit), **filters}
        while True:
            answer = await self._http.get("/connections/oauth-health", params=query)
            answer.raise_for_status()
            page = msgspec.json.decode(answer.content, type=Page)
            for row in page.connections:
                yield row
            if page.next_cursor is None:
                return
            query["cursor"] = page.next_cursor

    async def follow(self) -> AsyncIterator[Page | Changed]:
        """First all rows, then each change, until the stream ends. Called again, it goes on where it was."""
        resume = {} if self._position is None else {"Last-Event-ID": self._position}
        # A comment comes every few seconds, so half a minute of silence means that the connection is dead.
        stream = self._http.stream("GET", "/connections/oauth-health/stream", headers=resume, timeout=30)
        async with stream as answer:
            answer.raise_for_status()
            event = ""
            async for line in answer.aiter_lines():
                field, _, value = line.partition(": ")
                if field == "id":
                    self._position = value
                elif field == "event":
                    event = value
                elif field == "data" and event == "snapshot":
                    yield msgspec.json.decode(value, type=Page)
                elif field == "data" and event == "changed":
                    yield msgspec.json.decode(value, type=Changed)


async def main(url: str) -> None:
    """Print what is wrong, and then whatever changes, through any restart of the API."""
    client = HealthClient(url, os.environ["AUTHPULSE_TOKEN"])
    while True:
        try:
            async for told in client.follow():
                for row in told.connections if isinstance(told, Page) else told.changed:
                    state = "reauth" if row.needs_reauth else "failing" if row.refresh_failing else "well"
                    sys.stdout.write(f"{row.kind}/{row.name}: {state} {row.idp_error_code or ''}\n")
        except httpx.TransportError:
            await asyncio.sleep(1)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
