"""The health of one connection: the public row of the bulk answer, and the projection it is served from."""

from datetime import datetime
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from authpulse_contract.events import ConnectionState


class HealthRow(Struct, frozen=True, kw_only=True):
    """One row of `GET /api/v1/admin/connections/oauth-health`.

    `idp_error_code` is present only if the newest event is a failed refresh that has a code.
    """

    kind: str
    name: str
    has_oauth: bool
    needs_reauth: bool
    token_acquired: bool
    idp_error_code: str | UnsetType = UNSET
    refresh_failing: bool
    changed_at: datetime


class ConnectionHealth(Struct, frozen=True, kw_only=True):
    """A connection as its newest event leaves it; one row of `ledger.connection_health`.

    `position` is the ledger position of that event; `removed` rows are kept so that followers see them go.
    """

    connection_id: UUID
    kind: str
    name: str
    version: int
    event_id: UUID
    event_type: str
    removed: bool
    idp_error_code: str | None
    refresh_failing: bool
    changed_at: datetime
    idp_host: str | None
    state: ConnectionState
