"""Says how a connection stands, ahead of what the ledger may know."""

from authpulse_contract.connecting import ConnectReply, Status, StatusOf
from authpulse_refresher.conclude import host_of, state_of
from authpulse_refresher.registry import UNKNOWN
from authpulse_refresher.store import find
from authpulse_refresher.vault import Vault


async def status_of(vault: Vault, command: StatusOf) -> ConnectReply:
    """As the connection's newest event leaves it."""
    async with vault.pool.connection() as db:
        row = await find(db, vault.ring, command.kind, command.name)
    if row is None or row.connection.removed:
        return UNKNOWN
    one = row.connection
    return Status(state=state_of(one), version=one.version, idp_host=host_of(one))
