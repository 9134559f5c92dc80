"""Connections in a vault as commands make them, and what stands in the tables afterwards."""

from typing import Any

from psycopg.rows import dict_row, scalar_row

from authpulse_contract.codec import from_json
from authpulse_contract.commands import Done, Register
from authpulse_contract.connections import BroughtToken, Declaration, OAuthConfig
from authpulse_contract.events import Event
from authpulse_contract.secret import Secret
from authpulse_refresher.commanding.registry import register
from authpulse_refresher.model import Connection
from authpulse_refresher.provider.wire import Wires
from authpulse_refresher.storage.lease import Lease, lease_due
from authpulse_refresher.storage.store import find
from authpulse_refresher.storage.vault import Vault
from support.idp import Client


def declared(client: Client, *, name: str = "crm", refresh_token: str | None = None, **oauth: Any) -> Declaration:
    """The declaration of `api/<name>` at this client of the tests' IdP, with a grant brought along."""
    config = {"grant": "authorization_code", "token_url": client.token_url, "client_id": client.client_id} | oauth
    brings = config["grant"] == "authorization_code"
    return Declaration(
        kind="api",
        name=name,
        oauth=OAuthConfig(**config),
        client_secret=Secret(client.secret) if client.secret else None,
        token=BroughtToken(refresh_token=Secret(refresh_token or client.issue())) if brings else None,
    )


async def registered(vault: Vault, declaration: Declaration) -> Connection:
    """The connection, registered now and due at once where it brings a token."""
    wires = Wires()
    reply = await register(vault, wires, Register(declaration=declaration, declared_by="file", actor="test"))
    await wires.close()
    assert isinstance(reply, Done), reply
    return await stored(vault, declaration.name)


async def stored(vault: Vault, name: str = "crm") -> Connection:
    async with vault.pool.connection() as db:
        row = await find(db, vault.ring, "api", name)
    assert row
    return row.connection


async def leased(vault: Vault, *, seconds: float = 60.0, limit: int = 100) -> list[Lease]:
    """What is due, taken and committed."""
    async with vault.pool.connection() as db:
        return await lease_due(db, limit=limit, seconds=seconds, budget=limit, budgets={})


async def outbox(vault: Vault) -> list[Event]:
    """The events that wait, in the order of publishing."""
    async with vault.pool.connection() as db, db.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute("select body from vault.outbox order by outbox_id")
        return [from_json(body, Event) async for body in cursor]  # type: ignore[arg-type]  # a union


async def rows(vault: Vault, query: str, **values: Any) -> list[dict[str, Any]]:
    """The rows of any query, for what no function of the vault needs to ask."""
    async with vault.pool.connection() as db, db.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query.encode(), values)
        return await cursor.fetchall() if cursor.description else []
