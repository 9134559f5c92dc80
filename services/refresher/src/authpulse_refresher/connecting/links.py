"""Makes links for owners without an account here, and says what one is for."""

from secrets import token_urlsafe
from typing import Final

from authpulse_contract.commands import Refused
from authpulse_contract.connecting import ConnectReply, FindLink, LinkFound, LinkMade, MakeLink
from authpulse_contract.secret import Secret
from authpulse_refresher.connecting.begin import NO_LINK, refusal
from authpulse_refresher.decision.conclude import host_of
from authpulse_refresher.decision.signing_in import hashed
from authpulse_refresher.storage.link_rows import keep_link, linked
from authpulse_refresher.storage.store import find, load
from authpulse_refresher.storage.vault import Vault

LONGEST: Final = 30 * 86_400.0
"""Thirty days in seconds: what lies in a mailbox must not open anything for ever."""
_BYTES: Final = 32


async def make_link(vault: Vault, command: MakeLink) -> ConnectReply:
    """A new link; those made before go on."""
    if not 0 < command.valid_for <= LONGEST:
        return Refused(slug="invalid", detail="must be more than 0 s and at most 30 days", member="valid_for")
    link = Secret(token_urlsafe(_BYTES))
    async with vault.pool.connection() as db:
        row = await find(db, vault.ring, command.kind, command.name)
        if refused := refusal(row.connection if row else None):
            return refused
        assert row is not None  # noqa: S101 -- refused above
        kept = await keep_link(db, hashed(link), row.connection.connection_id, command.actor, command.valid_for)
    return LinkMade(link=link, expires_at=kept.expires_at)


async def find_link(vault: Vault, command: FindLink) -> ConnectReply:
    """What the link is for; that is asked for before it is used and spends nothing."""
    async with vault.pool.connection() as db:
        link = await linked(db, hashed(command.link))
        row = (await load(db, vault.ring, [link.connection_id]))[link.connection_id] if link else None
    if link is None or row is None or row.connection.removed:
        return NO_LINK
    one = row.connection
    return LinkFound(kind=one.kind, name=one.name, expires_at=link.expires_at, idp_host=host_of(one))
