"""The health of one connection: the public row of the bulk answer, and the projection it is served from."""

from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from authpulse_contract.events import ConnectionState, Moment


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
    changed_at: Moment


class Connections(Struct, frozen=True, kw_only=True):
    """The bulk answer: rows ordered by kind and name; `next_cursor` only where a limit left some for another page."""

    connections: list[HealthRow]
    next_cursor: str | UnsetType = UNSET


class ConnectionHealth(Struct, frozen=True, kw_only=True):
    """A connection as its newest event leaves it; one row of `ledger.connection_health`.

    `removed` rows are kept so that followers see them go and versions go on.
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
    changed_at: Moment
    idp_host: str | None
    state: ConnectionState


def row(health: ConnectionHealth) -> HealthRow:
    """The public row of `health`; a removed connection has none to show, which is the caller's to see to."""
    return HealthRow(
        kind=health.kind,
        name=health.name,
        has_oauth=health.state.has_oauth,
        needs_reauth=health.state.needs_reauth,
        token_acquired=health.state.token_acquired,
        idp_error_code=UNSET if health.idp_error_code is None else health.idp_error_code,
        refresh_failing=health.refresh_failing,
        changed_at=health.changed_at,
    )
