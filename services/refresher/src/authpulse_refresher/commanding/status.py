"""Says how a connection stands, ahead of what the ledger may know."""

from authpulse_contract.connecting import ConnectReply, Status, StatusOf
from authpulse_refresher.decision.conclude import host_of, state_of
from authpulse_refresher.storage.store import UNKNOWN, find
from authpulse_refresher.storage.vault import Vault


async def status_of(vault: Vault, command: StatusOf) -> ConnectReply:
    """As the connection's newest event leaves it."""
    async with vault.pool.connection() as db:
        row = await find(db, vault.ring, command.kind, command.name)
    if row is None or row.connection.removed:
        return UNKNOWN
    one = row.connection
    return Status(state=state_of(one), version=one.version, idp_host=host_of(one))
