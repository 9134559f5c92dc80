"""Keeps sign-ins between their start and their callback; a state is known by its hash alone.

Each function works on the caller's transaction.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from authpulse_contract.secret import Secret
from authpulse_refresher.decision.signing_in import SignIn, hashed
from authpulse_refresher.storage.seal import KeyRing

LIFE: Final = 600.0
"""Seconds that a sign-in may take."""
_VERIFIER: Final = "verifier"

_INSERT: Final = """
    insert into vault.sign_ins (
        state_hash, sign_in_id, connection_id, verifier, browser_hash, redirect_uri, return_to, actor, issuer,
        iss_required, other_account, link_hash, expires_at
    ) values (
        %(state_hash)s, %(sign_in_id)s, %(connection_id)s, %(verifier)s, %(browser_hash)s, %(redirect_uri)s,
        %(return_to)s, %(actor)s, %(issuer)s, %(iss_required)s, %(other_account)s, %(link_hash)s,
        clock_timestamp() + make_interval(secs => %(life)s)
    ) returning expires_at"""

_FIND: Final = """
    select *, expires_at <= clock_timestamp() as expired from vault.sign_ins where state_hash = %s for update"""
_UNTOLD: Final = """
    select *, expires_at <= clock_timestamp() as expired from vault.sign_ins
     where sign_in_id = any(%s) and spent_at is not null and told is null"""
_SPEND: Final = """
    update vault.sign_ins set spent_at = coalesce(spent_at, clock_timestamp()), verifier = null where state_hash = %s"""
_TELL: Final = """
    update vault.sign_ins set told = %(now)s
     where state_hash = %(state_hash)s and told is not distinct from %(before)s and (not void or %(even_void)s)"""
_VOID_OF_LINK: Final = "update vault.sign_ins set void = true, verifier = null where link_hash = %s and told is null"
_VOID: Final = "update vault.sign_ins set void = true, verifier = null where connection_id = %s"

Told = Literal["outcome", "replay"]


async def keep(
    db: AsyncConnection, ring: KeyRing, *, state: Secret, verifier: Secret, sign_in_id: UUID, **columns: Any
) -> datetime:
    """Remember a sign-in until the returned time; `columns` are those of the table that are left."""
    sealed = ring.seal(verifier, sign_in_id, _VERIFIER)
    given = columns | {"state_hash": hashed(state), "sign_in_id": sign_in_id, "verifier": sealed, "life": LIFE}
    row = await (await db.execute(_INSERT, given)).fetchone()
    assert row is not None  # noqa: S101 -- insert returning gives a row
    return row[0]  # type: ignore[no-any-return]


async def spend(db: AsyncConnection, ring: KeyRing, state: Secret) -> SignIn | None:
    """The sign-in as it was before its state was spent, which it is from now on; None: there is no such state."""
    state_hash = hashed(state)
    async with db.cursor(row_factory=dict_row) as cursor:
        columns = await (await cursor.execute(_FIND, (state_hash,))).fetchone()
    if columns is None:
        return None
    await db.execute(_SPEND, (state_hash,))
    sealed = columns["verifier"]
    verifier = None if sealed is None else ring.open(sealed, columns["sign_in_id"], _VERIFIER)
    return _sign_in(columns, verifier=verifier, spent=columns["spent_at"] is not None)


async def untold(db: AsyncConnection, sign_in_ids: Collection[UUID]) -> list[SignIn]:
    """Those of them whose state is spent and whose outcome nobody has told, as they were before that."""
    async with db.cursor(row_factory=dict_row) as cursor:
        found = await (await cursor.execute(_UNTOLD, (list(sign_in_ids),))).fetchall()
    return [_sign_in(columns, verifier=None, spent=False) for columns in found]


async def tell(
    db: AsyncConnection, state_hash: bytes, before: Told | None, now: Told, *, even_void: bool = True
) -> bool:
    """Note that an event about the sign-in is written; False: it was before, or the sign-in is void."""
    given = {"state_hash": state_hash, "before": before, "now": now, "even_void": even_void}
    return bool((await db.execute(_TELL, given)).rowcount)


async def void_those_of_link(db: AsyncConnection, link_hash: bytes) -> None:
    """What the link began before cannot be completed any more."""
    await db.execute(_VOID_OF_LINK, (link_hash,))


def _sign_in(columns: dict[str, Any], *, verifier: Secret | None, spent: bool) -> SignIn:
    given = {name: columns[name] for name in SignIn.__struct_fields__ if name in columns}
    return SignIn(**given | {"verifier": verifier, "spent": spent})


async def void_sign_ins(db: AsyncConnection, connection_id: UUID) -> None:
    """What was begun for the connection as it was must not be stored for what it has become."""
    await db.execute(_VOID, (connection_id,))
