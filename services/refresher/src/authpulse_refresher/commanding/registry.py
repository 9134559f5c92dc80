"""Registers, removes and lists, each from command to reply."""

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from msgspec import structs

from authpulse_contract.commands import (
    ConnectionPage,
    Done,
    ListConnections,
    Refused,
    Register,
    Remove,
    Reply,
)
from authpulse_contract.connections import BroughtToken, Declaration
from authpulse_contract.events import ConnectionChanged, ConnectionRegistered, ConnectionRemoved
from authpulse_contract.secret import Secret
from authpulse_contract.validate import problems
from authpulse_refresher.decision import lifecycle
from authpulse_refresher.model import Connection, Decision
from authpulse_refresher.provider.client_assertion import key_fault
from authpulse_refresher.provider.metadata import LOOK_UP_DEADLINE, look_up
from authpulse_refresher.provider.wire import Wires
from authpulse_refresher.storage.store import UNKNOWN, find, list_page, put
from authpulse_refresher.storage.vault import Vault

PAGE_LIMIT: Final = 2000
"""Connections in one reply: with names of the usual length it fits the 1 MiB of a NATS message."""

_Deciding = Callable[[Connection | None, datetime], Decision | Refused | None]


async def register(vault: Vault, wires: Wires, command: Register) -> Reply:
    """Make the connection be as declared; the IdP's metadata is asked for the `token_url` where it is left to them."""
    declaration, connection_id, event_id = command.declaration, uuid4(), uuid4()
    if found := problems(declaration):
        return Refused(slug="invalid", detail=found[0].detail, member=found[0].member)
    if declaration.oauth and declaration.client_key and (fault := key_fault(declaration.client_key, declaration.oauth)):
        return Refused(slug="invalid", detail=fault, member="client_key")
    filled = await _with_token_url(vault, wires, declaration)
    if isinstance(filled, Refused):
        return filled
    declaration = filled
    jitter = random.random()  # noqa: S311 -- spreads load, guards nothing

    def deciding(known: Connection | None, now: datetime) -> Decision | Refused | None:
        return lifecycle.register(
            declaration,
            known,
            connection_id=connection_id,
            declared_by=command.declared_by,
            fingerprint=_fingerprint(vault, declaration.token, known),
            now=now,
            event_id=event_id,
            actor=command.actor,
            jitter=jitter,
        )

    return await _carry_out(vault, declaration.kind, declaration.name, deciding, dry_run=command.dry_run)


async def _with_token_url(vault: Vault, wires: Wires, declaration: Declaration) -> Declaration | Refused:
    """The declaration with the `token_url` that its issuer publishes, looked up once for each issuer."""
    oauth = declaration.oauth
    if oauth is None:
        return declaration
    token_url = oauth.token_url
    if not token_url:
        async with vault.pool.connection() as db:
            row = await find(db, vault.ring, declaration.kind, declaration.name)
        known = row.connection.oauth if row else None
        token_url = known.token_url if known and known.issuer == oauth.issuer else ""
    if not token_url:
        published = await look_up(wires, oauth, deadline=LOOK_UP_DEADLINE)
        token_url = published.token_url or "" if published else ""
    if not token_url:
        detail = "publishes no metadata with this very issuer and a token endpoint; declare token_url"
        return Refused(slug="invalid", detail=detail, member="issuer")
    if wires.refuses(token_url):
        return Refused(slug="invalid", detail="must not be a link-local or metadata address", member="token_url")
    return structs.replace(declaration, oauth=structs.replace(oauth, token_url=token_url))


async def remove(vault: Vault, command: Remove) -> Reply:
    """Forget the connection and its tokens; its history stays."""
    event_id = uuid4()

    def deciding(known: Connection | None, now: datetime) -> Decision | Refused | None:
        if known is None or known.removed:
            return UNKNOWN
        return lifecycle.remove(known, declared_by=command.declared_by, now=now, event_id=event_id, actor=command.actor)

    return await _carry_out(vault, command.kind, command.name, deciding, dry_run=command.dry_run)


async def list_connections(vault: Vault, command: ListConnections) -> Reply:
    """A page of what is registered; at most `PAGE_LIMIT` whatever was asked for."""
    async with vault.pool.connection() as db:
        limit = max(1, min(command.limit, PAGE_LIMIT))
        return ConnectionPage(connections=await list_page(db, command.after_kind, command.after_name, limit))


async def _carry_out(vault: Vault, kind: str, name: str, deciding: _Deciding, *, dry_run: bool) -> Reply:
    """Decide on the connection as it stands, and again should somebody else have been faster."""
    while True:
        async with vault.pool.connection() as db:
            row = await find(db, vault.ring, kind, name)
            known = row.connection if row else None
            decision = deciding(known, datetime.now(UTC))
            if isinstance(decision, Refused):
                return decision
            if decision is None:
                return Done(action="unchanged", version=known.version if known else None)
            if dry_run or await put(db, vault.ring, known, decision):
                break
    vault.outgoing.set()
    return _done(decision)


def _done(decision: Decision) -> Done:
    event, version = decision.event, decision.after.version
    match event:
        case ConnectionRegistered():
            return Done(action="created", version=version)
        case ConnectionChanged(detail=detail):
            return Done(
                action="changed", changed=detail.changed, tokens_forgotten=detail.tokens_forgotten, version=version
            )
        case ConnectionRemoved(detail=detail):
            return Done(action="removed", tokens_forgotten=detail.tokens_forgotten, version=version)
        case _:
            raise ValueError("not an event of this module")


def _fingerprint(vault: Vault, brought: BroughtToken | None, known: Connection | None) -> str | None:
    """Of the brought token, comparable with the known one even after the active key has changed."""
    if brought is None:
        return None
    tokens = (brought.refresh_token or Secret("")).reveal(), (brought.access_token or Secret("")).reveal()
    like = bytes.fromhex(known.brought_fingerprint) if known and known.brought_fingerprint else None
    return vault.ring.fingerprint(Secret(json.dumps(tokens)), like=like).hex()
