"""The client of the documentation does what it says."""

import asyncio
import runpy
from pathlib import Path
from typing import Any

from support.events import DEAD, event
from support.ledger import ADMIN_TOKEN, Api, record
from support.waiting import eventually

EXAMPLE = runpy.run_path(str(Path(__file__).parents[2] / "docs/examples/health_client.py"))


async def test_the_clients_rows_and_changes_are_the_apis(api: Api, kind: str) -> None:
    await record(api.ledger_url, *(event(connection_kind=kind, connection_name=name, state=DEAD) for name in "abc"))
    client = EXAMPLE["HealthClient"](api.url, ADMIN_TOKEN)
    try:
        async with asyncio.timeout(30):
            await eventually(lambda: dead(client, kind), ["a", "b", "c"])
            async for told in client.follow():
                assert {"a", "b", "c"} <= {row.name for row in told.connections if row.kind == kind}
                break
            await record(api.ledger_url, event(connection_kind=kind, connection_name="a", version=2))
            assert [row.needs_reauth for row in await changes(client, kind)] == [False]
    finally:
        await client.close()


async def dead(client: Any, kind: str) -> list[str]:
    """In two pages."""
    return [row.name async for row in client.rows(kind=kind, needs_reauth="true", limit=2)]


async def changes(client: Any, kind: str) -> list[Any]:
    """The first rows of this kind that are told of as changed."""
    async for told in client.follow():
        assert isinstance(told, EXAMPLE["Changed"]), "it goes on where it was"
        if rows := [row for row in told.changed if row.kind == kind]:
            return rows
    raise AssertionError("the stream ended")
