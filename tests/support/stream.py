"""A reader of the event stream that keeps a board of its own, as a console does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from support.ledger import BEARER, BULK, Api

Row = dict[str, Any]
Board = dict[tuple[str, str], Row]


class Reader:
    """What has been told so far: `board`, `position`, and every event as (name, data)."""

    def __init__(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        self._source, self.sink = source, sink
        self.status, self.headers = 0, dict[str, str]()
        self.board: Board = {}
        self.position = 0
        self.events: list[tuple[str, Any]] = []

    async def read_head(self) -> None:
        head = (await self._source.readuntil(b"\r\n\r\n")).decode().splitlines()
        self.status = int(head[0].split()[1])
        self.headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)

    async def read(self) -> None:
        """Until the stream ends."""
        while await self.step():
            continue

    async def step(self) -> bool:
        """Read one event or comment; False at the end."""
        try:
            lines = (await self._source.readuntil(b"\n\n")).splitlines()
        except asyncio.IncompleteReadError:
            return False
        members = dict(line.split(b": ", 1) for line in lines if line)
        if b"event" not in members:
            return True
        name, data = members[b"event"].decode(), msgspec.json.decode(members[b"data"])
        self.position = int(members.get(b"id", self.position))
        self.events.append((name, data))
        if name == "snapshot":
            self.board = {(row["kind"], row["name"]): row for row in data["connections"]}
        if name == "changed":
            self.board |= {(row["kind"], row["name"]): row for row in data["changed"]}
            for gone in data["removed"]:
                self.board.pop((gone["kind"], gone["name"]), None)
        return True

    async def until(self, wanted: Board, *, seconds: float = 15.0) -> None:
        """Read on until the board is as `wanted`."""
        async with asyncio.timeout(seconds):
            while self.board != wanted:
                assert await self.step(), f"the stream ended with {self.board}"


@asynccontextmanager
async def reading(api: Api, known: int | None = None, headers: dict[str, str] = BEARER) -> AsyncIterator[Reader]:
    """Open the stream, resuming from position `known` if there is one."""
    # HTTP/1.0, so that the body comes as it is and not in chunks.
    asked = {"Host": "api", **headers} | ({} if known is None else {"Last-Event-ID": str(known)})
    source, sink = await asyncio.open_connection("127.0.0.1", api.port, limit=2**26)
    sink.write(f"GET {BULK}/stream HTTP/1.0\r\n".encode())
    sink.write("".join(f"{name}: {value}\r\n" for name, value in asked.items()).encode() + b"\r\n")
    reader = Reader(source, sink)
    try:
        await reader.read_head()
        yield reader
    finally:
        sink.close()


async def board_of(api: Api) -> Board:
    """The board as the bulk answer has it."""
    async with api.client() as client:
        rows = (await client.get(BULK)).json()["connections"]
    return {(row["kind"], row["name"]): row for row in rows}
