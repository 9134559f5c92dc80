"""Keeps the links with which an owner without an account here may sign in; known by their hashes alone.

Each function works on the caller's transaction.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Struct
from psycopg import AsyncConnection
from psycopg.rows import class_row

_INSERT: Final = """
    insert into vault.owner_links (link_hash, connection_id, made_by, expires_at)
    values (%s, %s, %s, clock_timestamp() + make_interval(secs => %s))
    returning connection_id, made_by, expires_at"""
_FIND: Final = """
    select connection_id, made_by, expires_at from vault.owner_links
     where link_hash = %s and expires_at > clock_timestamp()"""
_SPEND: Final = "delete from vault.owner_links where link_hash = %s"
_WITHDRAW: Final = "delete from vault.owner_links where connection_id = %s"


class Link(Struct, frozen=True):
    """A link that still works."""

    connection_id: UUID
    made_by: str
    expires_at: datetime


async def keep_link(db: AsyncConnection, link_hash: bytes, connection_id: UUID, made_by: str, life: float) -> Link:
    """Remember a link for `life` seconds."""
    async with db.cursor(row_factory=class_row(Link)) as cursor:
        await cursor.execute(_INSERT, (link_hash, connection_id, made_by, life))
        link = await cursor.fetchone()
    assert link is not None  # noqa: S101 -- insert returning gives a row
    return link


async def linked(db: AsyncConnection, link_hash: bytes) -> Link | None:
    """What the link is for; None: it was used, has run out or never was."""
    async with db.cursor(row_factory=class_row(Link)) as cursor:
        await cursor.execute(_FIND, (link_hash,))
        return await cursor.fetchone()


async def spend_link(db: AsyncConnection, link_hash: bytes) -> None:
    """The link has done what it was made for."""
    await db.execute(_SPEND, (link_hash,))


async def withdraw_links(db: AsyncConnection, connection_id: UUID) -> None:
    """Links made for the connection as it was must not open what it has become."""
    await db.execute(_WITHDRAW, (connection_id,))
