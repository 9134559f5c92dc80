"""Refreshes on command, and says what came of it."""

from authpulse_contract.commands import Done, NeedsReauth, RefreshNow, Refused, Reply, TryLater
from authpulse_contract.events import RefreshFailedRevoked, RefreshFailedTransient, RefreshSucceeded
from authpulse_refresher.decision.decide import can_refresh
from authpulse_refresher.model import Decision
from authpulse_refresher.refreshing.refresh import Refresher
from authpulse_refresher.storage.store import UNKNOWN, find
from authpulse_refresher.storage.vault import Vault


async def refresh_now(vault: Vault, refresher: Refresher, command: RefreshNow) -> Reply:
    """Refresh without waiting for the due time; `TryLater` too while another attempt is under way."""
    async with vault.pool.connection() as db:
        row = await find(db, vault.ring, command.kind, command.name)
    if row is None or row.connection.removed:
        return UNKNOWN
    connection = row.connection
    if connection.oauth is None and connection.configured:
        return Refused(slug="not_oauth", detail="This connection has no OAuth and so nothing to refresh.")
    if connection.configured and not can_refresh(connection):
        return NeedsReauth()
    return _told(await refresher.refresh_now(connection.connection_id, command.actor))


def _told(decision: Decision | None) -> Reply:
    match decision and decision.event:
        case None:
            return TryLater()
        case RefreshSucceeded(version=version):
            return Done(action="refreshed", version=version)
        case RefreshFailedTransient(detail=detail):
            return TryLater(idp_error_code=detail.idp_error_code, http_status=detail.http_status)
        case RefreshFailedRevoked(detail=detail):
            return NeedsReauth(idp_error_code=detail.idp_error_code)
        case _:
            return NeedsReauth()
