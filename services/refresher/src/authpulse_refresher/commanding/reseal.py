"""Seals anew what is not under the active key: a page at a time, while refreshing goes on."""

from collections.abc import Sequence
from typing import Any, Final, LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from authpulse_contract.commands import Refused, Reply, Reseal, Resealed
from authpulse_contract.secret import Secret
from authpulse_refresher.storage.seal import KeyRing, SealError
from authpulse_refresher.storage.vault import Vault

LONGEST_PAGE: Final = 1000
"""Connections in one transaction: their places in the queue are locked for some tens of milliseconds."""

_COLUMNS: Final = ("client_secret", "access_token", "refresh_token", "kept_refresh_token")

_PAGE: Final = """
    select connection_id, client_secret, access_token, refresh_token, kept_refresh_token
      from vault.connections
      left join vault.tokens using (connection_id)
      left join vault.kept_tokens using (connection_id)
     where (%(after)s::uuid is null or connection_id > %(after)s)
       and (substr(client_secret, 1, %(length)s) <> %(head)s
            or substr(access_token, 1, %(length)s) <> %(head)s
            or substr(refresh_token, 1, %(length)s) <> %(head)s
            or substr(kept_refresh_token, 1, %(length)s) <> %(head)s)
     order by connection_id
     limit %(limit)s"""

# As whoever stores: the place in the queue first, in one order, so that nobody waits for each other.
_LOCK: Final = "select from vault.due where connection_id = any(%s) order by connection_id for update"

# No value is sealed twice alike, so that an equal one is the one that was read. One that a refresh has replaced since
# is the newer, and under the active key already.
_SWAP: Final[dict[str, LiteralString]] = {
    "client_secret": """
        update vault.connections set client_secret = %(sealed)s
         where connection_id = %(connection_id)s and client_secret = %(was)s""",
    "access_token": """
        update vault.tokens set access_token = %(sealed)s
         where connection_id = %(connection_id)s and access_token = %(was)s""",
    "refresh_token": """
        update vault.tokens set refresh_token = %(sealed)s, refresh_token_hash = %(hash)s
         where connection_id = %(connection_id)s and refresh_token = %(was)s""",
    "kept_refresh_token": """
        update vault.kept_tokens set kept_refresh_token = %(sealed)s
         where connection_id = %(connection_id)s and kept_refresh_token = %(was)s""",
}

_LEFT: Final = """
    select case when length(sealed) > 2 and get_byte(sealed, 0) = 1 then substr(sealed, 3, get_byte(sealed, 1)) end
               as key, count(*) as number
      from (select client_secret from vault.connections
            union all select access_token from vault.tokens
            union all select refresh_token from vault.tokens
            union all select kept_refresh_token from vault.kept_tokens) as everything (sealed)
     where substr(sealed, 1, %(length)s) <> %(head)s
     group by 1
     order by 1 nulls first"""


async def reseal(vault: Vault, command: Reseal) -> Reply:
    """One page; what cannot be opened stays as it is and is counted at the end."""
    ring = vault.ring
    if command.key not in (None, ring.active):
        return Refused(
            slug="conflict",
            detail=f"One refresher's active key is {ring.active!r}, another's {command.key!r}. "
            "Start all with the same AUTHPULSE_SEALING_KEYS, then reseal again.",
        )
    limit, head = max(1, min(command.limit, LONGEST_PAGE)), {"head": ring.head, "length": len(ring.head)}
    async with vault.pool.connection() as db, db.cursor(row_factory=dict_row) as cursor:
        page = await (await cursor.execute(_PAGE, head | {"after": command.after, "limit": limit})).fetchall()
        resealed = await _swap(db, [swap for row in page for swap in _swaps(row, ring)])
        if len(page) == limit:
            return Resealed(key=ring.active, resealed=resealed, after=page[-1]["connection_id"])
        left = await _left(db, head)
    unknown = tuple(key for key in left if key and not ring.knows(key))
    return Resealed(key=ring.active, resealed=resealed, left=left, unknown_keys=unknown)


def _swaps(row: dict[str, Any], ring: KeyRing) -> list[tuple[str, dict[str, Any]]]:
    """The column and the values for each sealed value of `row` that can be opened and is not under the active key."""
    swaps, connection_id = [], row["connection_id"]
    for column in _COLUMNS:
        was = row[column]
        if was is not None and not was.startswith(ring.head) and (secret := _opened(ring, was, connection_id, column)):
            sealed, fingerprint = ring.seal(secret, connection_id, column), ring.fingerprint(secret)
            values = {"connection_id": connection_id, "was": was, "sealed": sealed, "hash": fingerprint}
            swaps.append((column, values))
    return swaps


def _opened(ring: KeyRing, sealed: bytes, row: UUID, column: str) -> Secret | None:
    try:
        return ring.open(sealed, row, column)
    except SealError:
        return None


async def _swap(db: AsyncConnection, swaps: Sequence[tuple[str, dict[str, Any]]]) -> int:
    """How many there still were."""
    await db.execute(_LOCK, (sorted({values["connection_id"] for _, values in swaps}),))
    swapped = 0
    async with db.cursor() as cursor:
        for column, statement in _SWAP.items():
            await cursor.executemany(statement, [values for of, values in swaps if of == column])
            swapped += max(0, cursor.rowcount)
    return swapped


async def _left(db: AsyncConnection, head: dict[str, Any]) -> dict[str, int]:
    rows = await (await db.execute(_LEFT, head)).fetchall()
    return {bytes(key or b"").decode(errors="replace"): number for key, number in rows}
