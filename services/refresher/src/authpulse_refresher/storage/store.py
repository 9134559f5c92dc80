"""Reads connections from the vault and stores what becomes of them: row, tokens, schedule and event in one transaction.

Each function works on the caller's transaction.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from authpulse_chassis.tracing import carried
from authpulse_contract.commands import Listed, Refused
from authpulse_refresher.model import Connection, Decision
from authpulse_refresher.storage.link_rows import withdraw_links
from authpulse_refresher.storage.outbox import put_in_outbox
from authpulse_refresher.storage.seal import KeyRing
from authpulse_refresher.storage.sign_in_rows import void_sign_ins
from authpulse_refresher.storage.vault_rows import Row, connection_columns, kept_columns, opened, token_columns

UNKNOWN: Final = Refused(slug="unknown_connection", detail="No such connection is registered.")
"""What to reply where `find` finds nothing."""

_SELECT: Final = """
    select c.*, t.connection_id is not null as has_tokens, t.access_token, t.refresh_token, t.expires_at,
           t.refresh_expires_at, t.scope, t.lifetime, t.refresh_lifetime, k.kept_refresh_token,
           k.kept_refresh_expires_at, k.kept_until
      from vault.connections c
      left join vault.tokens t using (connection_id)
      left join vault.kept_tokens k on k.connection_id = c.connection_id and k.kept_until > clock_timestamp()"""
_BY_ID: Final = _SELECT + " where c.connection_id = any(%s)"
_BY_NAME: Final = _SELECT + " where c.kind = %s and c.name = %s"

_LIST: Final = """
    select kind, name, declared_by
      from vault.connections
     where removed_at is null and (kind, name) > (%s, %s)
     order by kind, name
     limit %s"""

# Whoever stores takes the connection's place in the queue first, as leasing does: nobody can lease a row whose grant
# is being replaced, and two who store wait for each other in one order.
_LOCK: Final = "select from vault.due where connection_id = %s for update"

_INSERT: Final = """
    insert into vault.connections (
        connection_id, kind, name, version, generation, last_event_id, declared_by, removed_at, config, client_secret,
        brought_fingerprint, account, idp_host, needs_reauth, authenticated_by, authenticated_at, last_refreshed_at,
        last_revocation, due_at, attempt, outcome_unknown, unknown_since
    ) values (
        %(connection_id)s, %(kind)s, %(name)s, %(version)s, %(generation)s, %(last_event_id)s, %(declared_by)s, null,
        %(config)s, %(client_secret)s, %(brought_fingerprint)s, %(account)s, %(idp_host)s, %(needs_reauth)s,
        %(authenticated_by)s, %(authenticated_at)s, %(last_refreshed_at)s, %(last_revocation)s, %(due_at)s,
        %(attempt)s, %(outcome_unknown)s, %(unknown_since)s
    ) on conflict do nothing"""
_INSERT_DUE: Final = """
    insert into vault.due (connection_id, idp_host, due_at) values (%(connection_id)s, %(idp_host)s, %(due_at)s)"""

# The sealed secret and the configuration are written only where they changed: one that cannot be read stays as it is.
_UPDATE: Final = """
    update vault.connections set
        version = %(version)s, generation = %(generation)s, last_event_id = %(last_event_id)s,
        declared_by = %(declared_by)s,
        removed_at = case when %(removed)s then coalesce(removed_at, clock_timestamp()) end,
        config = case when %(reconfigured)s then %(config)s else config end,
        idp_host = case when %(reconfigured)s then %(idp_host)s else idp_host end,
        client_secret = case when %(resecreted)s then %(client_secret)s else client_secret end,
        brought_fingerprint = %(brought_fingerprint)s, account = %(account)s, needs_reauth = %(needs_reauth)s,
        authenticated_by = %(authenticated_by)s, authenticated_at = %(authenticated_at)s,
        last_refreshed_at = %(last_refreshed_at)s, last_revocation = %(last_revocation)s,
        due_at = %(due_at)s, attempt = %(attempt)s, outcome_unknown = %(outcome_unknown)s,
        unknown_since = %(unknown_since)s
     where connection_id = %(connection_id)s
       and version = %(known_version)s and generation = %(known_generation)s"""

# While somebody else's lease lasts, the queue must not offer the connection: one attempt at a time.
_REQUEUE: Final = """
    update vault.due set
        idp_host = c.idp_host,
        due_at = case when attempt_id is distinct from %(attempt_id)s and leased_until > clock_timestamp()
                      then leased_until else c.due_at end,
        leased_until = case when attempt_id is distinct from %(attempt_id)s then leased_until end,
        attempt_id = nullif(attempt_id, %(attempt_id)s)
      from vault.connections c
     where c.connection_id = %(connection_id)s and due.connection_id = c.connection_id"""

_PUT_TOKENS: Final = """
    insert into vault.tokens values (
        %(connection_id)s, %(access_token)s, %(refresh_token)s, %(refresh_token_hash)s, %(expires_at)s,
        %(refresh_expires_at)s, %(scope)s, %(lifetime)s, %(refresh_lifetime)s
    ) on conflict (connection_id) do update set
        access_token = excluded.access_token, refresh_token = excluded.refresh_token,
        refresh_token_hash = excluded.refresh_token_hash, expires_at = excluded.expires_at,
        refresh_expires_at = excluded.refresh_expires_at, scope = excluded.scope, lifetime = excluded.lifetime,
        refresh_lifetime = excluded.refresh_lifetime"""
_PUT_KEPT: Final = """
    insert into vault.kept_tokens values (
        %(connection_id)s, %(kept_refresh_token)s, %(kept_refresh_expires_at)s, %(kept_until)s
    ) on conflict (connection_id) do update set
        kept_refresh_token = excluded.kept_refresh_token, kept_refresh_expires_at = excluded.kept_refresh_expires_at,
        kept_until = excluded.kept_until"""
_DELETE_KEPT: Final = "delete from vault.kept_tokens where connection_id = %s"
_DELETE_TOKENS: Final = "delete from vault.tokens where connection_id = %s"


async def load(db: AsyncConnection, ring: KeyRing, connection_ids: Sequence[UUID]) -> dict[UUID, Row]:
    """The rows by id, removed ones too; an unknown id is absent."""
    async with db.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_BY_ID, (list(connection_ids),))
        return {columns["connection_id"]: opened(columns, ring) async for columns in cursor}


async def find(db: AsyncConnection, ring: KeyRing, kind: str, name: str) -> Row | None:
    """The row by name, a removed one too."""
    async with db.cursor(row_factory=dict_row) as cursor:
        columns = await (await cursor.execute(_BY_NAME, (kind, name))).fetchone()
    return None if columns is None else opened(columns, ring)


async def list_page(db: AsyncConnection, after_kind: str, after_name: str, limit: int) -> tuple[Listed, ...]:
    """Up to `limit` connections that are registered, ordered by kind and name, from after the given one."""
    rows = await (await db.execute(_LIST, (after_kind, after_name, limit))).fetchall()
    return tuple(Listed(kind=kind, name=name, declared_by=declared_by) for kind, name, declared_by in rows)


async def put(
    db: AsyncConnection, ring: KeyRing, before: Connection | None, decision: Decision, *, attempt_id: UUID | None = None
) -> bool:
    """Store what became of a connection, and the event that says so, provided it still is as in `before`.

    False: it is not (the compare-and-set on version and generation failed), and nothing was stored. `attempt_id` ends
    that attempt's lease; a lease that somebody else holds goes on. The event belongs to the current trace.
    """
    after = decision.after
    columns = connection_columns(after, ring) | {
        "last_event_id": decision.event.event_id,
        "removed": after.removed,
        "attempt_id": attempt_id,
    }
    await db.execute(_LOCK, (after.connection_id,))
    if not await (_insert(db, columns) if before is None else _update(db, before, after, columns)):
        return False
    if before is None or before.generation != after.generation:
        await _put_tokens(db, ring, after)
    if (before.kept if before else None) != after.kept:
        await _put_kept(db, ring, after)
    if before is not None and _is_another(before, after):
        await void_sign_ins(db, after.connection_id)
        await withdraw_links(db, after.connection_id)
    await put_in_outbox(db, decision.event, carried())
    return True


async def _insert(db: AsyncConnection, columns: dict[str, Any]) -> bool:
    if not (await db.execute(_INSERT, columns)).rowcount:
        return False
    await db.execute(_INSERT_DUE, columns)
    return True


async def _update(db: AsyncConnection, before: Connection, after: Connection, columns: dict[str, Any]) -> bool:
    changes = {
        "known_version": before.version,
        "known_generation": before.generation,
        "reconfigured": before.oauth != after.oauth,
        "resecreted": before.client_secret != after.client_secret,
    }
    if not (await db.execute(_UPDATE, columns | changes)).rowcount:
        return False
    await db.execute(_REQUEUE, columns)
    return True


def _is_another(before: Connection, after: Connection) -> bool:
    """Whether whoever is signing in now does so for a client that is no longer this connection's."""
    old, new = before.oauth, after.oauth
    if old is None or new is None:
        return old is not new
    return (old.token_url, old.client_id, old.grant) != (new.token_url, new.client_id, new.grant)


async def _put_kept(db: AsyncConnection, ring: KeyRing, after: Connection) -> None:
    if after.kept is None:
        await db.execute(_DELETE_KEPT, (after.connection_id,))
    else:
        await db.execute(_PUT_KEPT, kept_columns(after.connection_id, after.kept, ring))


async def _put_tokens(db: AsyncConnection, ring: KeyRing, after: Connection) -> None:
    if after.tokens is None:
        await db.execute(_DELETE_TOKENS, (after.connection_id,))
    else:
        await db.execute(_PUT_TOKENS, token_columns(after.connection_id, after.tokens, ring))
