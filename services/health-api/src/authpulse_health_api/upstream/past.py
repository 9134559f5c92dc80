"""The board as it was at some time, folded from the events until then."""

from datetime import datetime
from typing import Final

from psycopg import AsyncConnection

from authpulse_health_api.health.board import EMPTY, Board, apply
from authpulse_health_api.upstream.rows import to_change

# Each connection's event of the highest version decides, as it does now, but among those that had happened by then.
_THEN: Final = """
    select e.position, h.kind, h.name,
        case when e.event_type = 'connection_removed' then null else json_strip_nulls(json_build_object(
            'kind', h.kind, 'name', h.name, 'has_oauth', e.body #> '{state,has_oauth}',
            'needs_reauth', e.body #> '{state,needs_reauth}', 'token_acquired', e.body #> '{state,token_acquired}',
            'idp_error_code', case when e.event_type in ('refresh_failed_revoked', 'refresh_failed_transient')
                then nullif(e.body #>> '{detail,idp_error_code}', '') end,
            'refresh_failing', e.event_type = 'refresh_failed_transient', 'changed_at', e.occurred_at))::text end
    from ledger.connection_health h
    cross join lateral (
        select * from ledger.events
        where connection_kind = h.kind and connection_name = h.name and occurred_at <= %s
        order by version desc
        limit 1
    ) as e
    order by e.position"""


async def board_at(db: AsyncConnection, moment: datetime) -> Board:
    """The board at `moment`; a connection is missing if all its events until then have been pruned."""
    found = await (await db.execute(_THEN, (moment,))).fetchall()
    return apply(EMPTY, [to_change(*columns) for columns in found])
